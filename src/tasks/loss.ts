import type { Destruction } from '../plan/destruction.js';
import type { Chain } from '../plan/plan.js';
import type { Tag } from '../streamline/tag.js';
import type { Leftover } from './leftover.js';

/** Something that a task is about to destroy because it was asked for by name, and the host that loses it. */
export type Loss =
  /** What a chain's preparation destroys at its destination: `--rollback`, `--replace`. */
  | { readonly kind: 'preparation'; readonly host: string; readonly chain: Chain }
  /** Versions that the sender no longer has (`--delete`), or that no rule keeps (`prune`). */
  | { readonly kind: 'deletion'; readonly host: string; readonly destruction: Destruction }
  /** What an interrupted receive of a version has left. */
  | { readonly kind: 'partial'; readonly host: string; readonly dataset: string; readonly tag: Tag }
  /** What an earlier run has left, and nobody needs any more. */
  | { readonly kind: 'leftover'; readonly host: string; readonly leftover: Leftover };
