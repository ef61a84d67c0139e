import type { Endpoint } from '../../host/endpoint.js';
import { isSuccess } from '../../host/host.js';
import { findRemotePipe } from '../../host/remote-pipe.js';
import { ask, noBody } from '../../host/ask.js';
import type { Plan } from '../../plan/plan.js';
import type { TransferContext } from './transfer-context.js';

/** How the lanes to a receiver may be. */
export interface LaneLimits {
  /** How many there may be at once. */
  readonly mostLanes: number;
  /** Whether one of them takes many streams. */
  readonly canChain: boolean;
}

/** sshd allows ten sessions on a connection, unless configured otherwise, and some are for other commands. */
const mostUsualLanes = 8;
const fewestUsualLanes = 4;
const chainsPerLane = 8;

/** A lane within one host has two channels there, of the ten that there are, and some are for other commands. */
const mostLanesOfOneHost = 3;

/** Finds out how the lanes to a receiver may be. @throws ZfsVmError when it is lost */
export async function findLaneLimits(plan: Plan, context: TransferContext): Promise<LaneLimits> {
  const usual = chooseLaneCount(plan);
  if (plan.chains.length === 0) return { mostLanes: context.lanes ?? usual, canChain: true };
  const canChain = await canChainReceives(context.receiver, context.signal);
  // Each has two channels where it can't, of the ten that there are.
  const wanted = context.lanes ?? (canChain ? usual : fewestUsualLanes);
  return { mostLanes: sharesChannels(context) ? Math.min(wanted, mostLanesOfOneHost) : wanted, canChain };
}

/**
 * How many streams go side by side where nobody says. Each receive waits for its pool to write twice, and those that go side by side
 * wait together: so the many small streams of many datasets are brought by more lanes, few large ones by fewer.
 */
function chooseLaneCount({ chains }: Plan): number {
  return Math.min(mostUsualLanes, Math.max(fewestUsualLanes, Math.ceil(chains.length / chainsPerLane)));
}

/** Whether both ends of a lane are commands on one connection, since the bytes come along here to be slowed down. */
function sharesChannels({ sender, receiver, rateLimit }: TransferContext): boolean {
  const comesAlongHere = rateLimit !== undefined || sender.gate?.isThere === true;
  return comesAlongHere && findRemotePipe(sender.host, receiver.host) !== undefined;
}

/**
 * Whether several receives may read one stdin, one after another. sudo that logs what its commands read (`log_input`, `log_stdin`)
 * reads ahead for them, and the next one would miss what was read; otherwise it leaves stdin alone, also with Debian's `use_pty`
 * (seen with sudo 1.9.13).
 */
async function canChainReceives(endpoint: Endpoint, signal: AbortSignal): Promise<boolean> {
  const { zfs, gate } = endpoint;
  // A gate calls zfs in its own way.
  if (!zfs.includes('sudo') && gate?.isThere !== true) return true;
  const request = { kind: 'sudo-rules' } as const;
  const { exit, stdout } = await ask<'sudo-rules'>(endpoint, request, noBody, { signal });
  signal.throwIfAborted();
  return isSuccess(exit) && !/log_(input|stdin)/i.test(stdout);
}
