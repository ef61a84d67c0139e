import assert from 'node:assert/strict';
import { test } from 'node:test';
import { captureState, type HostState } from './capture.js';
import { findNamed, judgeReceiver, noteSnapshots, type KnownSnapshots } from './judge.js';
import { followAsides, judgeSetAside } from './judge-aside.js';
import type { Machine } from './machine.js';
import { SimWorld } from './sim-world.js';
import { addVersion, expectRun } from './steps.js';
import { Violation } from './violation.js';

/** A receiver that has gone on, or has something else there, after a run of a command that moves that aside. */
async function runAside(
  command: string,
  { isUnrelated = false } = {},
): Promise<{
  readonly a: Machine;
  readonly b: Machine;
  readonly before: HostState;
  readonly sent: KnownSnapshots;
  readonly stdout: string;
  readonly stderr: string;
}> {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  a.pools.create('tank/vm');
  addVersion(a, 'tank/vm', 'web:1');
  if (isUnrelated) b.pools.create('tank/vm');
  else await expectRun(world, 'a', 'push b');
  if (!isUnrelated) b.pools.bookmark('tank/vm@zfs-vm:web:1', 'tank/vm#mine');
  addVersion(a, 'tank/vm', 'web:2');
  addVersion(b, 'tank/vm', 'web:2');
  b.pools.write('tank/vm', [7]);
  b.pools.set('tank/vm', new Map([['compression', 'off']]));
  const sent: KnownSnapshots = new Map();
  noteSnapshots(sent, captureState(a));
  const before = captureState(b);
  const { stdout, stderr } = await expectRun(world, 'a', command);
  return { a, b, before, sent, stdout, stderr };
}

const setAside = { setAside: true, replaces: false };

function asideOf({ pools }: Machine): string {
  return [...pools.datasets.keys()].find((name) => name.includes('-set-aside-')) ?? 'none';
}

for (const { title, meddle, complaint } of [
  {
    title: 'a snapshot of what was set aside that is gone',
    meddle: ({ pools }: Machine, aside: string) => {
      pools.destroySnapshots(aside, ['zfs-vm:web:2']);
    },
    complaint: /^b lost tank\/vm-set-aside-[0-9TZ]+@zfs-vm:web:2$/,
  },
  {
    title: 'a bookmark of what was set aside that is gone from its successor',
    meddle: ({ pools }: Machine) => {
      pools.destroyBookmark('tank/vm#mine');
    },
    complaint: /^b lost tank\/vm-set-aside-[0-9TZ]+#mine$/,
  },
  {
    title: 'a content of it that is another one',
    meddle: ({ pools }: Machine, aside: string) => {
      pools.write(aside, [8]);
    },
    complaint: /the content of tank\/vm-set-aside-[0-9TZ]+ on b isn't what it was/,
  },
  {
    title: 'a snapshot that it has got',
    meddle: ({ pools }: Machine, aside: string) => {
      pools.snapshot([`${aside}@mine`]);
    },
    complaint: /^tank\/vm-set-aside-[0-9TZ]+, which was moved aside, got mine$/,
  },
]) {
  test(`the judge sees ${title}`, async () => {
    const { b, before, sent } = await runAside('push --set-aside b');
    const judge = (): void => {
      const after = captureState(b);
      judgeReceiver(followAsides(before, after, setAside).state, after, sent, findNamed(''));
    };
    judge();
    meddle(b, asideOf(b));
    assert.throws(judge, (error) => error instanceof Violation && complaint.test(error.message));
  });
}

test('what is moved aside without having been asked for has lost its name', async () => {
  const { b, before, sent } = await runAside('push --set-aside b');
  const after = captureState(b);
  const rights = { setAside: false, replaces: true };
  assert.throws(() => {
    judgeReceiver(followAsides(before, after, rights).state, after, sent, findNamed(''));
  }, /tank\/vm on b is called tank\/vm-set-aside-/);
});

test('what is set aside is told, and its successor has what was set on it', async () => {
  const { b, before, stdout } = await runAside('push --set-aside b');
  judgeSetAside(before, captureState(b), stdout, '');
  assert.throws(() => {
    judgeSetAside(before, captureState(b), 'done', '');
  }, /nothing tells/);
  b.pools.set('tank/vm', new Map([['compression', 'lz4']]));
  assert.throws(() => {
    judgeSetAside(before, captureState(b), stdout, '');
  }, /has lost compression=off/);
});

test('what is replaced is gone only when its successor is there', async () => {
  const { b, before, sent, stderr } = await runAside('push --replace --yes b', { isUnrelated: true });
  const judge = (): void => {
    const after = captureState(b);
    const { state } = followAsides(before, after, { setAside: false, replaces: true });
    judgeReceiver(state, after, sent, findNamed(stderr));
  };
  judge();
  b.pools.destroy('tank/vm', { recursive: true });
  assert.throws(judge, /tank\/vm is gone, and nothing has come to tank\/vm/);
});
