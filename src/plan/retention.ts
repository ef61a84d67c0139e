import type { Tag } from '../streamline/tag.js';

/** Which versions of a streamline are kept. Each rule keeps what it names, whatever the others say; what none keeps may go. */
export interface Retention {
  /** The newest so many. */
  readonly last?: number;
  /** All that are younger. */
  readonly withinSeconds?: number;
  /** The newest of each of the last so many hours (days, weeks, ...) that have one. */
  readonly hourly?: number;
  readonly daily?: number;
  readonly weekly?: number;
  readonly monthly?: number;
  readonly yearly?: number;
  /** Versions by name. */
  readonly versions?: readonly Tag[];
}
