/** Calls zstd so that it packs stdin into stdout, at its own level: faster than most links, and streams go side by side. */
export const packWords = ['zstd', '-q', '-c'] as const;

/** Calls zstd so that it unpacks stdin into stdout. */
export const unpackWords = ['zstd', '-d', '-q', '-c'] as const;
