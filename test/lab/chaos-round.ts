import { Random } from '../sim/random.js';
import { makeCommand, type Command } from './chaos-command.js';
import { faults, type Fault } from './chaos-faults.js';

/** What a sender has beside `tank/ct`, whose four versions follow each other: two versions of `tank/db`, in one of these. */
export const worldKinds = ['filesystem', 'clone', 'volume'] as const;
export type WorldKind = (typeof worldKinds)[number];

/** When the fault strikes: so long after the run began, or after its first bytes have gone over the link. */
export interface Moment {
  readonly since: 'start' | 'bytes';
  readonly afterSeconds: number;
}

/** All that is chosen of a round; the same seed gives the same round. */
export interface Round {
  readonly seed: number;
  readonly fault: Fault;
  /** Which way of doing it, one of `fault.ways`. */
  readonly way: string;
  readonly moment: Moment;
  readonly direction: 'push' | 'pull';
  readonly transport: 'ssh2' | 'openssh';
  readonly compress: boolean;
  readonly db: WorldKind;
  /** Whether the receiver has the first version already. */
  readonly hasFirst: boolean;
}

/** A round from a seed: seeds that follow each other go through all the faults. */
export function chooseRound(seed: number, among: readonly Fault[] = faults): Round {
  const random = new Random(seed);
  const fault = among[seed % among.length];
  if (fault === undefined) throw new Error('there is no fault to choose');
  const hasFirst = fault.needsFirst === true || random.chance(0.4);
  const since = fault.isLate !== true && random.chance(0.25) ? 'start' : 'bytes';
  return {
    seed,
    fault,
    way: random.pick(Object.keys(fault.ways)),
    // There is less to send when the first version is there.
    moment: { since, afterSeconds: random.below(since === 'start' || hasFirst ? 40 : 60) / 10 },
    direction: random.pick(['push', 'pull']),
    transport: fault.transport ?? random.pick(['ssh2', 'openssh']),
    compress: random.chance(0.25),
    db: random.pick(fault.isSplit === true ? ['filesystem', 'volume'] : worldKinds),
    hasFirst,
  };
}

/** The command that is disturbed. */
export function disturbedCommand(round: Round): Command {
  return makeCommand(round, round.direction, round.fault.isSplit === true ? ['ct'] : undefined);
}

/** A round in a line. */
export function describeRound(round: Round): string {
  const { fault, way, moment, db, hasFirst } = round;
  const { host, words } = disturbedCommand(round);
  const world = `db is a ${db}${hasFirst ? ', ct:1 is there' : ''}`;
  const since = moment.since === 'start' ? 'the start' : 'the first bytes';
  return `${host}$ zfs-vm ${words} (${world}); ${fault.name}, ${way}, ${moment.afterSeconds} s after ${since}`;
}
