import { baseNameOf, isWithin, poolOf } from '../../src/zfs/names.js';
import { isSameContent } from './content.js';
import type { Dataset } from './dataset.js';
import type { History } from './history.js';
import type { Pools } from './pools.js';

/** What people do on a host with what is there, zfs-vm's copies as well, without asking it. */
const deeds: readonly ((history: History) => void)[] = [
  (history) => {
    history.write(history.pickDataset());
  },
  (history) => {
    const name = history.pickDataset();
    history.write(name);
    history.snapshot(name);
  },
  (history) => {
    history.snapshot(history.pickDataset());
  },
  (history) => {
    history.tag(history.pickDataset());
  },
  (history) => {
    const name = history.pickDataset();
    rename(history, name, `${name}-${history.nextNumber()}`);
  },
  (history) => {
    history.destroySnapshot(history.pickSnapshot());
  },
  (history) => {
    history.clone();
  },
  (history) => {
    history.begin(...(history.random.chance(0.5) ? (['own'] as const) : []));
  },
  useByOthers,
  turnKey,
  changeKey,
  moveElsewhere,
  swapNames,
  goOnInPromotedClone,
  promoteChild,
  archive,
  replaceByPast,
  thin,
  rollBack,
];

/** Somebody does something that zfs-vm hears nothing of: renames, clones and promotes, archives, thins, holds, mounts, rolls back. */
export function meddle(history: History): void {
  history.random.pick(deeds)(history);
}

function rename(history: History, from: string, to: string): void {
  history.attempt(`rename ${from} to ${to}`, (pools) => {
    pools.rename(from, to);
  });
}

/** Into another parent, which is made where it is missing. */
function moveElsewhere(history: History): void {
  const name = history.pickDataset();
  const parent = `${poolOf(name)}/moved`;
  if (!history.machine.pools.datasets.has(parent)) {
    history.attempt(`create ${parent}`, (pools) => pools.create(parent));
  }
  rename(history, name, `${parent}/${baseNameOf(name)}`);
}

/** Two datasets get each other's names. */
function swapNames(history: History): void {
  const [one, other] = [history.pickDataset(), history.pickDataset()];
  const isApart = !isWithin(one, other) && !isWithin(other, one);
  if (poolOf(one) !== poolOf(other) || !isApart) return;
  const between = `${poolOf(one)}/between`;
  rename(history, one, between);
  rename(history, other, one);
  rename(history, between, other);
}

/** A clone takes its origin's past over, and somebody works in it; the dataset that it is of may go, and leave it its name. */
function goOnInPromotedClone(history: History): void {
  const { random } = history;
  const origin = history.pickSnapshot();
  if (origin === undefined) return;
  const old = origin.dataset.name;
  const clone = `${poolOf(old)}/new${history.nextNumber()}`;
  history.attempt(`clone ${origin.fullName} as ${clone}, and promote it`, (pools) => {
    pools.clone(origin.fullName, clone);
    pools.promote(clone);
  });
  if (random.chance(0.6)) history.write(clone);
  if (random.chance(0.6)) history.tag(clone);
  if (!random.chance(0.3)) return;
  history.attempt(`destroy -r ${old}`, (pools) => {
    pools.destroy(old, { recursive: true });
  });
  rename(history, clone, old);
}

/** A clone below its own origin takes the past over: the parent is then a clone of its child. */
function promoteChild(history: History): void {
  const snapshot = history.pickSnapshot();
  if (snapshot === undefined || snapshot.dataset.type !== 'filesystem') return;
  const child = `${snapshot.dataset.name}/try${history.nextNumber()}`;
  history.attempt(`clone ${snapshot.fullName} as ${child}, and promote it`, (pools) => {
    pools.clone(snapshot.fullName, child);
    pools.promote(child);
  });
  if (history.random.chance(0.5)) history.tag(child);
}

/** A copy by hand, `zfs send -R | zfs receive` or without `-R`, up to some snapshot, in the same pool or another one. */
function archive(history: History): void {
  const { random, machine } = history;
  const snapshot = history.pickSnapshot();
  if (snapshot === undefined) return;
  const { dataset } = snapshot;
  const pool = random.chance(0.5) ? poolOf(dataset.name) : random.pick(history.pools);
  const place = random.pick([
    `${pool}/archive${history.nextNumber()}`,
    `${pool}/${baseNameOf(dataset.name)}`,
  ]);
  const withProperties = random.chance(0.4);
  history.attempt(`copy ${snapshot.fullName} to ${place}${withProperties ? ', with properties' : ''}`, () => {
    copyByHand(dataset, snapshot.createtxg, machine.pools, place, withProperties);
  });
}

/** The name of a dataset is given to an older copy of it, as after a restore from an archive; the newer one stays beside it. */
function replaceByPast(history: History): void {
  const { machine } = history;
  const snapshot = history.pickSnapshot();
  if (snapshot === undefined) return;
  const { dataset } = snapshot;
  const name = dataset.name;
  if (!name.includes('/')) return;
  rename(history, name, `${name}-aside${history.nextNumber()}`);
  history.attempt(`restore ${name} from ${snapshot.fullName}`, () => {
    copyByHand(dataset, snapshot.createtxg, machine.pools, name, false);
  });
}

/** Somebody prunes by hand, with bookmarks or without; the newest stays. */
function thin(history: History): void {
  const { random } = history;
  const dataset = history.machine.pools.datasets.get(history.pickDataset());
  if (dataset === undefined) return;
  const leavesBookmarks = random.chance(0.5);
  const kept = random.below(3);
  for (const { name, fullName } of dataset.snapshots.slice(0, -1 - kept)) {
    history.attempt(`destroy ${fullName}${leavesBookmarks ? ', bookmarked' : ''}`, (pools) => {
      if (leavesBookmarks && dataset.findBookmark(name) === undefined) {
        pools.bookmark(fullName, `${dataset.name}#${name}`);
      }
      pools.destroySnapshots(dataset.name, [name]);
    });
  }
}

/** Others hold a snapshot, or have a dataset mounted. */
function useByOthers(history: History): void {
  const snapshot = history.pickSnapshot();
  if (snapshot === undefined) return;
  if (history.random.chance(0.5)) {
    history.attempt(`hold ${snapshot.fullName}`, (pools) => {
      pools.hold('somebody', snapshot.fullName);
    });
    return;
  }
  const { dataset } = snapshot;
  if (dataset.type !== 'filesystem' || dataset.isInconsistent) return;
  history.attempt(`mount ${dataset.name}`, () => {
    dataset.isMounted = true;
  });
}

/** The key of something encrypted is loaded, or unloaded, for all that it opens. */
function turnKey(history: History): void {
  const { pools } = history.machine;
  const roots = [...pools.datasets.values()].filter((dataset) => dataset.encryptionRoot === dataset);
  if (roots.length === 0) return;
  const root = history.random.pick(roots);
  const isLoaded = !root.isKeyLoaded;
  history.attempt(`${isLoaded ? 'load' : 'unload'} the key of ${root.name}`, () => {
    for (const dataset of pools.datasets.values()) {
      if (dataset.encryptionRoot === root) dataset.isKeyLoaded = isLoaded;
    }
  });
}

/** Something encrypted gets a key of its own, or the one of what it lies below. */
function changeKey(history: History): void {
  const { random } = history;
  const { pools } = history.machine;
  const all = [...pools.datasets.values()].filter(
    ({ encryption, isKeyLoaded }) => encryption !== undefined && isKeyLoaded,
  );
  if (all.length === 0) return;
  const { name } = random.pick(all);
  const inherits = random.chance(0.7);
  history.attempt(`change-key ${inherits ? '-i ' : ''}${name}`, () => {
    pools.changeKey(name, { inherits });
  });
}

/** Somebody undoes what came after a snapshot. */
function rollBack(history: History): void {
  const snapshot = history.pickSnapshot();
  if (snapshot === undefined) return;
  history.attempt(`roll back to ${snapshot.fullName}`, (pools) => {
    pools.rollback(snapshot.fullName, { recursive: true });
  });
}

/**
 * Copies a dataset with its snapshots up to one, as `zfs send | zfs receive` by a person does: the same GUIDs in another dataset, on the
 * same host or another one.
 * @param withProperties whether its properties come along, as with `-p` and `-R`
 * @throws ZfsRefusal where it can't be made there
 */
export function copyByHand(
  dataset: Dataset,
  upToTxg: number,
  to: Pools,
  place: string,
  withProperties: boolean,
): void {
  const wanted = dataset.snapshots.filter(({ createtxg }) => createtxg <= upToTxg);
  const copy = to.create(place, { type: dataset.type });
  if (dataset.encryption !== undefined) {
    // As it is, with a key of its own.
    const { encryption, wrappedWith } = dataset;
    Object.assign(copy, { encryption, wrappedWith, keyHolder: undefined, isKeyLoaded: false });
  }
  for (const snapshot of wanted) {
    const txg = to.nextTxg(place);
    if (!isSameContent(copy.content, snapshot.content)) copy.changedTxg = txg;
    copy.content = snapshot.content;
    to.addSnapshot(copy, snapshot.name, snapshot.guid, txg, snapshot.createdAtSeconds);
    const made = copy.snapshots.at(-1);
    if (made !== undefined && dataset.encryption !== undefined) made.ivSet = snapshot.ivSet;
    if (!withProperties) continue;
    for (const [property, { value }] of snapshot.properties) {
      made?.properties.set(property, { value, source: 'received' });
    }
  }
  if (!withProperties) return;
  for (const [property, { value }] of dataset.properties) {
    if (property.includes(':')) copy.properties.set(property, { value, source: 'received' });
  }
}
