/**
 * `node build/test/lab/kills.js [--count 20] [--seed N]`: kills pushes in their middle at random moments, each finished by the
 * same command, and checks what arrived and how much of it was sent twice. The same seed gives the same kills.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { acquireClientLab, freshPools, hashFiles, listVersionGuids, type ClientLab } from './client.js';
import { Random } from '../sim/random.js';
import type { LabHost } from './lab-host.js';
import { countBytes } from './link-bytes.js';
import { cutLink, killClient, killZfs } from './strikes.js';

/** The hosts of a lab: zfs-vm runs on a. */
type Hosts = Pick<ClientLab, 'a' | 'b'>;

const victims = ['client', 'send', 'receive', 'link', 'sender', 'receiver'] as const;

/** What is killed, and how long after the first bytes have been received. */
export interface Kill {
  readonly victim: (typeof victims)[number];
  readonly afterSeconds: number;
}

/** What came of it. */
export interface KillOutcome {
  /** How the killed run ended; undefined when it was the client that died. */
  readonly status: number | undefined;
  /** How much more went over the link than one undisturbed run needs. */
  readonly sentTwiceBytes: number;
}

/** Over this link all of it takes about 40 seconds. */
const rateMbitPerSecond = 4;
const bytesPerSecond = (rateMbitPerSecond * 1_000_000) / 8;
const longestAfterSeconds = 30;

/** ZFS keeps what it received up to its last transaction groups, which end every 5 seconds unless there is much to do. */
export const mostSentTwiceBytes = 15 * bytesPerSecond;

const push = 'zfs-vm push -d tank/vm --stall-timeout 8 root@b';

/** Kills from a seed. */
export function chooseKills(count: number, seed: number): Kill[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => ({
    victim: random.pick(victims),
    afterSeconds: random.below(longestAfterSeconds * 10) / 10,
  }));
}

/** Six versions on host a: five small ones that follow each other, and a large one. */
export async function prepareKills(lab: Hosts): Promise<{ undisturbedBytes: number }> {
  const { a, b } = lab;
  await freshPools(lab);
  await a.run(
    [
      'zfs create tank/ct; for i in 1 2 3 4 5; do',
      'head -c 2000000 /dev/urandom > /tank/ct/$i; zfs snapshot tank/ct@zfs-vm:ct:$i; done',
      'head -c 10000000 /dev/urandom > /tank/ct/6; zfs snapshot tank/ct@zfs-vm:ct:6; zpool sync; sync',
    ].join('\n'),
    { timeoutMs: 120_000 },
  );
  const before = await countBytes(b);
  await a.run(push, { timeoutMs: 120_000 });
  const undisturbedBytes = (await countBytes(b)) - before;
  return { undisturbedBytes };
}

/** Starts a push to an empty pool, kills, waits until both hosts are well, and finishes with the same command. */
export async function runKill(lab: Hosts, kill: Kill, undisturbedBytes: number): Promise<KillOutcome> {
  const { a, b } = lab;
  await b.freshPool();
  await a.setLink({ rateMbitPerSecond });
  // A host that is reset forgets what it has counted.
  const counter = kill.victim === 'receiver' ? a : b;
  const before = await countBytes(counter);
  await a.run(`rm -f /tmp/push*; (${push}; echo $? > /tmp/push.status) > /tmp/push.log 2>&1 &`);
  await waitFor('the first bytes', async () => (await b.run('zfs list tank/vm/ct', unchecked)).code === 0);
  await sleep(kill.afterSeconds * 1000);
  await strike(lab, kill.victim);
  await a.setLink({ rateMbitPerSecond });
  const status = await awaitEnd(a, kill.victim);
  // A run that says it is done has to be.
  if (status === 0) assert.deepEqual(await listVersionGuids(b), await listVersionGuids(a));
  const again = await a.run(push, { ...unchecked, timeoutMs: 300_000 });
  assert.equal(again.code, 0, `${again.stdout}${again.stderr}`);
  const sentTwiceBytes = (await countBytes(counter)) - before - undisturbedBytes;
  await a.setLink({});
  assert.deepEqual(await listVersionGuids(b), await listVersionGuids(a));
  assert.equal(await hashFiles(b, 'tank/vm/ct@zfs-vm:ct:6'), await hashFiles(a, 'tank/ct@zfs-vm:ct:6'));
  const holds = await a.run('zfs list -Ho name -t snapshot | xargs zfs holds -H');
  assert.equal(holds.stdout, '', 'holds are left');
  assert.ok(sentTwiceBytes <= mostSentTwiceBytes, `${sentTwiceBytes} bytes were sent twice`);
  return { status, sentTwiceBytes };
}

async function strike({ a, b }: Hosts, victim: Kill['victim']): Promise<void> {
  switch (victim) {
    case 'client':
      await killClient(a);
      break;
    case 'send':
      await killZfs(a);
      break;
    case 'receive':
      await killZfs(b);
      break;
    case 'link':
      await cutLink(a, 12, { rateMbitPerSecond });
      break;
    case 'sender':
      await a.reset();
      break;
    case 'receiver':
      await b.reset();
      break;
  }
}

/** How the killed run ended, if it was there to tell. */
async function awaitEnd(a: LabHost, victim: Kill['victim']): Promise<number | undefined> {
  if (victim === 'client' || victim === 'sender') return undefined;
  await waitFor(
    'the end of the push',
    async () => (await a.run('cat /tmp/push.status', unchecked)).code === 0,
  );
  return Number((await a.run('cat /tmp/push.status')).stdout);
}

const unchecked = { check: false } as const;

async function waitFor(what: string, isThere: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 240_000;
  while (!(await isThere())) {
    assert.ok(Date.now() < deadline, `${what}: not in time`);
    await sleep(300);
  }
}

async function main(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      count: { type: 'string', default: '20' },
      seed: { type: 'string', default: String(Date.now() % 100_000) },
    },
  });
  const kills = chooseKills(Number(values.count), Number(values.seed));
  console.log(`seed ${values.seed}`);
  const lab = await acquireClientLab();
  try {
    const { undisturbedBytes } = await prepareKills(lab);
    console.log(`undisturbed: ${undisturbedBytes} bytes; allowed to be sent twice: ${mostSentTwiceBytes}`);
    for (const kill of kills) {
      const { status, sentTwiceBytes } = await runKill(lab, kill, undisturbedBytes);
      const ending = status === undefined ? 'killed' : `ended with ${status}`;
      console.log(
        `${kill.victim} after ${kill.afterSeconds} s: ${ending}, finished; ${Math.max(0, sentTwiceBytes)} bytes sent twice`,
      );
    }
  } finally {
    await lab.release();
  }
}

if (process.argv[1]?.endsWith('kills.js') === true) await main(process.argv.slice(2));
