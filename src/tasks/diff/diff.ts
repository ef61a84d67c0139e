import { ZfsVmError } from '../../base/errors.js';
import { localName } from '../../base/local-name.js';
import { quoteCommand } from '../../base/shell.js';
import { compareTrees, compareWithPresent, type Comparison } from '../../streamline/comparison.js';
import type { Datasets } from '../../streamline/dataset.js';
import type { VersionName } from '../../streamline/find-version.js';
import { formatTagShort } from '../../streamline/tag.js';
import { findNamedVersion } from '../find-named-version.js';
import { Hosts } from '../hosts.js';
import { readTagged } from '../read-tagged.js';
import type { PairResult } from '../pair-result.js';
import type { Surroundings } from '../surroundings.js';
import { comparePairs } from './compare-pairs.js';

/** What a version is compared with. */
export type DiffEnd =
  | { readonly kind: 'version'; readonly name: VersionName }
  /** What the dataset contains now. */
  | { readonly kind: 'dataset'; readonly dataset: string };

/** What is compared on this machine. */
export interface DiffRequest {
  /** The earlier version. */
  readonly from: VersionName;
  /** What is later; what the dataset of the version contains now when it is undefined. */
  readonly to?: DiffEnd | undefined;
}

/** What changed. */
export interface DiffResult {
  /** The dataset first, and then those of its tree; none where both are the same snapshot. */
  readonly compared: readonly PairResult[];
  /** Members of the tree that only one of them has, by their paths below the uppermost dataset. */
  readonly onlyEarlier: readonly string[];
  readonly onlyLater: readonly string[];
}

/**
 * Compares a version with a later one, or with what a dataset contains now. The paths that changed are told by events
 * (`paths-changed`), as there may be millions.
 * @throws ZfsVmError `usage` when neither comes from the other, or the later one was named first; when this machine can't be read
 */
export async function diff(request: DiffRequest, surroundings: Surroundings): Promise<DiffResult> {
  return Hosts.use(surroundings, async (hosts) => {
    const endpoint = hosts.openLocal();
    const comparison = findPairs(await readTagged(endpoint, surroundings), request);
    if (comparison.kind === 'same') return { compared: [], onlyEarlier: [], onlyLater: [] };
    const { pairs, onlyEarlier, onlyLater } = comparison;
    return { compared: await comparePairs(endpoint, pairs, surroundings), onlyEarlier, onlyLater };
  });
}

type Comparable = Extract<Comparison, { kind: 'pairs' | 'same' }>;

/** @throws ZfsVmError `usage` when there is nothing to compare */
function findPairs(datasets: Datasets, { from, to }: DiffRequest): Comparable {
  const earlier = findNamedVersion(localName, datasets, from);
  const [{ root }] = earlier;
  const first = formatTagShort(root.tag);
  if (to?.kind === 'version') {
    const later = findNamedVersion(localName, datasets, to.name);
    const second = formatTagShort(later[0].root.tag);
    return expectPairs(compareTrees(datasets, earlier, later), first, second);
  }
  const dataset = datasets.get(to?.dataset ?? root.dataset);
  if (dataset === undefined) {
    throw new ZfsVmError(
      'usage',
      `filesystem or volume ${JSON.stringify(to?.dataset)} does not exist on this machine`,
      {
        hint: 'give a version (STREAMLINE:VERSION), or a dataset that descends from the first version',
      },
    );
  }
  return expectPairs(compareWithPresent(datasets, earlier, dataset), first, dataset.name);
}

/** @throws ZfsVmError `usage` when neither comes from the other, or the later one was named first */
function expectPairs(comparison: Comparison, first: string, second: string): Comparable {
  switch (comparison.kind) {
    case 'pairs':
    case 'same':
      return comparison;
    case 'swapped':
      throw new ZfsVmError('usage', `${first} is newer than ${second}`, {
        hint: quoteCommand(['zfs-vm', 'diff', second, first]),
      });
    case 'unrelated': {
      const common = comparison.common === undefined ? undefined : formatTagShort(comparison.common.tag);
      throw new ZfsVmError('usage', `${second} does not descend from ${first}`, {
        hint:
          common === undefined
            ? 'list the origins of clones with "zfs-vm list"'
            : `both descend from ${common}: compare each with that version`,
      });
    }
  }
}
