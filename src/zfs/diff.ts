import { UnreadableOutput } from './list-fields.js';

/** What happened to a path. */
export type ChangeKind = 'added' | 'removed' | 'modified' | 'renamed';

/** What is at a path. */
export type FileType =
  'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'block-device' | 'character-device' | 'unknown';

/** A change between two points in the history of a filesystem. Paths begin with `/`, which is the filesystem's own root. */
export interface PathChange {
  readonly kind: ChangeKind;
  readonly type: FileType;
  readonly path: string;
  /** Where it is now, when it was renamed. */
  readonly newPath: string | undefined;
}

/**
 * Arguments of zfs that print what changed in a filesystem between a snapshot and a later one, or what is there now, a line each, for
 * `DiffReader`. The second may be of a clone of the first one's filesystem, and of no clone of that. Both filesystems have to be
 * mounted (seen on OpenZFS 2.1.11 and 2.3.2).
 * @param to a snapshot, or a filesystem
 */
export function diffArguments(from: string, to: string): string[] {
  return ['diff', '-F', '-H', from, to];
}

const kinds: ReadonlyMap<string, ChangeKind> = new Map([
  ['+', 'added'],
  ['-', 'removed'],
  ['M', 'modified'],
  ['R', 'renamed'],
]);

/** By the letter that zfs prints; doors and ports are only known elsewhere. */
const types: ReadonlyMap<string, FileType> = new Map([
  ['F', 'file'],
  ['/', 'directory'],
  ['@', 'symlink'],
  ['|', 'fifo'],
  ['=', 'socket'],
  ['B', 'block-device'],
  ['C', 'character-device'],
  ['>', 'unknown'],
  ['P', 'unknown'],
  ['?', 'unknown'],
]);

/** How long a line may be: two paths of 4,095 bytes, of which each may take five characters. */
export const longestDiffLine = 2 ** 16;

/**
 * Reads the output of `diffArguments` line by line: the kind, the type, a path, and for what was renamed the new path, with tabs
 * between. A file that has got other names, or lost some, has the number of them after its path: `(+1)`.
 */
export class DiffReader {
  readonly #root: string;

  /** @param root where the filesystem is mounted, which zfs prints before each path */
  constructor(root: string) {
    this.#root = root === '/' ? '' : root;
  }

  /** Reads a line. @throws UnreadableOutput when it tells no change below the root */
  read(line: string): PathChange {
    const [kindLetter = '', typeLetter = '', path, ...rest] = line.split('\t');
    const kind = kinds.get(kindLetter);
    const type = types.get(typeLetter);
    if (kind === undefined || type === undefined || path === undefined) throw new UnreadableOutput(line);
    const newPath = kind === 'renamed' ? rest.shift() : undefined;
    const isWhole = rest.length === 0 || (rest.length === 1 && /^\([+-][0-9]{1,20}\)$/.test(rest[0] ?? ''));
    if (!isWhole || (kind === 'renamed' && newPath === undefined)) throw new UnreadableOutput(line);
    return {
      ...{ kind, type, path: this.#readPath(path, line) },
      newPath: newPath === undefined ? undefined : this.#readPath(newPath, line),
    };
  }

  #readPath(text: string, line: string): string {
    const path = decodePath(text);
    if (path?.startsWith(`${this.#root}/`) !== true) throw new UnreadableOutput(line);
    return path.slice(this.#root.length);
  }
}

/**
 * The path that zfs means: it writes bytes that aren't printable ASCII, spaces and backslashes as `\` and four octal digits
 * (`stream_bytes` in `libzfs_diff.c`). What isn't UTF-8 becomes U+FFFD. Undefined for what zfs doesn't print.
 */
function decodePath(text: string): string | undefined {
  if (!/^(?:[!-[\]-~]|\\0[0-3][0-7]{2})+$/.test(text)) return undefined;
  if (!text.includes('\\')) return text;
  const bytes: number[] = [];
  for (let index = 0; index < text.length; index++) {
    const isEscape = text[index] === '\\';
    bytes.push(isEscape ? Number.parseInt(text.slice(index + 1, index + 5), 8) : text.charCodeAt(index));
    if (isEscape) index += 4;
  }
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes));
}
