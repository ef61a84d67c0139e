import { ZfsVmError } from '../../base/errors.js';
import { localName } from '../../base/local-name.js';
import { toCommandError } from '../../host/command-error.js';
import type { Endpoint } from '../../host/endpoint.js';
import { isSuccess } from '../../host/host.js';
import { readDatasets, type DatasetList } from '../../inventory/read-inventory.js';
import { isChosenTag, type VersionPattern } from '../../streamline/selection.js';
import { findTagIn, type Tag } from '../../streamline/tag.js';
import { abortReceive } from '../../transfer/around/abort-receive.js';
import type { DatasetRow } from '../../zfs/list.js';
import { Hosts } from '../hosts.js';
import type { Loss } from '../loss.js';
import type { Surroundings } from '../surroundings.js';

/** Which interrupted receives are dropped, and where. */
export interface AbortRequest {
  /** A host as people name it; this machine when it is undefined. */
  readonly host?: string | undefined;
  /** Of which versions; of all when there are none. */
  readonly patterns?: readonly VersionPattern[] | undefined;
}

/** What became of the interrupted receives that were asked for. */
export interface AbortResult {
  /** What people call the host. */
  readonly host: string;
  /** How many there were. */
  readonly count: number;
  readonly dropped: readonly InterruptedReceive[];
  /** Why the others were not; each has been told by an event `problem`. */
  readonly failures: readonly ZfsVmError[];
}

/** An interrupted receive of a version. */
export interface InterruptedReceive {
  readonly dataset: string;
  /** What zfs calls it. */
  readonly token: string;
  readonly tag: Tag;
}

/**
 * Drops what interrupted receives of versions have left on a host, after asking.
 * @throws ZfsVmError when the host can't be read, or it isn't confirmed; what is wrong with one of them is in the result
 */
export async function abort(
  { host: target = localName, patterns = [] }: AbortRequest,
  surroundings: Surroundings,
): Promise<AbortResult> {
  const { signal, emit, confirm } = surroundings;
  return Hosts.use(surroundings, async (hosts) => {
    const endpoint = await hosts.open(target);
    const host = endpoint.host.name;
    const receives = findInterrupted(await readDatasets(endpoint, signal), patterns);
    const losses = receives.map(({ dataset, tag }): Loss => ({ kind: 'partial', host, dataset, tag }));
    if (losses.length > 0) await confirm(losses);
    const failures: ZfsVmError[] = [];
    // One that is at work again keeps nobody from dropping the others, and a host that is lost meanwhile has dropped what it said.
    const tell = (error: unknown): void => {
      if (!(error instanceof ZfsVmError) || signal.aborted) throw error;
      emit({ kind: 'problem', error });
      failures.push(error);
    };
    const tried: InterruptedReceive[] = [];
    for (const receive of receives) {
      try {
        await drop(endpoint, receive, signal);
        tried.push(receive);
      } catch (error) {
        tell(error);
      }
    }
    const left = tried.length === 0 ? [] : await listLeft(endpoint, signal).catch(tell);
    const dropped: InterruptedReceive[] = [];
    for (const receive of tried) {
      const { dataset, token, tag } = receive;
      if (left?.some(({ name, resumeToken }) => name === dataset && resumeToken === token) === true) {
        const message = `${host}: zfs receive -A succeeded, but ${dataset} still has the interrupted receive`;
        tell(new ZfsVmError('failed', message));
      } else {
        emit({ kind: 'partial-dropped', host, dataset, tag });
        dropped.push(receive);
      }
    }
    return { host, count: receives.length, dropped, failures };
  });
}

/** @throws ZfsVmError when it fails, or can't be begun */
async function drop(endpoint: Endpoint, receive: InterruptedReceive, signal: AbortSignal): Promise<void> {
  const result = await abortReceive(endpoint, receive, signal);
  signal.throwIfAborted();
  if (isSuccess(result.exit)) return;
  throw toCommandError(endpoint.host.name, `zfs receive -A ${receive.dataset}`, result);
}

async function listLeft(endpoint: Endpoint, signal: AbortSignal): Promise<readonly DatasetRow[]> {
  return (await readDatasets(endpoint, signal)).rows;
}

function findInterrupted(
  { rows, tokens }: DatasetList,
  patterns: readonly VersionPattern[],
): InterruptedReceive[] {
  return rows.flatMap(({ name, resumeToken: token = '' }) => {
    const { toName } = tokens.get(token) ?? {};
    const tag = findTagIn(toName ?? '');
    if (tag === undefined) return [];
    return isChosenTag(patterns, tag) ? [{ dataset: name, token, tag }] : [];
  });
}
