import { ZfsVmError } from '../../base/errors.js';
import { showCommand } from '../../base/shell.js';
import type { Endpoint } from '../../host/endpoint.js';
import { readExtentSince } from '../../inventory/read-extent.js';
import { findHeads, type Head } from '../../plan/heads.js';
import { fullNameOf, isTagged, type Datasets } from '../../streamline/dataset.js';
import { findNewest, findVersions } from '../../streamline/lineage.js';
import { formatTagShort } from '../../streamline/tag.js';
import type { Surroundings } from '../surroundings.js';
import { findNextVersion, makeVersion, type NextVersion } from '../tag/next-version.js';
import type { Failures } from './failures.js';

/** Where versions are to be made. */
export interface TagHeadsRequest {
  readonly datasets: Datasets;
  readonly streamlines: readonly string[];
  /** The streamlines that somebody wants to go on by their very names. */
  readonly wanted: ReadonlySet<string>;
  /** Whether the versions are only found, and not made. */
  readonly isDryRun: boolean;
}

/** Makes the next version of each streamline where something has changed, as the pools have counted it (`flushPools`). @returns the full names of the snapshots of each */
export async function tagHeads(
  endpoint: Endpoint,
  request: TagHeadsRequest,
  surroundings: Surroundings,
  failures: Failures,
): Promise<string[][]> {
  const { datasets, streamlines, wanted } = request;
  const { signal } = surroundings;
  const heads = findHeads(
    datasets,
    streamlines.map((streamline) => ({ streamline, upTo: undefined })),
  );
  const going = new Set(heads.map(({ streamline }) => streamline));
  for (const streamline of streamlines.filter((name) => wanted.has(name) && !going.has(name))) {
    failures.tell(describeLeft(datasets, streamline));
  }
  const versions: string[][] = [];
  for (const head of heads) {
    await failures.attempt(async () => {
      const next = await findNext(endpoint, head, datasets, signal);
      if (next === undefined) return;
      if (next.kind === 'unchanged') {
        surroundings.emit(next);
        // Where the streamline goes on in truth, as nothing was written to the original, only a person knows.
        for (const copy of head.writtenCopies) failures.tell(describeWrittenCopy(copy, head));
        return;
      }
      const { fullNames } = next;
      if (!request.isDryRun) await makeVersion(endpoint, next, undefined, signal);
      versions.push([...fullNames]);
      surroundings.emit({ kind: 'version', fullNames, isMade: !request.isDryRun });
      const { streamline, dataset } = head;
      for (const copy of head.writtenCopies) {
        surroundings.emit({ kind: 'copy-written', copy, streamline, dataset });
      }
    });
  }
  return versions;
}

async function findNext(
  endpoint: Endpoint,
  head: Head,
  datasets: Datasets,
  signal: AbortSignal,
): Promise<NextVersion | undefined> {
  const { streamline, newest, shared } = head;
  const dataset = datasets.get(head.dataset);
  if (dataset === undefined) return undefined;
  const extent = await readExtentSince(endpoint, { datasets, dataset, newest, shared }, signal);
  const request = { datasets, dataset, extent, wanted: { streamline }, ifChanged: true };
  return findNextVersion(endpoint, request, signal);
}

/** Tells of a copy where a streamline may go on in truth. */
function describeWrittenCopy(copy: string, { streamline, dataset, newest }: Head): ZfsVmError {
  const undo = showCommand('zfs', 'rollback', `${copy}@${newest.name}`);
  return new ZfsVmError(
    'conflict',
    `no new version of ${streamline}: ${dataset} has not changed, but its copy ${copy} was written to`,
    {
      hint: `to continue ${streamline} in ${copy}, run ${showCommand('zfs-vm', 'tag', copy)}; to discard the changes to the copy, run ${undo}`,
    },
  );
}

/** Tells why a streamline can't go on by itself. */
function describeLeft(datasets: Datasets, streamline: string): ZfsVmError {
  const versions = [...findVersions(datasets)].filter(({ tag }) => tag.streamline === streamline);
  const newest = findNewest(versions);
  const since = newest && datasets.get(newest.dataset)?.snapshots.findLast(isTagged);
  const where = newest === undefined ? 'its dataset' : fullNameOf(newest);
  const other = since === undefined ? 'another streamline' : formatTagShort(since.tag);
  return new ZfsVmError('conflict', `no new version of ${streamline}: ${where} now belongs to ${other}`, {
    hint: `select that streamline with -n, or create the next version of ${streamline} with ${showCommand('zfs-vm', 'tag', '-n', `${streamline}:VERSION`, 'DATASET')}`,
  });
}
