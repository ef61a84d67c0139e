import { judgeWords, readCount } from '../sim/judge.js';
import { expectThat } from '../sim/violation.js';
import type { RunResult } from '../sim/sim-world.js';
import type { Command } from './chaos-command.js';
import type { Fault, Scene } from './chaos-faults.js';
import { captureState, hashVersions, type LabState } from './chaos-state.js';

/** Both hosts at one moment. */
export interface BothStates {
  readonly sender: LabState;
  readonly receiver: LabState;
}

/** Reads what both hosts have, with the files that zfs-vm has no business with. */
export async function captureBoth({ a, b }: Pick<Scene, 'a' | 'b'>): Promise<BothStates> {
  const [sender, receiver] = await Promise.all([
    captureState(a, ['/tank']),
    captureState(b, ['/tank/foreign']),
  ]);
  return { sender, receiver };
}

/**
 * Judges what must be so at any time: on both hosts everything that was there is there, but for what somebody did on purpose.
 * @throws Violation
 */
export function judgeStates(before: BothStates, now: BothStates, scene: Scene): void {
  judgeSender(before.sender, now.sender, scene.destroyed);
  judgeReceiver(before, now, scene.made);
}

/** Nothing has changed on the sender but bookmarks of what it has, and our holds. */
function judgeSender(before: LabState, now: LabState, destroyed: ReadonlySet<string>): void {
  judgeKept('the sender', before, now, destroyed);
  const guids = new Set([...before.things.values()].map(({ guid }) => guid));
  for (const [name, { type, guid }] of now.things) {
    if (before.things.has(name)) continue;
    expectThat(type === 'bookmark' && guids.has(guid), `the sender has a new ${type} ${name}`);
  }
}

/** Nothing is lost on the receiver, and what is new is the sender's, or was made there on purpose. */
function judgeReceiver(before: BothStates, { receiver: now }: BothStates, made: ReadonlySet<string>): void {
  judgeKept('the receiver', before.receiver, now, new Set());
  for (const name of made) expectThat(now.things.has(name), `${name}, which somebody made, is lost`);
  const sent = new Map([...before.sender.things.values()].map((thing) => [thing.guid, thing]));
  for (const [name, { type, guid }] of now.things) {
    if (before.receiver.things.has(name) || made.has(name)) continue;
    expectThat(
      type === 'snapshot' ? sent.has(guid) : type !== 'bookmark' && /^tank\/vm(\/(ct|db))?$/.test(name),
      `the receiver has a new ${type} ${name}, which the sender hasn't`,
    );
  }
}

function judgeKept(whose: string, before: LabState, now: LabState, gone: ReadonlySet<string>): void {
  for (const [name, thing] of before.things) {
    if (gone.has(name)) continue;
    const kept = now.things.get(name);
    expectThat(kept !== undefined, `${whose} lost ${name}`);
    expectThat(
      kept.guid === thing.guid && kept.type === thing.type && kept.origin === thing.origin,
      `${name} on ${whose} is another one: ${JSON.stringify(thing)}, now ${JSON.stringify(kept)}`,
    );
  }
  const held = (state: LabState): string => state.holds.filter((hold) => !isOurHold(hold)).join('\n');
  expectThat(held(before) === held(now), `${whose} has other holds:\n${held(before)}\n${held(now)}`);
  expectThat(before.files === now.files, `${whose} has other files:\n${before.files}\nnow:\n${now.files}`);
}

function isOurHold(hold: string): boolean {
  return hold.includes(' zfs-vm:');
}

/**
 * Judges a run by its words and by what has arrived: status 0 is for a run that brought everything.
 * @throws Violation
 */
export function judgeRun(
  result: RunResult,
  command: Command,
  before: BothStates,
  now: BothStates,
  { hidesPool = false }: Pick<Fault, 'hidesPool'> = {},
): void {
  const said = `\n${result.stdout}${result.stderr}`;
  judgeWords(result, false);
  expectThat(result.status !== 130, `nobody interrupted it:${said}`);
  // Nobody can know of a pool that isn't imported yet.
  if (hidesPool && /no versions to send/.test(result.stdout)) return;
  expectThat(hidesPool || result.status !== 2, `it ends with 2:${said}`);
  const missing = findMissing(command, now);
  if (result.status === 0) {
    expectThat(missing.length === 0, `status 0, and the receiver has no ${missing.join(', ')}:${said}`);
  }
  const count = readCount(result);
  if (count === undefined) return;
  const arrived = [...now.receiver.things].filter(
    ([name, { type, guid }]) =>
      type === 'snapshot' && name.includes('@zfs-vm:') && before.receiver.things.get(name)?.guid !== guid,
  ).length;
  expectThat(
    count.versions <= arrived,
    `it says that it sent ${count.versions} versions, and ${arrived} have arrived:${said}`,
  );
}

/** The versions that a command is to bring, and that aren't on the receiver. */
export function findMissing({ streamlines }: Command, { sender, receiver }: BothStates): string[] {
  return [...sender.things].flatMap(([name, { type, guid }]) => {
    const streamline = /@zfs-vm:([^:]+):/.exec(name)?.[1];
    if (type !== 'snapshot' || streamline === undefined || !streamlines.includes(streamline)) return [];
    const copy = receiver.things.get(name.replace('tank/', 'tank/vm/'));
    return copy?.guid === guid ? [] : [name];
  });
}

/**
 * Judges what is left when runs that nothing disturbed have ended well: the same versions with the same content, no hold of
 * ours, and nothing half received.
 * @throws Violation
 */
export async function judgeEnd(scene: Scene, now: BothStates): Promise<void> {
  const { sender, receiver } = now;
  for (const hold of [...sender.holds, ...receiver.holds]) {
    expectThat(!isOurHold(hold), `a hold is left: ${hold}`);
  }
  expectThat(receiver.partials.length === 0, `half received is left: ${receiver.partials.join(', ')}`);
  const [sent, arrived] = await Promise.all([hashVersions(scene.a), hashVersions(scene.b)]);
  const known = new Set(arrived);
  const different = sent.filter((line) => !known.has(line));
  expectThat(
    different.length === 0,
    `another content on the receiver:\n${different.join('\n')}\nthere:\n${arrived.join('\n')}`,
  );
}
