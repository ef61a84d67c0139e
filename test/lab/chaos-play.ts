import { setTimeout as sleep } from 'node:timers/promises';
import { expectThat } from '../sim/violation.js';
import type { RunResult } from '../sim/sim-world.js';
import type { Command } from './chaos-command.js';
import type { Scene } from './chaos-faults.js';
import { captureBoth, judgeEnd, judgeRun, judgeStates, type BothStates } from './chaos-judge.js';
import { disturbedCommand, type Moment, type Round } from './chaos-round.js';
import { awaitRun, impatiently, longestRunMs, startRun, testForEnd } from './chaos-run.js';
import { waitOn } from './wait-on.js';
import { makeWorld, slowLink } from './chaos-world.js';
import type { ClientLab } from './client.js';
import { countBytes, scriptCountBytes } from './link-bytes.js';
import { waitUntilQuiet } from './slow-push.js';

/** So much on the link is more than what is said before anything is sent. */
const firstBytes = 250_000;

/** What came of a round that has lost nothing. */
export interface Outcome {
  /** Whether the fault found something to be done to. */
  readonly hasStruck: boolean;
  /** How the disturbed runs ended; undefined is for one that was killed. */
  readonly statuses: readonly (number | undefined)[];
}

/** Plays a round on the lab. @throws Violation when something must not be as it is */
export async function playRound(lab: Pick<ClientLab, 'a' | 'b'>, round: Round): Promise<Outcome> {
  const { a, b } = lab;
  await makeWorld(lab, round);
  const commands: Command[] = [];
  const start = async (command: Command): Promise<void> => {
    await startRun(command.host === 'a' ? a : b, command, `${commands.length}`, impatiently);
    commands.push(command);
  };
  const isPush = round.direction === 'push';
  const scene: Scene = {
    round,
    a,
    b,
    client: isPush ? a : b,
    remote: isPush ? b : a,
    start,
    destroyed: new Set(),
    made: new Set(),
    written: new Set(),
  };
  const before = await captureBoth(scene);
  const { hasStruck, results } = await disturb(scene, commands, before).finally(async () => {
    await round.fault.undo?.(scene);
    await Promise.all([a.setLink({}), b.setLink({})]);
  });
  await finish(scene, commands, before);
  return { hasStruck, statuses: results.map((result) => result?.status) };
}

/** Runs the command while something goes wrong, and judges that. @param commands those that run, to which the fault may add */
async function disturb(
  scene: Scene,
  commands: readonly Command[],
  before: BothStates,
): Promise<{ readonly hasStruck: boolean; readonly results: readonly (RunResult | undefined)[] }> {
  const { a, b, round } = scene;
  await a.setLink(slowLink);
  const bytesBefore = await countBytes(scene.client);
  await scene.start(disturbedCommand(round));
  await awaitMoment(scene, round.moment, bytesBefore);
  const hasStruck = (await round.fault.ways[round.way]?.(scene)) === true;
  const results: (RunResult | undefined)[] = [];
  for (const [index, { host }] of commands.entries()) {
    results.push(await awaitRun(host === 'a' ? a : b, `${index}`));
  }
  await isQuietSoon(scene);
  const now = await captureBoth(scene);
  judgeStates(before, now, scene);
  for (const [index, command] of commands.entries()) {
    const result = results[index];
    if (result !== undefined) judgeRun(result, command, before, now, round.fault);
  }
  for (const file of scene.written) {
    const { code } = await b.run(['test', '-s', file], { check: false });
    expectThat(code === 0, `${file}, which somebody wrote on the receiver, is lost`);
  }
  return { hasStruck, results };
}

/** Runs the same commands again, undisturbed, and judges what they leave. */
async function finish(scene: Scene, commands: readonly Command[], before: BothStates): Promise<void> {
  for (const [index, command] of commands.entries()) {
    const host = command.host === 'a' ? scene.a : scene.b;
    await startRun(host, command, `again-${index}`);
    const result = await awaitRun(host, `again-${index}`);
    expectThat(
      result?.status === 0,
      `undisturbed, it ends with ${result?.status ?? 'nothing'}:\n${result?.stdout ?? ''}${result?.stderr ?? ''}`,
    );
    const now = await captureBoth(scene);
    judgeRun(result, command, before, now);
  }
  const left = await isQuietSoon(scene);
  expectThat(left === undefined, left ?? '');
  const end = await captureBoth(scene);
  judgeStates(before, end, scene);
  await judgeEnd(scene, end);
}

/** Waits for the moment of the fault, or for the end of the run if that comes first. */
async function awaitMoment({ client }: Scene, moment: Moment, bytesBefore: number): Promise<void> {
  if (moment.since === 'bytes') {
    const haveCome = `[ "$(${scriptCountBytes})" -gt ${bytesBefore + firstBytes} ]`;
    const deadline = Date.now() + longestRunMs;
    while (!(await waitOn(client, `{ ${haveCome} || ${testForEnd('0')}; }`)) && Date.now() < deadline);
  }
  await sleep(moment.afterSeconds * 1000);
}

/** Waits until nothing of a run goes on on either host, or for 20 seconds; gives what is left. */
async function isQuietSoon({ a, b }: Scene): Promise<string | undefined> {
  try {
    await Promise.all([waitUntilQuiet(a, 20_000), waitUntilQuiet(b, 20_000)]);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
