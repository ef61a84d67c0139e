import { readFileSync } from 'node:fs';
import { findLabFile } from './package-root.js';

/** A kind of host: which OpenZFS on which Debian. One line of the file `kinds`. */
export interface HostKind {
  readonly name: string;
  /** The processor that QEMU emulates for it. */
  readonly cpu: string;
}

/** All kinds, the default one first. */
export function readKinds(): readonly HostKind[] {
  return readFileSync(findLabFile('kinds'), 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => {
      const [name, , , , cpu] = line.trim().split(/\s+/);
      if (name === undefined || cpu === undefined) {
        throw new Error(`kinds: a line with too few fields: ${line}`);
      }
      return { name, cpu };
    });
}

/** The kind of that name, or the default one. Throws when there is none. */
export function findKind(name?: string): HostKind {
  const kinds = readKinds();
  const kind = name === undefined ? kinds[0] : kinds.find((each) => each.name === name);
  if (kind === undefined) {
    throw new Error(`there is no kind ${name ?? ''}; kinds: ${kinds.map((each) => each.name).join(', ')}`);
  }
  return kind;
}
