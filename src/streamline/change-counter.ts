import type { ChangeKind, PathChange } from '../zfs/diff.js';

/** What changed in a filesystem, in numbers. */
export interface ChangeSummary {
  readonly counts: Readonly<Record<ChangeKind, number>>;
  /** The folders in which most changed, these first; two levels deep at most. */
  readonly folders: readonly { readonly path: string; readonly changes: number }[];
}

/** How many folders are told. */
const toldFolders = 5;

/** How many folders are counted apart; what comes in further ones counts for the folder above. */
const mostFolders = 10_000;

/** Counts changes, in little memory however many there are. */
export class ChangeCounter {
  readonly #counts: Record<ChangeKind, number> = { added: 0, removed: 0, modified: 0, renamed: 0 };
  readonly #folders = new Map<string, number>();

  add({ kind, path }: PathChange): void {
    this.#counts[kind]++;
    const folder = this.#chooseFolder(path);
    this.#folders.set(folder, (this.#folders.get(folder) ?? 0) + 1);
  }

  summarize(): ChangeSummary {
    const folders = [...this.#folders]
      .map(([path, changes]) => ({ path, changes }))
      .sort((a, b) => b.changes - a.changes || (a.path < b.path ? -1 : 1));
    return { counts: { ...this.#counts }, folders: folders.slice(0, toldFolders) };
  }

  /** The folder of a path, two levels deep at most: `/var/lib` for `/var/lib/dpkg/status`. */
  #chooseFolder(path: string): string {
    const [, first, second, ...rest] = path.split('/');
    const upper = second === undefined ? '/' : `/${first ?? ''}`;
    const folder = second === undefined || rest.length === 0 ? upper : `${upper}/${second}`;
    if (this.#folders.has(folder) || this.#folders.size < mostFolders) return folder;
    return this.#folders.has(upper) ? upper : '/';
  }
}
