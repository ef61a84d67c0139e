import type { Config } from '../../config/config.js';
import { resolveRemote } from '../../config/resolve-remote.js';
import { ZfsVmError } from '../../base/errors.js';
import type { Endpoint } from '../../host/endpoint.js';
import { readCreationTimes } from '../../inventory/read-about.js';
import { readInventory } from '../../inventory/read-inventory.js';
import { compareStreamlines, findNewestVersions, findSetAside } from '../../plan/compare-streamlines.js';
import { isSameMachine } from '../../plan/same-machine.js';
import { planTransfer } from '../../plan/plan-transfer.js';
import type { Choice } from '../../plan/choice.js';
import { streamOf, type PlannedStream } from '../../plan/stream.js';
import type { HostStatus, Status } from './status-result.js';
import { findLeftOut } from '../../streamline/tree-members.js';
import { fullNameOf, type Datasets, type Point } from '../../streamline/dataset.js';
import { estimateStreams } from '../../transfer/around/estimate-sizes.js';
import { checkCopyPlace, checkPatterns, checkPool, splitAtDestination } from '../check-request.js';
import { localName } from '../../base/local-name.js';
import { readAnswer, type Answer, type Failure } from '../read-answer.js';
import type { Hosts } from '../hosts.js';

/** What is to be compared, and how. */
export interface CompareOptions {
  readonly hosts: Hosts;
  /** The hosts to compare this machine with, as people name them. */
  readonly names: readonly string[];
  readonly config: Config;
  readonly choice: Choice;
  /** Whether the sizes of streams are wanted, for which zfs is called once more for each. */
  readonly wantsSizes: boolean;
  readonly dateMs: () => number;
  readonly signal: AbortSignal;
}

/**
 * Compares this machine with other hosts, all of which are asked at once. One that can't be is told in its place.
 * @throws ZfsVmError when this machine can't be read, or a pattern fits nothing
 */
export async function compareHosts(options: CompareOptions): Promise<Status> {
  const { hosts, names, choice, wantsSizes, dateMs, signal } = options;
  const local = hosts.openLocal();
  const [{ datasets: sender }, ...answers] = await Promise.all([
    readInventory(local, { scope: 'tagged', signal }),
    ...names.map((name) => readAnswer(hosts, name, signal)),
  ]);
  checkPatterns(choice, localName, sender);
  const compared = answers.map((answer) => ({ answer, status: compareHost(answer, sender, options) }));
  const statuses = compared.map(({ status }) => status);
  const rows = statuses.flatMap((status) => (status.kind === 'compared' ? status.streamlines : []));
  const newest = [...findNewestVersions(sender, choice).values()];
  const here = findPoints(sender, [...newest, ...rows.flatMap(({ newestThere }) => newestThere ?? [])]);
  const [sizes, ...times] = await Promise.all([
    readSizes(local, wantsSizes ? rows.flatMap(({ streams }) => streams) : [], signal),
    readCreationTimes(local, [...here.values()], signal),
    ...compared.map(({ answer, status }) => readForeignTimes(answer, status, here, signal)),
  ]);
  signal.throwIfAborted();
  const createdAtSeconds = new Map(times.flatMap((some) => [...some]));
  const leftOut = findLeftOut(sender, newest);
  return {
    atSeconds: Math.floor(dateMs() / 1000),
    newest,
    hosts: statuses,
    leftOut,
    createdAtSeconds,
    sizes,
  };
}

/** Plans a push to a host as `push` does, and says what it comes to. */
function compareHost(
  answer: Answer | Failure,
  sender: Datasets,
  { choice, config }: CompareOptions,
): HostStatus {
  if (answer.kind === 'failed') return answer;
  const { host } = answer;
  const destination = resolveRemote(config, host).destination;
  try {
    const sides = { ...findSides(sender, answer, destination), choice };
    const plan = planTransfer({ ...sides, destination, rollback: false, replace: false });
    return {
      ...{ kind: 'compared', host, streamlines: compareStreamlines(sides, plan) },
      setAside: findSetAside(sides),
    };
  } catch (error) {
    if (!(error instanceof ZfsVmError)) throw error;
    return { kind: 'failed', host, error };
  }
}

/** What a push would have as its sides: of this very machine, what lies at the destination is the receiver. @throws ZfsVmError */
function findSides(
  sender: Datasets,
  { host, datasets: receiver }: Answer,
  destination: string | undefined,
): { readonly sender: Datasets; readonly receiver: Datasets } {
  checkPool(destination, host, receiver);
  if (!isSameMachine(receiver, sender)) return { sender, receiver };
  if (destination === undefined) {
    throw new ZfsVmError('usage', `${host} is this machine, which cannot be compared with itself`, {
      hint: 'name another host; to compare the copies on this machine, configure a remote with "dest"',
    });
  }
  const sides = splitAtDestination(sender, receiver, destination);
  checkCopyPlace(sides);
  return sides;
}

/** Where snapshots are on this machine, or at least their bookmarks: full names by GUID. */
function findPoints(datasets: Datasets, wanted: readonly Point[]): Map<bigint, string> {
  const guids = new Set(wanted.map(({ guid }) => guid));
  const names = new Map<bigint, string>();
  for (const { snapshots, bookmarks } of datasets.values()) {
    for (const point of [...bookmarks, ...snapshots]) {
      if (guids.has(point.guid)) names.set(point.guid, fullNameOf(point));
    }
  }
  return names;
}

/** When the newest versions of a host were made that aren't here. Without an answer, their age isn't known. */
async function readForeignTimes(
  answer: Answer | Failure,
  status: HostStatus,
  here: ReadonlyMap<bigint, string>,
  signal: AbortSignal,
): Promise<ReadonlyMap<bigint, number>> {
  if (answer.kind === 'failed' || status.kind === 'failed') return new Map();
  const foreign = status.streamlines
    .flatMap(({ newestThere }) => newestThere ?? [])
    .filter(({ guid }) => !here.has(guid));
  return readCreationTimes(answer.endpoint, foreign.map(fullNameOf), signal).catch(
    () => new Map<never, never>(),
  );
}

async function readSizes(
  local: Endpoint,
  streams: readonly PlannedStream[],
  signal: AbortSignal,
): Promise<ReadonlyMap<PlannedStream, number>> {
  const asked = streams.map(({ chain, steps }) => streamOf(chain, steps));
  const sizes = await estimateStreams(local, asked, signal);
  return new Map(
    streams.flatMap((stream, index) => {
      const sizeBytes = sizes[index];
      return sizeBytes === undefined ? [] : [[stream, sizeBytes] as const];
    }),
  );
}
