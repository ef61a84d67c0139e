import type { ZfsVmError } from '../base/errors.js';
import type { ChangeSummary } from '../streamline/change-counter.js';
import type { Pair } from '../streamline/comparison.js';

/** What is known of a pair beside its paths. */
export interface PairSizes {
  /** How many bytes were written between them; what was written again counts once. */
  readonly writtenBytes: number | undefined;
  /** The estimated size of the stream that brings one to the other; none for what is in no snapshot yet. */
  readonly incrementBytes: number | undefined;
}

/** What became of a comparison. */
export interface PairResult extends PairSizes {
  readonly pair: Pair;
  /** Undefined for a volume, which has no paths, and where they could not be read. */
  readonly changes: ChangeSummary | undefined;
  /** Why they could not be read. */
  readonly failure: ZfsVmError | undefined;
}
