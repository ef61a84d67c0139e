/** What a dataset or snapshot contains: the number of what is written there, by the block. Equal maps are equal contents. */
export type Content = ReadonlyMap<number, number>;

/** Nothing at all. */
export const emptyContent: Content = new Map();

/** A block that differs: what is there now, or undefined where nothing is any more. */
export interface Change {
  readonly block: number;
  readonly value: number | undefined;
}

/** What has to be written and freed to make one content of another, in the order of the blocks. */
export function diffContents(from: Content, to: Content): Change[] {
  const written = [...to].filter(([block, value]) => from.get(block) !== value);
  const freed = [...from.keys()].filter((block) => !to.has(block));
  return [
    ...written.map(([block, value]): Change => ({ block, value })),
    ...freed.map((block): Change => ({ block, value: undefined })),
  ].sort((a, b) => a.block - b.block);
}

/** The content with one block changed, in place. */
export function applyChange(content: Map<number, number>, { block, value }: Change): void {
  if (value === undefined) content.delete(block);
  else content.set(block, value);
}

/** Whether two contents are the same. */
export function isSameContent(a: Content, b: Content): boolean {
  return a.size === b.size && [...a].every(([block, value]) => b.get(block) === value);
}
