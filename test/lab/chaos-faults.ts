import { setTimeout as sleep } from 'node:timers/promises';
import { makeCommand, type Command } from './chaos-command.js';
import type { Round } from './chaos-round.js';
import { slowLink } from './chaos-world.js';
import type { LabHost } from './lab-host.js';
import { cutLink, killClient, killSshClient, killSshd, killZfs, succeeds } from './strikes.js';

/** The hosts of a round while its run goes on, and what the fault tells about what it did on purpose. */
export interface Scene {
  readonly round: Round;
  /** The sender and the receiver. */
  readonly a: LabHost;
  readonly b: LabHost;
  /** Where zfs-vm runs, and the other one. */
  readonly client: LabHost;
  readonly remote: LabHost;
  /** Starts a run of zfs-vm. */
  readonly start: (command: Command) => Promise<void>;
  /** Datasets and snapshots that somebody destroyed on the sender. */
  readonly destroyed: Set<string>;
  /** Datasets and snapshots that somebody made on the receiver, until `undo`. */
  readonly made: Set<string>;
  /** Files that somebody wrote on the receiver, until `undo`. */
  readonly written: Set<string>;
}

/** Does it; gives whether there was anything that it could be done to. */
type Strike = (scene: Scene) => Promise<boolean>;

/** Something that goes wrong while zfs-vm runs. */
export interface Fault {
  readonly name: string;
  /** How it may be done, in words. */
  readonly ways: Readonly<Record<string, Strike>>;
  /** Makes good what doesn't mend by itself, when the run has ended. */
  readonly undo?: (scene: Scene) => Promise<void>;
  /** The only transport with which it can be. */
  readonly transport?: 'openssh';
  /** It strikes only when something is being sent. */
  readonly isLate?: boolean;
  /** The receiver has the first version already. */
  readonly needsFirst?: boolean;
  /** The disturbed run brings only one of two streamlines. */
  readonly isSplit?: boolean;
  /** A run that first looks at the host just after this finds no pool there. */
  readonly hidesPool?: boolean;
  /** The size of the receiver's pool. */
  readonly poolMib?: number;
}

const place = 'tank/vm/ct';
const somebodysSnapshot = `${place}@somebody`;
const ballast = 'tank/ballast';

/** Every fault of the chaos tests. */
export const faults: readonly Fault[] = [
  { name: 'the client is killed', ways: { 'kill -9': ({ client }) => killClient(client) } },
  {
    name: 'ssh is killed',
    transport: 'openssh',
    ways: {
      'kill -9 of all': ({ client }) => killSshClient(client, 'all'),
      'kill -9 of the first': ({ client }) => killSshClient(client, 'oldest'),
      'kill -9 of the last': ({ client }) => killSshClient(client, 'newest'),
    },
  },
  { name: 'sshd is killed', ways: { "kill -9 of the session's": ({ remote }) => killSshd(remote) } },
  { name: 'zfs send is killed', ways: { 'kill -9': ({ a }) => killZfs(a) } },
  { name: 'zfs receive is killed', ways: { 'kill -9': ({ b }) => killZfs(b) } },
  {
    name: 'the link is down',
    ways: { 'for 3 s': cutFor(3), 'for 14 s': cutFor(14) },
  },
  {
    name: 'the link is slow to answer',
    ways: { '0.2 s each way': delayBy(200), '1.5 s each way': delayBy(1500) },
    undo: healLinks,
  },
  {
    name: 'the link loses packets',
    ways: { '2 %': lose(2), '20 % for 8 s': lose(20, 8) },
    undo: healLinks,
  },
  { name: 'the sender is reset', hidesPool: true, ways: { 'as by the button': ({ a }) => reset(a) } },
  { name: 'the receiver is reset', hidesPool: true, ways: { 'as by the button': ({ b }) => reset(b) } },
  {
    name: 'the pool is full',
    poolMib: 160,
    ways: { 'filled by somebody, grown after the run': fillPool },
    undo: growPool,
  },
  {
    name: 'a snapshot is destroyed under a send',
    ways: { 'ct:2': destroyVersion('ct:2'), 'ct:3': destroyVersion('ct:3'), 'db:1': destroyVersion('db:1') },
  },
  {
    name: 'the receiver is written to',
    needsFirst: true,
    isLate: true,
    ways: { 'a file, and it stays mounted': writeThere },
    undo: rollBack,
  },
  {
    name: 'the receiver is mounted',
    needsFirst: true,
    isLate: true,
    ways: {
      'and stays so': ({ b }) => succeeds(b, `zfs mount ${place}`),
      'and a shell is in it': ({ b }) =>
        succeeds(
          b,
          `zfs mount ${place} && { (cd /${place} && exec sleep 3600) > /dev/null 2>&1 & echo $! > /tmp/inside; }`,
        ),
    },
    undo: leaveAndRollBack,
  },
  {
    name: 'the receiver is snapshotted',
    needsFirst: true,
    isLate: true,
    ways: { 'by somebody else': snapshotThere },
    undo: destroySnapshot,
  },
  {
    name: 'two clients bring the same streamlines',
    ways: {
      'the same command again': (scene) => another(scene, scene.round.direction),
      'from the other host': (scene) => another(scene, opposite(scene.round.direction)),
    },
  },
  {
    name: 'two clients bring different streamlines',
    isSplit: true,
    ways: {
      'the same command': (scene) => another(scene, scene.round.direction, ['db']),
      'from the other host': (scene) => another(scene, opposite(scene.round.direction), ['db']),
    },
  },
  {
    name: 'a clock jumps',
    ways: {
      'two days ahead on the sender': ({ a }) => jump(a, 48),
      'two days back on the sender': ({ a }) => jump(a, -48),
      'two days ahead on the receiver': ({ b }) => jump(b, 48),
      'two days back on the receiver': ({ b }) => jump(b, -48),
      'ten years ahead on both': async ({ a, b }) => (await jump(a, 87_600)) && jump(b, 87_600),
    },
    undo: setClocks,
  },
];

/** The fault of that name. @throws Error when there is none */
export function findFault(name: string): Fault {
  const fault = faults.find((each) => each.name === name);
  if (fault === undefined) throw new Error(`no fault is called "${name}"`);
  return fault;
}

function cutFor(seconds: number): Strike {
  return async ({ a }) => {
    await cutLink(a, seconds, slowLink);
    return true;
  };
}

function delayBy(delayMs: number): Strike {
  return async ({ a, b }) => {
    await Promise.all([a.setLink({ ...slowLink, delayMs }), b.setLink({ delayMs })]);
    return true;
  };
}

function lose(lossPercent: number, seconds?: number): Strike {
  return async (scene) => {
    const { a, b } = scene;
    await Promise.all([a.setLink({ ...slowLink, lossPercent }), b.setLink({ lossPercent })]);
    if (seconds !== undefined) {
      await sleep(seconds * 1000);
      await healLinks(scene);
    }
    return true;
  };
}

async function healLinks({ a, b }: Scene): Promise<void> {
  await Promise.all([a.setLink(slowLink), b.setLink({})]);
}

async function reset(host: LabHost): Promise<boolean> {
  await host.reset();
  return true;
}

/** Somebody else takes all the room there is. */
async function fillPool({ b, made }: Scene): Promise<boolean> {
  made.add(ballast);
  await b.run(
    `zfs create -o compression=off ${ballast}
    dd if=/dev/zero of=/${ballast}/file bs=1M status=none; zpool sync; dd if=/dev/zero of=/${ballast}/more bs=1M status=none`,
    { check: false },
  );
  return true;
}

async function growPool({ b }: Scene): Promise<void> {
  await b.growPool({ byMib: 512 });
}

function destroyVersion(version: string): Strike {
  return async ({ a, destroyed }) => {
    const name = `tank/${version.replace(/:.*/, '')}@zfs-vm:${version}`;
    if (!(await succeeds(a, `zfs destroy ${name}`))) return false;
    destroyed.add(name);
    return true;
  };
}

async function writeThere({ b, written }: Scene): Promise<boolean> {
  const file = `/${place}/somebody`;
  if (!(await succeeds(b, `zfs mount ${place} && echo mine > ${file} && zpool sync`))) return false;
  written.add(file);
  return true;
}

async function snapshotThere({ b, made }: Scene): Promise<boolean> {
  if (!(await succeeds(b, `zfs snapshot ${somebodysSnapshot}`))) return false;
  made.add(somebodysSnapshot);
  return true;
}

/** Somebody gives up what was written on the receiver. */
async function rollBack({ b, written }: Scene): Promise<void> {
  await b.run(
    `set -e; newest=$(zfs list -Hrd 1 -t snapshot -o name -S createtxg ${place} | head -n 1)
    zfs rollback "$newest"; [ "$(zfs get -Ho value mounted ${place})" = no ] || zfs unmount -f ${place}`,
  );
  written.clear();
}

async function leaveAndRollBack(scene: Scene): Promise<void> {
  await scene.b.run('[ ! -e /tmp/inside ] || kill $(cat /tmp/inside); rm -f /tmp/inside', { check: false });
  await rollBack(scene);
}

async function destroySnapshot({ b, made }: Scene): Promise<void> {
  await b.run(`zfs destroy ${somebodysSnapshot}`, { check: false });
  made.clear();
}

async function another(
  { round, start }: Scene,
  direction: Round['direction'],
  streamlines?: readonly string[],
): Promise<boolean> {
  await start(makeCommand(round, direction, streamlines));
  return true;
}

function opposite(direction: Round['direction']): Round['direction'] {
  return direction === 'push' ? 'pull' : 'push';
}

async function jump(host: LabHost, hours: number): Promise<boolean> {
  await host.setClock(new Date(Date.now() + hours * 3_600_000));
  return true;
}

async function setClocks({ a, b }: Scene): Promise<void> {
  await Promise.all([a.setClock(new Date()), b.setClock(new Date())]);
}
