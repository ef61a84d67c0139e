import { ancestorsOf, baseNameOf, findDatasetNameFault, isWithin, poolOf } from '../../src/zfs/names.js';
import { Dataset, Snapshot, type Bookmark } from './dataset.js';
import type { Random } from './random.js';
import { ZfsRefusal } from './refusal.js';

/** Which OpenZFS is simulated. */
export type ZfsVersion = '2.1' | '2.3';

/** What streams may ask of a pool (`recv_begin_check_feature_flags_impl` in dmu_recv.c). */
export type PoolFeature =
  'embedded_data' | 'encryption' | 'extensible_dataset' | 'large_blocks' | 'lz4_compress' | 'zstd_compress';

/** How a dataset is made. */
export interface CreateOptions {
  readonly type?: Dataset['type'];
  readonly properties?: ReadonlyMap<string, string>;
}

/** How snapshots are made. */
export interface SnapshotOptions {
  readonly recursive?: boolean;
  readonly properties?: ReadonlyMap<string, string>;
}

/** How long the value of a property can be. */
const longestValueBytes = 8191;

/** The transaction group in which a pool was made. */
const firstTxg = 4;

/** What an empty dataset takes on disk. */
export const emptyDatasetBytes = 24_576;

/**
 * The pools of a simulated host, and everything that zfs does with them at once. What it refuses is thrown, in the words of zfs; what
 * was done before that stays done, as with zfs.
 */
export class Pools {
  readonly version: ZfsVersion;
  readonly random: Random;
  /** How many bytes a block is. */
  readonly blockBytes: number;
  readonly #nowMs: () => number;
  readonly #datasets = new Map<string, Dataset>();
  /** How many blocks a pool takes; without an entry, any number. */
  readonly #capacities = new Map<string, number>();
  /** What pools were made without. */
  readonly #lacking = new Map<string, ReadonlySet<PoolFeature>>();
  /** Where keys are, by what datasets say that they are wrapped with; of those only that were said to be in a file. */
  readonly #keyFiles = new Map<string, string>();
  /** The last transaction group of each pool. */
  readonly #txgs = new Map<string, number>();

  constructor(options: { version: ZfsVersion; random: Random; blockBytes: number; nowMs: () => number }) {
    this.version = options.version;
    this.random = options.random;
    this.blockBytes = options.blockBytes;
    this.#nowMs = options.nowMs;
  }

  /*
   * Looking.
   */

  /** All datasets, by name. */
  get datasets(): ReadonlyMap<string, Dataset> {
    return this.#datasets;
  }

  get nowSeconds(): number {
    return Math.floor(this.#nowMs() / 1000);
  }

  /** The dataset of that name. @throws ZfsRefusal when there is none */
  open(name: string): Dataset {
    const dataset = this.#datasets.get(name);
    if (dataset === undefined) throw new ZfsRefusal(`cannot open '${name}': dataset does not exist`);
    return dataset;
  }

  findSnapshot(fullName: string): Snapshot | undefined {
    const at = fullName.indexOf('@');
    return this.#datasets.get(fullName.slice(0, at))?.findSnapshot(fullName.slice(at + 1));
  }

  /** The snapshot of that name. @throws ZfsRefusal when there is none */
  openSnapshot(fullName: string): Snapshot {
    const snapshot = this.findSnapshot(fullName);
    if (snapshot === undefined) throw new ZfsRefusal(`cannot open '${fullName}': dataset does not exist`);
    return snapshot;
  }

  findBookmark(fullName: string): Bookmark | undefined {
    const hash = fullName.indexOf('#');
    return this.#datasets.get(fullName.slice(0, hash))?.findBookmark(fullName.slice(hash + 1));
  }

  /** The datasets below one, not itself. */
  below(name: string): Dataset[] {
    return [...this.#datasets.values()].filter((other) => other.name !== name && isWithin(other.name, name));
  }

  /**
   * The snapshot with this GUID that zfs takes for the origin of what is received: below or of that dataset, else below or of its parent,
   * and so on up to the pool (`guid_to_name` in libzfs_sendrecv.c). Which sibling zfs looks at first is as good as random.
   */
  findNearest(name: string, guid: bigint): Snapshot | undefined {
    for (const place of [...ancestorsOf(name), name].reverse()) {
      const found = this.#findWithin(place, guid);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** What is below a dataset comes before its own snapshots. */
  #findWithin(name: string, guid: bigint): Snapshot | undefined {
    for (const below of this.#datasets.keys()) {
      const found = ancestorsOf(below).at(-1) === name ? this.#findWithin(below, guid) : undefined;
      if (found !== undefined) return found;
    }
    return this.#datasets.get(name)?.snapshots.find((snapshot) => snapshot.guid === guid);
  }

  /** Whether a dataset's pool lacks one of these features. */
  lacks(name: string, features: readonly PoolFeature[]): boolean {
    const lacking = this.#lacking.get(poolOf(name));
    return features.some((feature) => lacking?.has(feature) === true);
  }

  /** Why another block doesn't fit into a dataset; undefined when it does. */
  findLackOfSpace(name: string): 'pool' | 'quota' | undefined {
    const capacity = this.#capacities.get(poolOf(name));
    if (capacity !== undefined && this.#countBlocks(poolOf(name)) >= capacity) return 'pool';
    for (const above of [...ancestorsOf(name), name]) {
      const quota = Number(this.#datasets.get(above)?.properties.get('quota')?.value ?? 0);
      if (quota > 0 && this.#countBlocks(above) * this.blockBytes >= quota) return 'quota';
    }
    return undefined;
  }

  #countBlocks(name: string): number {
    const values = new Set<number>();
    for (const dataset of this.#datasets.values()) {
      if (!isWithin(dataset.name, name)) continue;
      const contents = [dataset.content, ...dataset.snapshots.map(({ content }) => content)];
      if (dataset.partial !== undefined) contents.push(dataset.partial.content);
      for (const content of contents) for (const value of content.values()) values.add(value);
    }
    return values.size;
  }

  /*
   * What a person or another program does on the host.
   */

  /** Makes an empty pool. @param blocks how many it takes; any number when left out @param lacks features that it has not */
  createPool(name: string, blocks?: number, lacks: readonly PoolFeature[] = []): Dataset {
    if (blocks !== undefined) this.#capacities.set(name, blocks);
    this.#lacking.set(name, new Set(lacks));
    return this.#add(name, 'filesystem');
  }

  /** Changes how many blocks a pool takes. */
  resizePool(name: string, blocks: number): void {
    this.#capacities.set(name, blocks);
  }

  /** Takes a pool away, as `zpool export` does; gives what brings it back. */
  exportPool(name: string): () => void {
    const datasets = [...this.#datasets].filter(([dataset]) => isWithin(dataset, name));
    for (const [dataset] of datasets) this.#datasets.delete(dataset);
    return () => {
      for (const [dataset, state] of datasets) this.#datasets.set(dataset, state);
    };
  }

  /** Writes something new into these blocks of a dataset. */
  write(name: string, blocks: readonly number[]): void {
    const dataset = this.open(name);
    const content = new Map(dataset.content);
    for (const block of blocks) content.set(block, this.random.below(2 ** 48) + 1);
    dataset.content = content;
    dataset.changedTxg = this.nextTxg(name);
    if (dataset.type === 'filesystem') dataset.hasLog = true;
  }

  /*
   * What zfs does.
   */

  create(name: string, { type = 'filesystem', properties = new Map() }: CreateOptions = {}): Dataset {
    const fault = findDatasetNameFault(name);
    if (fault !== undefined) throw new ZfsRefusal(`cannot create '${name}': invalid name`);
    if (this.#datasets.has(name)) {
      throw new ZfsRefusal(`cannot create '${name}': dataset already exists`);
    }
    const parent = this.#openParent(name);
    const asked = properties.get('encryption');
    if (asked === undefined && parent.encryption !== undefined && !parent.isKeyLoaded) {
      throw new ZfsRefusal(`cannot create '${name}': encryption root's key is not loaded or provided`);
    }
    const dataset = this.#add(name, type);
    this.encrypt(dataset, asked, parent);
    const keyFile = properties.get('keylocation');
    if (dataset.wrappedWith !== undefined && keyFile !== undefined) {
      this.#keyFiles.set(dataset.wrappedWith, keyFile);
    }
    for (const [property, value] of properties) dataset.properties.set(property, { value, source: 'local' });
    return dataset;
  }

  /** Makes snapshots, all at one moment, or none. */
  snapshot(
    fullNames: readonly string[],
    { recursive = false, properties = new Map() }: SnapshotOptions = {},
  ): void {
    const wanted = fullNames.flatMap((fullName) => {
      const at = fullName.indexOf('@');
      const name = fullName.slice(at + 1);
      const dataset = this.#openToSnapshot(fullName.slice(0, at));
      const datasets = recursive ? [dataset, ...this.below(dataset.name)] : [dataset];
      return datasets.map((each) => ({ dataset: each, name }));
    });
    for (const { dataset, name } of wanted) {
      const fullName = `${dataset.name}@${name}`;
      const fail = (why: string): never => {
        throw new ZfsRefusal(`cannot create snapshot '${fullName}': ${why}`);
      };
      if (dataset.isInconsistent) fail('dataset is busy');
      if (dataset.findSnapshot(name) !== undefined) fail('dataset already exists');
    }
    const txgs = new Map(wanted.map(({ dataset }) => [poolOf(dataset.name), 0]));
    for (const pool of txgs.keys()) txgs.set(pool, this.nextTxg(pool));
    for (const { dataset, name } of wanted) {
      const createtxg = txgs.get(poolOf(dataset.name)) ?? 0;
      this.addSnapshot(dataset, name, this.#newGuid(), createtxg);
      this.set(`${dataset.name}@${name}`, properties);
    }
  }

  /** Sets properties of a dataset, or user properties of a snapshot. */
  set(fullName: string, properties: ReadonlyMap<string, string>): void {
    const target = fullName.includes('@') ? this.openSnapshot(fullName) : this.open(fullName);
    const fail = (why: string): never => {
      throw new ZfsRefusal(`cannot set property for '${fullName}': ${why}`);
    };
    for (const [property, value] of properties) {
      if (target instanceof Snapshot && !property.includes(':')) {
        fail('this property can not be modified for snapshots');
      }
      if (Buffer.byteLength(value) > longestValueBytes) fail('property value too long');
      target.properties.set(property, { value, source: 'local' });
    }
  }

  clone(snapshotName: string, name: string, properties: ReadonlyMap<string, string> = new Map()): Dataset {
    const origin = this.openSnapshot(snapshotName);
    if (this.#datasets.has(name)) {
      throw new ZfsRefusal(`cannot create '${name}': dataset already exists`);
    }
    this.#openParent(name);
    if (poolOf(name) !== poolOf(origin.dataset.name)) {
      throw new ZfsRefusal(`cannot create '${name}': source and target pools differ`);
    }
    const clone = this.addClone(name, origin);
    for (const [property, value] of properties) clone.properties.set(property, { value, source: 'local' });
    return clone;
  }

  promote(name: string): void {
    const clone = this.open(name);
    const { origin } = clone;
    if (origin === undefined) throw new ZfsRefusal(`cannot promote '${name}': not a cloned filesystem`);
    const old = origin.dataset;
    const index = old.snapshots.indexOf(origin) + 1;
    const moved = old.snapshots.slice(0, index);
    const conflict = moved.find((snapshot) => clone.findSnapshot(snapshot.name) !== undefined);
    if (conflict !== undefined) {
      throw new ZfsRefusal(
        `cannot promote '${name}': snapshot name '${conflict.fullName}' from origin \n\tconflicts with '${conflict.name}' from target`,
      );
    }
    const { encryptionRoot: root } = clone;
    const parent = this.#datasets.get(ancestorsOf(name).at(-1) ?? '');
    if (root !== undefined && root !== clone && root !== old && parent?.encryptionRoot !== root) {
      throw new ZfsRefusal(`cannot promote '${name}': cannot promote dataset outside its encryption root`);
    }
    for (const snapshot of moved) snapshot.dataset = clone;
    old.snapshots = old.snapshots.slice(index);
    clone.snapshots = [...moved, ...clone.snapshots];
    const isMoved = ({ createtxg }: Bookmark): boolean => createtxg <= origin.createtxg;
    clone.bookmarks = [...old.bookmarks.filter(isMoved), ...clone.bookmarks];
    old.bookmarks = old.bookmarks.filter((bookmark) => !isMoved(bookmark));
    this.#setOrigin(clone, old.origin);
    this.#setOrigin(old, origin);
    // Whose key opened both goes with the snapshots.
    if (old.encryption !== undefined && old.keyHolder === undefined && clone.encryptionRoot === old) {
      clone.keyHolder = undefined;
      old.keyHolder = clone;
    }
  }

  rename(from: string, to: string): void {
    const dataset = this.open(from);
    const fail = (why: string): never => {
      throw new ZfsRefusal(`cannot rename '${from}': ${why}`);
    };
    if (isWithin(to, from) && to !== from) {
      throw new ZfsRefusal(
        `cannot rename to '${to}': New dataset name cannot be a descendant of current dataset name`,
      );
    }
    if (poolOf(from) !== poolOf(to)) fail('datasets must be within same pool');
    if (baseNameOf(from) === from) fail('operation does not apply to pools');
    const parent = this.#openParent(to);
    if (this.#datasets.has(to)) fail('dataset already exists');
    const { encryptionRoot: root } = dataset;
    if (root !== undefined && root !== dataset && parent.encryptionRoot !== root) {
      fail('cannot move encrypted child outside of its encryption root');
    }
    if (dataset.isReceiving) fail('dataset is busy');
    // What is mounted is unmounted for it, and mounted again; a volume that is open doesn't mind.
    for (const each of [dataset, ...this.below(from)]) checkUnmountable(each);
    for (const each of [dataset, ...this.below(from)]) {
      this.#datasets.delete(each.name);
      each.name = to + each.name.slice(from.length);
      this.#datasets.set(each.name, each);
    }
  }

  /** With `recursive`, also those of the same name below its dataset: all or none. */
  renameSnapshot(from: string, to: string, { recursive = false } = {}): void {
    const snapshot = this.openSnapshot(from);
    const [dataset = '', name = ''] = to.includes('@') ? to.split('@') : [snapshot.dataset.name, to];
    if (dataset !== snapshot.dataset.name) {
      throw new ZfsRefusal(`cannot rename to '${to}': snapshots must be part of same dataset`);
    }
    const renamed = [...this.#datasets.values()]
      .filter((each) => each === snapshot.dataset || (recursive && isWithin(each.name, dataset)))
      .flatMap((each) => each.findSnapshot(snapshot.name) ?? []);
    if (renamed.some((each) => each.dataset.findSnapshot(name) !== undefined)) {
      throw new ZfsRefusal(`cannot rename '${from}': dataset already exists`);
    }
    for (const each of renamed) each.name = name;
  }

  /** @param redactSnaps what `zfs redact` was told to leave out, by GUID; `zfs bookmark` makes one without */
  bookmark(source: string, target: string, redactSnaps?: readonly bigint[]): void {
    const [dataset = '', name = ''] = target.split('#');
    const point = source.includes('#') ? this.findBookmark(source) : this.findSnapshot(source);
    if (point === undefined) throw new ZfsRefusal(`cannot open '${source}': dataset does not exist`, 2);
    const owner = this.open(dataset);
    if (owner.findBookmark(name) !== undefined) {
      throw new ZfsRefusal(`cannot create bookmark '${target}': bookmark exists`);
    }
    if (point instanceof Snapshot ? point.dataset !== owner : !owner.bookmarks.includes(point)) {
      throw new ZfsRefusal(`cannot create bookmark '${target}': not an ancestor`);
    }
    const { guid, createtxg, createdAtSeconds, content, ivSet } = point;
    const bookmark: Bookmark = { name, guid, createtxg, createdAtSeconds, content, ivSet, redactSnaps };
    const after = owner.bookmarks.findIndex((other) => other.createtxg > createtxg);
    owner.bookmarks.splice(after < 0 ? owner.bookmarks.length : after, 0, bookmark);
    this.nextTxg(owner.name);
  }

  destroyBookmark(fullName: string): void {
    const hash = fullName.indexOf('#');
    const dataset = this.#datasets.get(fullName.slice(0, hash));
    const bookmark = dataset?.findBookmark(fullName.slice(hash + 1));
    if (dataset === undefined || bookmark === undefined) {
      throw new ZfsRefusal(`bookmark '${fullName}' does not exist.`);
    }
    dataset.bookmarks = dataset.bookmarks.filter((other) => other !== bookmark);
  }

  /** Destroys snapshots of a dataset, all that are there or none. */
  destroySnapshots(name: string, snapshotNames: readonly string[]): void {
    const dataset = this.open(name);
    const found = findToDestroy(dataset, snapshotNames);
    for (const snapshot of found) this.#checkDestroyable(snapshot);
    this.nextTxg(name);
    dataset.snapshots = dataset.snapshots.filter((each) => !found.includes(each));
  }

  /** What destroying snapshots of a dataset would free: the blocks that nothing else has. */
  findReclaim(name: string, snapshotNames: readonly string[]): { snapshots: Snapshot[]; bytes: number } {
    const found = findToDestroy(this.open(name), snapshotNames);
    for (const snapshot of found) this.#checkClones(snapshot);
    const kept = new Set<number>();
    for (const dataset of this.#datasets.values()) {
      const others = dataset.snapshots.filter((snapshot) => !found.includes(snapshot));
      for (const { content } of [dataset, ...others]) for (const value of content.values()) kept.add(value);
    }
    const freed = new Set(found.flatMap(({ content }) => [...content.values()]));
    for (const value of kept) freed.delete(value);
    return {
      snapshots: found.sort((a, b) => a.createtxg - b.createtxg),
      bytes: freed.size * this.blockBytes,
    };
  }

  /** Destroys a dataset; with `recursive`, also its snapshots and what is below it. */
  destroy(name: string, { recursive = false } = {}): void {
    const dataset = this.open(name);
    if (poolOf(name) === name && !recursive) {
      throw new ZfsRefusal(
        `cannot destroy '${name}': operation does not apply to pools\nuse 'zfs destroy -r ${name}' to destroy all datasets in the pool\nuse 'zpool destroy ${name}' to destroy the pool itself`,
      );
    }
    const all = [dataset, ...this.below(name)];
    if (!recursive && (all.length > 1 || dataset.snapshots.length > 0)) {
      const names = [
        ...dataset.snapshots.map(({ fullName }) => fullName),
        ...this.below(name).map((each) => each.name),
      ];
      throw new ZfsRefusal(
        `cannot destroy '${name}': ${dataset.type} has children\nuse '-r' to destroy the following datasets:\n${names.join('\n')}`,
      );
    }
    const clones = all.flatMap(({ snapshots }) => snapshots.flatMap((snapshot) => [...snapshot.clones]));
    const others = clones.filter((clone) => !all.includes(clone));
    if (others.length > 0) {
      throw new ZfsRefusal(
        `cannot destroy '${name}': ${dataset.type} has dependent clones\nuse '-R' to destroy the following datasets:\n${others.map((clone) => clone.name).join('\n')}`,
      );
    }
    for (const snapshot of all.flatMap(({ snapshots }) => snapshots)) this.#checkHolds(snapshot);
    for (const each of all) checkUnmountable(each);
    const isBusy = (each: Dataset): boolean =>
      each.isInUse || each.isReceiving || each.snapshots.some(({ sends }) => sends > 0);
    if (all.some(isBusy)) throw new ZfsRefusal(`cannot destroy '${name}': dataset is busy`);
    for (const each of all) {
      each.snapshots = [];
      this.remove(each);
    }
  }

  rollback(fullName: string, { recursive = false } = {}): void {
    const snapshot = this.openSnapshot(fullName);
    const { dataset } = snapshot;
    const newer = dataset.snapshots.filter(({ createtxg }) => createtxg > snapshot.createtxg);
    const newerBookmarks = dataset.bookmarks.filter(({ createtxg }) => createtxg > snapshot.createtxg);
    const names = [
      ...newer.map((each) => each.fullName),
      ...newerBookmarks.map((each) => `${dataset.name}#${each.name}`),
    ];
    if (names.length > 0 && !recursive) {
      throw new ZfsRefusal(
        `cannot rollback to '${fullName}': more recent snapshots or bookmarks exist\nuse '-r' to force deletion of the following snapshots and bookmarks:\n${names.join('\n')}`,
      );
    }
    const clones = newer.flatMap((each) => [...each.clones]);
    if (clones.length > 0) {
      throw new ZfsRefusal(
        `cannot rollback to '${fullName}': clones of previous snapshots exist\nuse '-R' to force deletion of the following clones and dependents:\n${clones.map((clone) => clone.name).join('\n')}`,
      );
    }
    const held = newer.filter(({ holds, sends }) => holds.size > 0 || sends > 0);
    dataset.bookmarks = dataset.bookmarks.filter((each) => !newerBookmarks.includes(each));
    dataset.snapshots = dataset.snapshots.filter((each) => !newer.includes(each) || held.includes(each));
    if (held.length > 0) {
      throw new ZfsRefusal(
        held.map((each) => `cannot destroy '${each.fullName}': dataset is busy`).join('\n'),
      );
    }
    dataset.takeContentOf(snapshot, this.nextTxg(dataset.name));
  }

  hold(tag: string, fullName: string): void {
    const fail = (why: string): never => {
      throw new ZfsRefusal(`cannot hold snapshot '${fullName}': ${why}`);
    };
    const snapshot = this.findSnapshot(fullName) ?? fail('dataset does not exist');
    if (snapshot.holds.has(tag)) fail('tag already exists on this dataset');
    snapshot.holds.set(tag, this.nowSeconds);
    this.nextTxg(snapshot.dataset.name);
  }

  release(tag: string, fullName: string): void {
    const fail = (why: string): never => {
      throw new ZfsRefusal(`cannot release hold from snapshot '${fullName}': ${why}`);
    };
    const snapshot = this.findSnapshot(fullName) ?? fail('dataset does not exist');
    if (!snapshot.holds.delete(tag)) fail('no such tag on this dataset');
    this.nextTxg(snapshot.dataset.name);
  }

  /** Drops what an interrupted receive has left. */
  abortReceive(name: string): void {
    const dataset = this.open(name);
    if (dataset.isReceiving) throw new ZfsRefusal(`cannot destroy '${name}/%recv': dataset is busy`);
    if (dataset.partial === undefined) {
      throw new ZfsRefusal(`'${name}' does not have any resumable receive state to abort`);
    }
    this.dropPartial(dataset);
  }

  /*
   * What receives are made of.
   */

  /** The next transaction group of a dataset's pool: each pool counts its own. */
  nextTxg(name: string): number {
    const pool = poolOf(name);
    const next = (this.#txgs.get(pool) ?? firstTxg) + 1;
    this.#txgs.set(pool, next);
    return next;
  }

  /** Adds a snapshot of a dataset's content, newer than all it has. */
  addSnapshot(
    dataset: Dataset,
    name: string,
    guid: bigint,
    createtxg: number,
    createdAtSeconds?: number,
  ): void {
    const facts = { name, guid, createtxg, createdAtSeconds: createdAtSeconds ?? this.nowSeconds };
    dataset.snapshots.push(new Snapshot(dataset, facts));
  }

  /** Encrypts a new dataset as asked for, else as its parent is. */
  encrypt(dataset: Dataset, asked: string | undefined, parent: Dataset | undefined): void {
    dataset.encryption = asked ?? parent?.encryption;
    if (dataset.encryption === 'off') dataset.encryption = undefined;
    dataset.isKeyLoaded = dataset.encryption !== undefined;
    if (dataset.encryption === undefined) return;
    dataset.keyHolder = asked === undefined ? parent : undefined;
    dataset.wrappedWith = dataset.keyHolder?.encryptionRoot?.wrappedWith ?? `key of ${dataset.guid}`;
  }

  /** `zfs change-key`: a key of its own, or, with `-i`, that of its parent's encryption root. */
  changeKey(
    name: string,
    { inherits, keyFile }: { readonly inherits: boolean; readonly keyFile?: string | undefined },
  ): void {
    const dataset = this.open(name);
    const root = this.#openParent(name).encryptionRoot;
    const fail = (why: string): never => {
      throw new ZfsRefusal(`Key change error: ${why}`);
    };
    if (dataset.encryption === undefined) fail('Dataset not encrypted.');
    if (!dataset.isKeyLoaded) fail('Key must be loaded.');
    if (inherits && root === undefined) fail('Parent must be encrypted.');
    if (inherits && dataset.encryptionRoot !== dataset) {
      fail('Key inheritting can only be performed on encryption roots.');
    }
    const txg = this.nextTxg(name);
    const wrapped = inherits ? root?.wrappedWith : `key of ${dataset.guid} since ${txg}`;
    if (!inherits && wrapped !== undefined && keyFile !== undefined) this.#keyFiles.set(wrapped, keyFile);
    // What it opened until now stays with it: what lies below it, and clones of it, wherever they are.
    const before = dataset.encryptionRoot;
    const opened = new Set([dataset]);
    for (const each of opened) {
      const clones = each.snapshots.flatMap((snapshot) => [...snapshot.clones]);
      const below = [...this.#datasets.values()].filter(
        ({ name: other }) => ancestorsOf(other).at(-1) === each.name,
      );
      for (const other of [...below, ...clones]) if (other.encryptionRoot === before) opened.add(other);
    }
    for (const each of opened) {
      each.keyHolder = each === dataset ? undefined : dataset;
      each.wrappedWith = wrapped;
    }
    if (inherits) dataset.keyHolder = root;
  }

  /** `zfs load-key -L`: what inherits the key can be opened then, too. */
  loadKey(name: string, keyFile: string | undefined): void {
    const dataset = this.open(name);
    const fail = (why: string): never => {
      throw new ZfsRefusal(`Key load error: ${why}`);
    };
    if (dataset.encryption === undefined) fail(`'${name}' is not encrypted.`);
    const root = dataset.encryptionRoot;
    if (root !== dataset) fail(`Keys must be loaded for encryption root of '${name}' (${root?.name ?? ''}).`);
    if (this.#keyFiles.get(dataset.wrappedWith ?? '') !== keyFile) {
      fail(`Incorrect key provided for '${name}'.`);
    }
    if (dataset.isKeyLoaded) fail(`Key already loaded for '${name}'.`);
    this.#setKeyLoaded(dataset, true);
  }

  /** `zfs unload-key`. */
  unloadKey(name: string): void {
    const dataset = this.open(name);
    const fail = (why: string): never => {
      throw new ZfsRefusal(`Key unload error: ${why}`);
    };
    if (dataset.encryption === undefined) fail(`'${name}' is not encrypted.`);
    const root = dataset.encryptionRoot;
    if (root !== dataset) {
      fail(`Keys must be unloaded for encryption root of '${name}' (${root?.name ?? ''}).`);
    }
    if (!dataset.isKeyLoaded) fail(`Key already unloaded for '${name}'.`);
    this.#setKeyLoaded(dataset, false);
  }

  #setKeyLoaded(root: Dataset, isKeyLoaded: boolean): void {
    for (const each of this.#datasets.values()) {
      if (each.encryptionRoot === root) each.isKeyLoaded = isKeyLoaded;
    }
  }

  /** Adds an empty dataset that a stream will fill. */
  addForReceive(name: string, type: Dataset['type']): Dataset {
    return this.#add(name, type);
  }

  /** Adds a clone. */
  addClone(name: string, origin: Snapshot): Dataset {
    const clone = this.#add(name, origin.dataset.type);
    clone.takeContentOf(origin, clone.createtxg);
    clone.encryption = origin.dataset.encryption;
    clone.isKeyLoaded = origin.dataset.isKeyLoaded;
    clone.keyHolder = origin.dataset.encryptionRoot;
    clone.wrappedWith = origin.dataset.wrappedWith;
    this.#setOrigin(clone, origin);
    return clone;
  }

  /** Takes a dataset away. */
  remove(dataset: Dataset): void {
    this.#setOrigin(dataset, undefined);
    this.#datasets.delete(dataset.name);
    this.nextTxg(dataset.name);
  }

  /** Drops the partial receive of a dataset: a new one disappears. */
  dropPartial(dataset: Dataset): void {
    dataset.partial = undefined;
    if (dataset.isInconsistent) this.remove(dataset);
  }

  #checkDestroyable(snapshot: Snapshot): void {
    this.#checkHolds(snapshot);
    this.#checkClones(snapshot);
    if (snapshot.sends > 0) {
      throw new ZfsRefusal(`cannot destroy snapshot ${snapshot.fullName}: dataset is busy`);
    }
  }

  #checkClones(snapshot: Snapshot): void {
    const { fullName, dataset } = snapshot;
    const names = [...snapshot.clones].map((clone) => clone.name);
    // What a receive has brought so far is a clone of what it goes onto, with a name that nobody else uses.
    if (dataset.partial?.base === snapshot) names.push(`${dataset.name}/%recv`);
    if (names.length > 0) {
      throw new ZfsRefusal(
        `cannot destroy '${fullName}': snapshot has dependent clones\nuse '-R' to destroy the following datasets:\n${names.join('\n')}`,
      );
    }
  }

  #checkHolds({ fullName, holds }: Snapshot): void {
    if (holds.size === 0) return;
    // Only newer ones tell why.
    const why =
      this.version === '2.1'
        ? 'dataset is busy'
        : `it's being held. Run 'zfs holds -r ${fullName}' to see holders.`;
    throw new ZfsRefusal(`cannot destroy snapshot ${fullName}: ${why}`);
  }

  #openToSnapshot(name: string): Dataset {
    const dataset = this.#datasets.get(name);
    if (dataset === undefined) throw new ZfsRefusal(`cannot open '${name}': dataset does not exist`, 2);
    return dataset;
  }

  #openParent(name: string): Dataset {
    const parent = this.#datasets.get(ancestorsOf(name).at(-1) ?? '');
    if (parent === undefined) throw new ZfsRefusal(`cannot create '${name}': parent does not exist`);
    if (parent.type === 'volume') {
      throw new ZfsRefusal(`cannot create '${name}': parent is not a filesystem`);
    }
    return parent;
  }

  #setOrigin(dataset: Dataset, origin: Snapshot | undefined): void {
    dataset.origin?.clones.delete(dataset);
    origin?.clones.add(dataset);
    dataset.origin = origin;
  }

  #add(name: string, type: Dataset['type']): Dataset {
    const createtxg = this.nextTxg(name);
    const facts = { name, type, guid: this.#newGuid(), createtxg, createdAtSeconds: this.nowSeconds };
    const dataset = new Dataset(facts);
    this.#datasets.set(name, dataset);
    return dataset;
  }

  #newGuid(): bigint {
    return this.random.bits() | 1n;
  }
}

/** @throws ZfsRefusal when it is a filesystem in which somebody is */
export function checkUnmountable({ name, type, isInUse }: Dataset): void {
  if (type === 'filesystem' && isInUse) {
    throw new ZfsRefusal(`cannot unmount '/${name}': pool or dataset is busy`);
  }
}

/** The snapshots that are meant, of those that are there: by name, or as `first%last`. @throws ZfsRefusal when none is */
function findToDestroy(dataset: Dataset, names: readonly string[]): Snapshot[] {
  const found = names.flatMap((name) => {
    const [first = '', last = first] = name.split('%');
    const [from, to] = [first, last].map((end) => dataset.snapshots.findIndex((each) => each.name === end));
    return from === undefined || to === undefined || from < 0 ? [] : dataset.snapshots.slice(from, to + 1);
  });
  if (found.length > 0) return found;
  throw new ZfsRefusal('could not find any snapshots to destroy; check snapshot names.');
}
