import type { Snapshot } from '../streamline/dataset.js';
import { isChosenTag, matchesGlob, type VersionPattern } from '../streamline/selection.js';
import type { Tag } from '../streamline/tag.js';

/** Which versions are to be sent: tagged ones, or every snapshot of some datasets. */
export type Choice = TaggedChoice | SnapshotChoice;

/** Tagged versions are to be sent. */
export interface TaggedChoice extends AnyChoice {
  /** Only these; all when empty. */
  readonly patterns: readonly VersionPattern[];
  readonly datasets?: undefined;
}

/** Every snapshot is treated as a version, whatever its name. */
export interface SnapshotChoice extends AnyChoice {
  /** Only of datasets whose names fit one of these, in which `*` stands for any characters and `?` for one; of all when empty. */
  readonly datasets: readonly string[];
  readonly patterns?: undefined;
}

interface AnyChoice {
  /** Only the newest version of each dataset, by its number, and what others are cloned from. */
  readonly latest: boolean;
  /** Without this very version on the sender, nothing is to be sent. */
  readonly required?: Tag | undefined;
}

/** Whether a snapshot is one of the versions that are to be sent. */
export function isChosen({ tag, dataset }: Snapshot, { patterns, datasets }: Choice): boolean {
  if (datasets === undefined) return tag !== undefined && isChosenTag(patterns, tag);
  return datasets.length === 0 || datasets.some((glob) => matchesGlob(glob, dataset));
}
