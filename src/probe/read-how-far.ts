import { ZfsVmError } from '../base/errors.js';
import type { Endpoint } from '../host/endpoint.js';
import { parseTokens, readDespiteValues, understand, type DatasetList } from '../inventory/read-inventory.js';
import { askForLists } from '../inventory/zfs-script.js';
import { allInStep, brokenOff } from '../requests/how-far-script.js';
import type { RecordOf } from '../requests/request.js';
import { datasetOf } from '../streamline/lineage.js';
import { parseDatasets, parseSnapshots, type SnapshotRow } from '../zfs/list.js';
import type { InStep } from '../requests/out-of-step.js';

/** What tells how far copies on a host are. */
export interface HowFarQuestion extends InStep {
  /** Full names of those of the newest and the following that weren't expected. */
  readonly late: readonly string[];
  /** Full names of snapshots that copies in step have, with the GUIDs; each dataset is a copy. */
  readonly newest: ReadonlyMap<string, bigint>;
}

/** How far a host's copies are. */
export interface HowFarAnswer {
  /** The snapshots that are there: of those that were asked for, and the newest of datasets that aren't in step. */
  readonly found: SnapshotRow[];
  /** The datasets that aren't in step; undefined when all are. */
  readonly outOfStep: OutOfStepList | undefined;
}

/** Datasets that aren't in step. */
export interface OutOfStepList extends DatasetList {
  /** Whether one of those that were asked for isn't there: then all datasets of the host are listed. */
  readonly isWhole: boolean;
}

/**
 * Asks a host how far its copies are, and of those that aren't exactly in step, what they are and end with: an opening of the dataset
 * and one of its newest snapshot, where a list of its snapshots opens the dataset anew for each. One command, of few processes, that
 * begins with what is known already.
 * @param expected full names of snapshots that `asked` will most likely have as newest or following
 * @param asked what is asked, as soon as that is known
 * @throws ZfsVmError when zfs can't be run there, or its answer can't be understood; what `asked` rejects with
 */
export async function readHowFar(
  endpoint: Endpoint,
  expected: readonly string[],
  asked: Promise<HowFarQuestion>,
  signal?: AbortSignal,
): Promise<HowFarAnswer> {
  const failed = new AbortController();
  const stop = AbortSignal.any([failed.signal, ...(signal === undefined ? [] : [signal])]);
  asked.catch(() => {
    failed.abort();
  });
  return readDespiteValues(async (columns) => {
    // The one that fails first says why.
    const [{ newest }, texts] = await Promise.all([
      asked,
      askForLists<'how-far'>(endpoint, { kind: 'how-far', columns }, () => toLots(expected, asked), {
        signal: stop,
      }),
    ]);
    if ([texts.found, texts.newest].some((text) => text.includes(`\n${brokenOff}\n`))) {
      throw new ZfsVmError('failed', `${endpoint.host.name}: output of zfs list is incomplete`, {
        hint: 'run the same command again',
      });
    }
    return understand(endpoint, () => {
      const found = [...parseSnapshots(texts.found), ...parseSnapshots(texts.newest)];
      if (texts.datasets.trim() === allInStep) return { found, outOfStep: undefined };
      const rows = parseDatasets(texts.datasets);
      const places = new Set(Array.from(newest.keys(), datasetOf));
      const isWhole = rows.some(({ name }) => !places.has(name));
      return { found, outOfStep: { rows, tokens: parseTokens(texts.tokens), isWhole } };
    });
  });
}

/** What is expected, and when that is known, the rest of the question. */
async function* toLots(
  expected: readonly string[],
  asked: Promise<HowFarQuestion>,
): AsyncGenerator<readonly RecordOf<'how-far'>[]> {
  type Record = RecordOf<'how-far'>;
  const toRecords = (as: Record['as'], names: readonly string[]): Record[] =>
    names.map((name) => ({ as, name, guid: undefined }));
  yield toRecords('expected', expected);
  const { late, newest, following, earlier } = await asked;
  yield [
    ...toRecords('late', late),
    ...Array.from(newest, ([name, guid]): Record => ({ as: 'newest', name, guid })),
    ...toRecords('following', following),
    ...toRecords('earlier', earlier),
  ];
}
