import { toCommandError } from '../../host/command-error.js';
import { ZfsVmError } from '../../base/errors.js';
import type { Endpoint } from '../../host/endpoint.js';
import { isSuccess } from '../../host/host.js';
import type { CommandResult } from '../../host/run-command.js';
import { readSnapshotsOf } from '../../inventory/read-about.js';
import type { Chain } from '../../plan/plan.js';
import type { Preparation } from '../../plan/preparation.js';
import { preparationCalls } from '../../plan/stream.js';
import { fullNameOf, type Point } from '../../streamline/dataset.js';
import { isBusyFailure, isGone } from '../../zfs/failure.js';
import { abortReceive } from './abort-receive.js';
import type { Fault } from '../event.js';
import { moveAside, notUndone, type Moving } from './move-aside.js';
import { rollBack } from './roll-back.js';

/** What is done only because the person asked for it by name. */
type Loss = Preparation & { readonly kind: 'rollback' | 'replace' };

/** Why a destination isn't ready for its chain. */
export interface Obstacle {
  readonly error: ZfsVmError;
  readonly fault: Fault;
}

/**
 * Does to the destination of a chain what has to be done before its first stream, as it was shown: what has come since is kept, be it
 * another interrupted receive, a snapshot, or what was written. Minutes may lie between the look and the yes.
 * @returns what went wrong; undefined when it is ready
 * @throws ZfsVmError when the host can't start commands
 */
export async function prepareDestination(
  receiver: Endpoint,
  chain: Chain,
  signal: AbortSignal,
): Promise<Obstacle | undefined> {
  const { destination: dataset, preparation } = chain;
  if (preparation === undefined) return undefined;
  if (preparation.kind === 'abort') {
    const result = await abortReceive(receiver, { dataset, token: preparation.token }, signal);
    return toObstacle(receiver, 'receive', result);
  }
  if (preparation.kind === 'set-aside') {
    return moveOrTell(receiver, chain, preparation, signal);
  }
  const news = await findNews({ dataset, preparation }, receiver, signal);
  if (news !== undefined) return news;
  if (preparation.kind === 'replace') {
    return moveOrTell(receiver, chain, preparation, signal);
  }
  const guard = {
    dataset,
    property: 'written',
    value: String(preparation.writtenBytes),
    changed: describeWritten(dataset),
  };
  return toObstacle(receiver, 'rollback', await rollBack(receiver, guard, preparationCalls(chain), signal));
}

/** Moves a destination aside; what is told where that fails says whether all is as it was. */
async function moveOrTell(
  receiver: Endpoint,
  chain: Chain,
  moving: Moving,
  signal: AbortSignal,
): Promise<Obstacle | undefined> {
  const result = await moveAside(receiver, chain, moving, signal);
  const obstacle = toObstacle(receiver, 'rename', result);
  if (obstacle === undefined || result.exit.kind !== 'exited') return obstacle;
  const { destination } = chain;
  const isUndone = !result.stderr.includes(notUndone);
  const told = isUndone
    ? `${destination} was not changed`
    : `${destination} may have been renamed to ${moving.aside}; no data was lost`;
  const { kind, message, hint, details } = obstacle.error;
  const way =
    isUndone && hint === undefined
      ? `on that host, stop what uses ${destination}, then run the same command again`
      : hint;
  return { ...obstacle, error: new ZfsVmError(kind, `${message}; ${told}`, { hint: way, details }) };
}

/**
 * Finds a snapshot or bookmark that has come since the plan was made, or what has gone that a rollback goes back to: zfs would destroy
 * what was shown, and then refuse the rest.
 */
async function findNews(
  { dataset, preparation }: { readonly dataset: string; readonly preparation: Loss },
  receiver: Endpoint,
  signal: AbortSignal,
): Promise<Obstacle | undefined> {
  const rows = await readSnapshotsOf(receiver, [dataset], signal).catch((error: unknown) => {
    if (error instanceof ZfsVmError && isGone(error.message, dataset)) return undefined;
    throw error;
  });
  // A run that was killed may still be moving it aside: what is planned then is another thing.
  if (rows === undefined) return { ...toRefusal(`${dataset} was removed or renamed`), fault: 'busy' };
  const base =
    preparation.kind === 'rollback' ? rows.find((row) => fullNameOf(row) === preparation.to) : undefined;
  if (preparation.kind === 'rollback' && base === undefined) {
    return toRefusal(`${preparation.to} was removed`);
  }
  const toKey = (point: Point): string => `${fullNameOf(point)} ${point.guid}`;
  const bookmarks = preparation.kind === 'rollback' ? preparation.bookmarks : [];
  const shown = new Set([...preparation.destroys, ...bookmarks].map(toKey));
  // A dataset's bookmarks go with it, whichever they are.
  const other = rows.find(
    (row) =>
      (base === undefined ? row.kind === 'snapshot' : row.createtxg > base.createtxg) &&
      !shown.has(toKey(row)),
  );
  return other === undefined ? undefined : toRefusal(`${fullNameOf(other)} was added`);

  function toRefusal(what: string): Obstacle {
    const message = `${receiver.host.name}: ${what} after the confirmation; nothing of ${dataset} was destroyed`;
    const hint = 'run the same command again to review what would be destroyed';
    return { error: new ZfsVmError('failed', message, { hint }), fault: 'failed' };
  }
}

function describeWritten(dataset: string): string {
  return `cannot continue: ${dataset} was written to after the confirmation; nothing of it was destroyed. Stop what writes to it, then run the same command again`;
}

function toObstacle(
  { host }: Endpoint,
  subcommand: string,
  result: Pick<CommandResult, 'exit' | 'stderr'>,
): Obstacle | undefined {
  if (isSuccess(result.exit)) return undefined;
  const error = toCommandError(host.name, `zfs ${subcommand}`, result);
  if (result.exit.kind === 'lost') return { error, fault: 'lost' };
  return { error, fault: isBusyFailure(result.stderr) ? 'busy' : 'failed' };
}
