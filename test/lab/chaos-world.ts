import { makeVolume, type ClientLab } from './client.js';
import type { Round } from './chaos-round.js';
import { killClient } from './strikes.js';

/** The link of the sender while a run is disturbed: what there is to send takes about eight seconds. */
export const slowLink = { rateMbitPerSecond: 8 } as const;

/**
 * Makes new pools with what a round begins with: versions and somebody's hold on the sender, and on the receiver something of
 * somebody else's and, if the round wants it, the first version.
 */
export async function makeWorld({ a, b }: Pick<ClientLab, 'a' | 'b'>, round: Round): Promise<void> {
  // A round that failed may have left something.
  await Promise.all([a, b].map((host) => host.setLink({})));
  await Promise.all([a, b].map(killClient));
  await Promise.all([
    a.freshPool(),
    b.freshPool(round.fault.poolMib === undefined ? {} : { sizeMib: round.fault.poolMib }),
  ]);
  await Promise.all([
    b.run(
      `set -e; zfs create tank/foreign; head -c 300000 /dev/urandom > /tank/foreign/file
      zfs snapshot tank/foreign@theirs; zfs hold theirs tank/foreign@theirs; zpool sync; sync`,
    ),
    a.run(
      `set -e; zfs create tank/ct
      for version in 1 2 3 4; do
        head -c $(( version % 2 ? 3000000 : 400000 )) /dev/urandom > /tank/ct/$version
        zfs snapshot tank/ct@zfs-vm:ct:$version
      done
      zfs hold theirs tank/ct@zfs-vm:ct:1`,
    ),
  ]);
  if (round.db === 'volume') await makeVolume(a, 'tank/db', 16);
  const target = round.db === 'volume' ? '/dev/zvol/tank/db' : '/tank/db/file';
  await a.run(
    `set -e
    ${round.db === 'filesystem' ? 'zfs create tank/db' : ''}
    ${round.db === 'clone' ? 'zfs clone tank/ct@zfs-vm:ct:2 tank/db' : ''}
    for version in 1 2; do
      head -c 700000 /dev/urandom | dd of=${target} bs=100000 iflag=fullblock conv=notrunc,fsync status=none
      zfs snapshot tank/db@zfs-vm:db:$version
    done
    zpool sync; sync`,
  );
  if (round.hasFirst) {
    await a.run(`zfs-vm push -d tank/vm -n ct:1 root@b; zpool sync`, { timeoutMs: 120_000 });
    await b.run('zpool sync');
  }
}
