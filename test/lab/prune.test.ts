import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectZfsVm, hashFiles, listVersionGuids, runZfsVm, versionsOf } from './client.js';
import { useClientLab } from './use-client-lab.js';

const lab = useClientLab();

/** Shell text: versions of a dataset, each with 200 kB of its own that the next one doesn't have. */
function addVersions(dataset: string, streamline: string, from: number, to: number): string {
  return `for version in $(seq ${from} ${to}); do
    head -c 200000 /dev/urandom > /${dataset}/data; zfs snapshot ${dataset}@zfs-vm:${streamline}:$version
  done`;
}

test('a receiver that lags gets increments from the bookmark after a prune; what is held or cloned stays', async () => {
  const { a, b } = lab;
  await a.run(
    `set -e; zfs create tank/vm; ${addVersions('tank/vm', 'web', 1, 3)}
    zfs create tank/other; ${addVersions('tank/other', 'other', 1, 2)}`,
  );
  await expectZfsVm(lab.outside, 'push -d tank/x -n web root@b');
  // The other one goes by hand, and leaves no bookmark.
  await a.run('zfs send tank/other@zfs-vm:other:1 | ssh root@b zfs receive -u tank/x/other');
  await a.run(
    `set -e; ${addVersions('tank/vm', 'web', 4, 6)}; ${addVersions('tank/other', 'other', 3, 4)}
    zfs hold mine tank/vm@zfs-vm:web:1; zfs clone tank/vm@zfs-vm:web:2 tank/copy`,
  );
  const shown = await expectZfsVm(lab.outside, 'plan prune --keep-last 2 --receiver root@b');
  assert.match(shown.stdout, /^ {2}keep {5}1 .*tank\/vm@zfs-vm:web:1 is held/m);
  assert.match(shown.stdout, /^ {2}keep {5}2 .*has clones: tank\/copy$/m);
  assert.match(shown.stdout, /^bookmark tank\/other@zfs-vm:other:1, the base for root@b$/m);
  assert.match(shown.stdout, /^destroy tank\/vm@zfs-vm:web:3,zfs-vm:web:4 {2}frees [1-9][0-9.]* KiB$/m);
  assert.equal(await versionsOf(a, 'tank/vm'), 'web:1 web:2 web:3 web:4 web:5 web:6');
  await expectZfsVm(lab.outside, 'prune --keep-last 2 --receiver root@b --yes');
  assert.equal(await versionsOf(a, 'tank/vm'), 'web:1 web:2 web:5 web:6');
  assert.equal(await versionsOf(a, 'tank/other'), 'other:3 other:4');
  const { stdout } = await expectZfsVm(lab.outside, 'push root@b');
  assert.match(stdout, /web:5 .* incremental since tank\/vm#zfs-vm:web:3/);
  assert.match(stdout, /other:3 .* incremental since tank\/other#zfs-vm:other:1/);
  assert.equal(await hashFiles(b, 'tank/x/vm@zfs-vm:web:6'), await hashFiles(a, 'tank/vm@zfs-vm:web:6'));
});

test('all or none of a dataset is destroyed, and one that fails keeps no other', async () => {
  const { a } = lab;
  await a.run(
    `set -e; zfs create tank/vm; zfs create tank/db
    for version in 1 2 3; do zfs snapshot tank/vm@zfs-vm:web:$version; zfs snapshot tank/db@zfs-vm:db:$version; done`,
  );
  // A zfs that lets somebody else hold a snapshot, or clone it, right before it is destroyed.
  for (const [need, undo] of [
    ['zfs hold mine tank/vm@zfs-vm:web:2', 'zfs release mine tank/vm@zfs-vm:web:2'],
    ['zfs clone tank/vm@zfs-vm:web:2 tank/copy', 'zfs destroy tank/copy'],
  ] as const) {
    await a.run(
      `set -e; mkdir -p /tmp/bin; real=$(command -v zfs)
      printf '#!/bin/sh\\ncase "$*" in "destroy tank/vm@"*) %s;; esac\\nexec %s "$@"\\n' "${need.replace('zfs', '$real')}" "$real" > /tmp/bin/zfs
      chmod +x /tmp/bin/zfs`,
    );
    await a.run(`zfs list tank/db@zfs-vm:db:2 || ${addVersions('tank/db', 'db', 4, 5)}`);
    const failed = await a.run('PATH=/tmp/bin:$PATH zfs-vm prune --keep-last 1 --yes', { check: false });
    assert.equal(failed.code, 1, failed.stdout + failed.stderr);
    assert.match(failed.stderr, /zfs destroy of versions of tank\/vm .*tank\/vm@zfs-vm:web:2/s);
    assert.equal(await versionsOf(a, 'tank/vm'), 'web:1 web:2 web:3');
    assert.match(await versionsOf(a, 'tank/db'), /^db:[35]$/);
    await a.run(undo);
  }
  // One that is gone by then is no obstacle for the others.
  await a.run('zfs destroy tank/vm@nothing,zfs-vm:web:1');
  await expectZfsVm(a, 'prune --keep-last 1 --yes');
  assert.equal(await versionsOf(a, 'tank/vm'), 'web:3');
});

test('a prune that is interrupted leaves the rest to the next one', async () => {
  const { a } = lab;
  await a.run(
    `set -e; for name in $(seq 30); do zfs create tank/vm$name; zfs snapshot tank/vm$name@zfs-vm:s$name:1; zfs snapshot tank/vm$name@zfs-vm:s$name:2; done`,
  );
  await a.run(
    `(sh -c 'echo $$ > /tmp/prune.pid; exec zfs-vm prune --keep-last 1 --yes' > /tmp/prune 2>&1; echo $? > /tmp/prune.status) > /dev/null 2>&1 &
    until grep -q '^destroyed' /tmp/prune; do sleep 0.05; done; kill -INT $(cat /tmp/prune.pid)
    until [ -s /tmp/prune.status ]; do sleep 0.05; done`,
    { timeoutMs: 120_000 },
  );
  const { stdout } = await a.run('cat /tmp/prune.status /tmp/prune');
  assert.match(stdout, /^130$/m);
  assert.match(stdout, /^incomplete: destroyed [0-9]+ snapshots? of /m);
  const left = async (): Promise<number> =>
    Number((await a.run("zfs list -H -t snapshot -o name | grep -c ':1$' || true")).stdout);
  const told = stdout.match(/^destroyed /gm)?.length ?? 0;
  assert.ok(told > 0 && told < 30, stdout);
  // One more may have been under way.
  assert.ok([30 - told, 29 - told].includes(await left()));
  await expectZfsVm(a, 'prune --keep-last 1 --yes');
  assert.equal(await left(), 0);
  assert.match((await runZfsVm(a, 'prune --keep-last 1 --yes')).stdout, /^nothing to destroy$/m);
});

test('--delete takes away on the receiver what was pruned on the sender, but for what is held there', async () => {
  const { a, b } = lab;
  await a.run(
    `set -e; zfs create tank/vm; zfs create tank/vm/etc; zfs create -V 16M tank/vm/disk
    for version in 1 2 3 4; do zfs snapshot -r tank/vm@zfs-vm:web:$version; done`,
  );
  await expectZfsVm(lab.outside, 'push -d tank/x root@b');
  await expectZfsVm(lab.outside, 'prune --keep-last 1 --yes');
  await a.run('zfs snapshot -r tank/vm@zfs-vm:web:5');
  await b.run(
    'zfs hold mine tank/x/vm/etc@zfs-vm:web:2; zfs snapshot tank/x/vm@mine; zfs destroy tank/x/vm@mine',
  );
  await expectZfsVm(lab.outside, 'push --delete root@b', 3);
  assert.equal(await versionsOf(b, 'tank/x/vm'), 'web:1 web:2 web:3 web:4');
  const { stdout } = await expectZfsVm(lab.outside, 'push --delete --yes root@b');
  assert.match(stdout, /^done: 3 versions, .*; 6 snapshots deleted$/m);
  for (const dataset of ['tank/x/vm', 'tank/x/vm/etc', 'tank/x/vm/disk']) {
    assert.equal(await versionsOf(b, dataset), 'web:2 web:4 web:5', dataset);
  }
  const guids = await listVersionGuids(b);
  for (const guid of await listVersionGuids(a)) assert.ok(guids.includes(guid), guid);
});
