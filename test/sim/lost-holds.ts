import type { Snapshot } from './dataset.js';
import type { Machine } from './machine.js';

/**
 * The holds on snapshots that got another name while they were held, because they or their datasets were renamed, or promoted away: a run
 * releases by name, and doesn't find them again. They follow their snapshots, whatever dataset these belong to later.
 */
export class LostHolds {
  readonly #held = new Set<string>();

  /** Begins to watch a host. @returns what notes which holds got out of sight since */
  begin(machine: Machine): () => void {
    const before = new Map(
      [...snapshotsOf(machine)].map((snapshot) => [
        snapshot,
        { name: snapshot.fullName, tags: [...snapshot.holds.keys()] },
      ]),
    );
    return () => {
      for (const snapshot of snapshotsOf(machine)) {
        const { name, tags = [] } = before.get(snapshot) ?? {};
        if (name === snapshot.fullName) continue;
        for (const tag of tags) if (snapshot.holds.has(tag)) this.#held.add(`${snapshot.guid} ${tag}`);
      }
    };
  }

  /** Whether a hold is one of them. */
  has(snapshot: { readonly guid: bigint }, tag: string): boolean {
    return this.#held.has(`${snapshot.guid} ${tag}`);
  }
}

function snapshotsOf({ pools }: Machine): Snapshot[] {
  return [...pools.datasets.values()].flatMap(({ snapshots }) => snapshots);
}
