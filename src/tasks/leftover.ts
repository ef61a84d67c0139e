/** Something that an earlier run has left and nobody needs any more. */
export type Leftover =
  /** A hold of a run that has died. */
  | { readonly kind: 'hold'; readonly tag: string; readonly snapshot: string }
  /** What an interrupted receive has left that nothing can continue. */
  | { readonly kind: 'stale-partial'; readonly dataset: string }
  /** A bookmark that a run has made, of a version that many newer ones have followed. */
  | { readonly kind: 'bookmark'; readonly name: string };
