import { ZfsVmError } from '../base/errors.js';
import type { Endpoint } from '../host/endpoint.js';
import { parseTokens, readDespiteValues, understand, type DatasetList } from '../inventory/read-inventory.js';
import { runZfsScript } from '../inventory/zfs-script.js';
import { datasetOf } from '../streamline/lineage.js';
import { parseDatasets, parseSnapshots, type SnapshotRow } from '../zfs/list.js';
import { allInStep, brokenOff, howFarScript, writeQuestion, type HowFarQuestion } from './how-far-script.js';

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
      runZfsScript(endpoint, howFarScript(columns), { input: writeQuestion(expected, asked), signal: stop }),
    ]);
    if ([texts.found, texts.newest].some((text) => text.includes(`\n${brokenOff}\n`))) {
      throw new ZfsVmError('failed', `${endpoint.host.name}: the list of snapshots broke off`, {
        hint: 'try again',
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
