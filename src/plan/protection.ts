import { fullNameOf, isTagged, type Datasets, type TaggedSnapshot } from '../streamline/dataset.js';
import { findNewest, findVersions, groupByStreamline } from '../streamline/lineage.js';

/** Why a version isn't destroyed, whatever the rules say. */
export type ProtectionReason =
  /** No version of its streamline on the host is newer. */
  | { readonly kind: 'newest-of-streamline' }
  /** No version of its dataset is newer: the next increment begins from it. */
  | { readonly kind: 'newest-of-dataset'; readonly snapshot: string }
  | { readonly kind: 'clones'; readonly snapshot: string; readonly clones: readonly string[] }
  /** Somebody holds it, or a transfer does. */
  | { readonly kind: 'held'; readonly snapshot: string }
  /** An interrupted receive is about it, or goes on from it. */
  | { readonly kind: 'partial-receive'; readonly snapshot: string; readonly at: string };

/** What is known of a host beside what it has. */
export interface ProtectionFacts {
  /** The snapshots that are held, by full name. */
  readonly held: ReadonlySet<string>;
  /** What is about to arrive, and to be cloned from, as it will be called there. */
  readonly arriving?: readonly TaggedSnapshot[];
  /** The full names of snapshots that something is about to be cloned from, with the clone. */
  readonly cloning?: ReadonlyMap<string, string>;
}

/** What must stay on a host. */
export class Protections {
  readonly #held: ReadonlySet<string>;
  readonly #clones = new Map<string, string[]>();
  /** Where interrupted receives are, by the GUIDs of what they are about. */
  readonly #partials = new Map<bigint, string>();
  /** The newest version of each dataset. */
  readonly #newest = new Map<string, TaggedSnapshot>();
  /** The names that the newest version of each streamline has. */
  readonly #newestNames = new Set<string>();

  constructor(datasets: Datasets, { held, arriving = [], cloning = new Map() }: ProtectionFacts) {
    this.#held = held;
    for (const [origin, clone] of cloning) this.#noteClone(origin, clone);
    for (const { name, origin, partial, snapshots } of datasets.values()) {
      if (origin !== undefined) this.#noteClone(origin, name);
      const newest = snapshots.findLast(isTagged);
      if (newest !== undefined) this.#newest.set(name, newest);
      for (const guid of [partial?.content?.toGuid, partial?.content?.fromGuid]) {
        if (guid !== undefined) this.#partials.set(guid, name);
      }
    }
    for (const version of arriving) this.#newest.set(version.dataset, version);
    for (const versions of groupByStreamline([...findVersions(datasets), ...arriving]).values()) {
      const newest = findNewest(versions);
      if (newest !== undefined) this.#newestNames.add(newest.name);
    }
  }

  /** Why a version must stay, with all its parts if it is one of a tree; nothing when it may go. */
  find(parts: readonly TaggedSnapshot[]): ProtectionReason[] {
    const isNewest = parts.some(({ name }) => this.#newestNames.has(name));
    return [
      ...(isNewest ? [{ kind: 'newest-of-streamline' } as const] : []),
      ...parts.flatMap((part) => this.#findForPart(part)),
    ];
  }

  #findForPart(part: TaggedSnapshot): ProtectionReason[] {
    const snapshot = fullNameOf(part);
    const isNewest = this.#newest.get(part.dataset)?.guid === part.guid;
    const clones = this.#clones.get(snapshot);
    const at = this.#partials.get(part.guid);
    return [
      ...(isNewest ? [{ kind: 'newest-of-dataset', snapshot } as const] : []),
      ...(clones === undefined ? [] : [{ kind: 'clones', snapshot, clones } as const]),
      ...(this.#held.has(snapshot) ? [{ kind: 'held', snapshot } as const] : []),
      ...(at === undefined ? [] : [{ kind: 'partial-receive', snapshot, at } as const]),
    ];
  }

  #noteClone(origin: string, clone: string): void {
    const clones = this.#clones.get(origin);
    if (clones === undefined) this.#clones.set(origin, [clone]);
    else clones.push(clone);
  }
}
