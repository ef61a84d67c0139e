import { ancestorsOf, baseNameOf, isWithin } from '../../src/zfs/names.js';
import { captureState, type DatasetState, type HostState } from './capture.js';
import { isSameContent } from './content.js';
import { expectThat } from './violation.js';
import type { SimWorld } from './sim-world.js';

/** One transfer, as it is judged: what both hosts had before it, and what the receiver has now. */
export interface Delivery {
  /** The host that sends and the one that receives, by their names; on one machine, the same. */
  readonly from: string;
  readonly to: string;
  readonly sender: HostState;
  readonly before: HostState;
  readonly after: HostState;
  /** What `-d` said. */
  readonly destination: string | undefined;
  /** Whether it may undo what is in the way of its datasets: `--rollback`, `--replace`. */
  readonly undoes: boolean;
  /** Whether somebody else changed something meanwhile: then what was planned may have been right when it was. */
  readonly isTouched: boolean;
  /** Whether nothing at all went wrong: then what has come is marked as whose it is. */
  readonly isCalm?: boolean;
  /** Whether a pool of the receiver was away for a time, while the rest of it was there: a copy in it could not be seen. */
  readonly missesPool?: boolean;
  /** What was moved aside since, with what has taken over its past (`followAsides`). */
  readonly moved?: ReadonlyMap<bigint, bigint | undefined>;
}

/** Datasets of a sender, by their GUIDs. */
type Sources = ReadonlySet<bigint>;

/**
 * Which dataset was first received from which, kept outside of the program and followed by the datasets' own GUIDs, which no renaming
 * changes. What a copy of one dataset gets must never be another one's.
 */
export class Provenance {
  /** By the sending host and the receiver's dataset: those that it may be a copy of. More than one only where they have the same snapshots. */
  readonly #sources = new Map<string, Sources>();
  /** The same of those that were where the copy belongs and had all: that may have been written down on them, or not. */
  readonly #inStep = new Map<string, Set<bigint>>();
  /** Those that weren't marked when something came to them: the run ended before. By the sending host and the receiver's dataset. */
  readonly #unmarked = new Set<string>();
  /** Whose snapshots a dataset has taken over by a promotion. */
  readonly #heirs = new Map<bigint, Set<bigint>>();
  /** Who had a snapshot when it was last looked at, by host and GUID. */
  readonly #owners = new Map<string, ReadonlyMap<bigint, ReadonlySet<bigint>>>();
  /** The same of all that ever were there, as a stream may arrive of what is gone by then. */
  readonly #lastOwners = new Map<string, Map<bigint, ReadonlySet<bigint>>>();

  /** Looks at a host, to see what was promoted there since the last time. */
  #observe(host: string, state: HostState): void {
    const owners = ownersIn(state);
    const before = this.#owners.get(host);
    this.#owners.set(host, owners);
    this.#lastOwners.set(host, new Map([...(this.#lastOwners.get(host) ?? []), ...owners]));
    if (before === undefined) return;
    for (const [guid, now] of owners) {
      const then = before.get(guid);
      if (then === undefined) continue;
      const lost = [...then].filter((dataset) => !now.has(dataset));
      if (lost.length === 0) continue;
      for (const heir of now) {
        if (then.has(heir)) continue;
        const known = this.#heirs.get(heir) ?? new Set();
        for (const dataset of lost) known.add(dataset);
        this.#heirs.set(heir, known);
      }
    }
  }

  /** Expects of a transfer that each dataset got what is its own. @throws Violation */
  judge(delivery: Delivery): void {
    for (const [aside, heir] of delivery.moved ?? []) this.#moveAside(aside, heir);
    this.#observe(delivery.from, delivery.sender);
    this.#observe(delivery.to, delivery.before);
    for (const dataset of delivery.after.values()) this.#judgeDataset(delivery, dataset);
    if (!delivery.isTouched) this.#judgeLosses(delivery);
    this.#observe(delivery.to, delivery.after);
    this.#noteInStep(delivery);
  }

  #noteInStep(delivery: Delivery): void {
    for (const dataset of delivery.after.values()) {
      const guids = new Set(dataset.snapshots.map(({ guid }) => guid));
      for (const source of delivery.sender.values()) {
        const tip = source.snapshots.findLast(({ name }) => name.startsWith('zfs-vm:'));
        if (tip === undefined) continue;
        // Where only some versions were asked for, it had all of these if it was marked.
        const isMarked = dataset.followed.includes(source.guid);
        if (!guids.has(tip.guid) && !(isMarked && source.snapshots.some(({ guid }) => guids.has(guid)))) {
          continue;
        }
        if (!this.#isAtPlace(delivery, dataset, new Set([source.guid]))) continue;
        const key = `${delivery.from} ${dataset.guid}`;
        const known = this.#inStep.get(key) ?? new Set();
        this.#inStep.set(key, known.add(source.guid));
      }
    }
  }

  /** What was moved aside is nobody's copy any more; what has its past is. */
  #moveAside(aside: bigint, heir: bigint | undefined): void {
    for (const [key, sources] of [...this.#sources]) {
      if (!key.endsWith(` ${aside}`)) continue;
      this.#sources.delete(key);
      if (heir !== undefined) this.#sources.set(key.replace(/ [0-9]+$/, ` ${heir}`), sources);
    }
  }

  /** Begins to watch a command that nothing disturbs. @returns what judges it when it has ended */
  watch(world: SimWorld, host: string, words: string): () => void {
    const [command = ''] = words.split(' ');
    const other = words.split(' ').at(-1) ?? '';
    const names = { push: [host, other], pull: [other, host], sync: [host, other] }[command];
    const [from = host, to = host] = (names ?? []).map((name) => (name === 'local' ? host : name));
    const [sender, before] = [captureState(world.machine(from)), captureState(world.machine(to))];
    // What it prunes may be what tells of a promotion.
    this.#observe(from, sender);
    const destination = / -d ([^ ]+)/.exec(words)?.[1];
    return () => {
      if (names === undefined) return;
      // What sync has tagged is there by now, and what it has pruned was there.
      const now = command === 'sync' ? addPast(captureState(world.machine(from)), sender) : sender;
      const after = captureState(world.machine(to));
      this.judge({
        ...{ from, to, sender: now, before, after, destination },
        ...{ undoes: false, isTouched: false, isCalm: true },
      });
    };
  }

  #judgeDataset(delivery: Delivery, dataset: DatasetState): void {
    const { from, sender, before, isTouched } = delivery;
    const old = before.get(dataset.guid);
    const arrived = dataset.snapshots.filter(
      ({ guid }) => !old?.snapshots.some((each) => each.guid === guid),
    );
    if (arrived.length === 0) return;
    const owners = this.#lastOwners.get(from);
    const found = intersect(arrived.flatMap(({ guid }) => owners?.get(guid) ?? []));
    if (found.size === 0) return;
    // Whether it was sent before or after a promotion meanwhile is not known.
    const pasts = isTouched ? [...found].flatMap((source) => [...(this.#heirs.get(source) ?? [])]) : [];
    const sent = new Set([...found, ...pasts.filter((source) => sender.has(source))]);
    const key = `${from} ${dataset.guid}`;
    const known = this.#sources.get(key);
    const last = arrived.at(-1)?.name ?? '';
    const what = `${dataset.name} on the receiver got ${last} of ${describe(sent, sender)}`;
    const isMarked = dataset.followed.some((source) => sent.has(source));
    expectThat(delivery.isCalm !== true || isMarked, `${what}, and isn't marked as a copy of it`);
    if (isMarked) this.#unmarked.delete(key);
    else this.#unmarked.add(key);
    // What was its source may be gone, or have lost all that it had, and be restored as another dataset.
    if (known !== undefined && [...known].some((source) => (sender.get(source)?.snapshots.length ?? 0) > 0)) {
      const same = new Set([...sent].filter((source) => this.#isOrFollows(source, known)));
      expectThat(isTouched || same.size > 0, `${what}, and it is a copy of ${describe(known, sender)}`);
      // Its own source may have lost meanwhile what it has sent, and a backup of that still have it.
      this.#sources.set(key, same.size > 0 ? same : new Set([...known, ...sent]));
      return;
    }
    if (!isTouched && delivery.missesPool !== true) this.#judgeFirst(delivery, dataset, old, sent, what);
    this.#sources.set(key, sent);
  }

  /** Expects that a dataset which is known for nobody's copy may become the copy of this one. */
  #judgeFirst(
    delivery: Delivery,
    dataset: DatasetState,
    old: DatasetState | undefined,
    sent: Sources,
    what: string,
  ): void {
    const others = this.#findCopies(delivery, sent).filter(({ guid }) => guid !== dataset.guid);
    const isHeir = [...(this.#heirs.get(dataset.guid) ?? [])].some((past) =>
      others.some(({ guid }) => guid === past),
    );
    const wasThere = old !== undefined && !old.isInconsistent;
    if (isHeir || (wasThere && this.#isAtPlace(delivery, dataset, sent))) return;
    const wasInStep = [...(this.#inStep.get(`${delivery.from} ${dataset.guid}`) ?? [])];
    if (wasThere && wasInStep.some((source) => sent.has(source))) return;
    // Of several sources with the same snapshots, it may be the copy of one that has none yet.
    const copied = others.flatMap(({ guid }) => [...(this.#sources.get(`${delivery.from} ${guid}`) ?? [])]);
    const open = new Set([...sent].filter((source) => !copied.includes(source)));
    expectThat(open.size > 0, `${what}, whose copy is ${others.map(({ name }) => name).join(' or ')}`);
    if (!wasThere) return;
    const adoptable = [...delivery.before.values()].filter((each) =>
      this.#mayBeAdopted(delivery, each, open),
    );
    const names = adoptable.map(({ name }) => name).join(', ');
    expectThat(
      adoptable.length === 1 && adoptable[0]?.guid === dataset.guid,
      `${what}, which was somebody else's; what may have been taken for the copy: ${names === '' ? 'none' : names}`,
    );
  }

  /** Whether a dataset is one of these, or has taken over the past of one. */
  #isOrFollows(dataset: bigint, known: Sources): boolean {
    if (known.has(dataset)) return true;
    return [...(this.#heirs.get(dataset) ?? [])].some((past) => known.has(past));
  }

  /** The receiver's datasets that are known for copies of just this one, and have something of its own history. */
  #findCopies({ from, to, sender, before, after, destination }: Delivery, sent: Sources): DatasetState[] {
    const isOnOneMachine = from === to;
    return [...before.values()].filter((dataset) => {
      const key = `${from} ${dataset.guid}`;
      const known = this.#sources.get(key);
      if (known?.size !== 1 || ![...known].some((source) => sent.has(source))) return false;
      // Where the mark was lost with the run, what is marked as another host's is that one's; and as another dataset's, when that was found
      // at its place meanwhile.
      const isAnothers = dataset.followed.length > 0 && !dataset.followed.some((source) => sent.has(source));
      const isForeign = isAnothers && !dataset.followed.some((source) => sender.has(source));
      if (isForeign || (isAnothers && this.#unmarked.has(key))) return false;
      if (isOnOneMachine && (destination === undefined || !isWithin(dataset.name, destination))) return false;
      return after.has(dataset.guid) && sharesHistory(dataset, sent, sender);
    });
  }

  /** Whether it is where such a dataset would be if it were new. */
  #isAtPlace({ from, sender, after, destination }: Delivery, { name }: DatasetState, sent: Sources): boolean {
    return [...sent].some((guid) => {
      const source = sender.get(guid);
      if (source === undefined) return false;
      if (source.name === name) return true;
      // As a dataset of its own, or as a member of a tree that lies there.
      const placed = [...ancestorsOf(source.name), source.name].map(
        (above) => `${destination ?? ''}/${baseNameOf(above)}${source.name.slice(above.length)}`,
      );
      if (destination !== undefined && placed.includes(name)) return true;
      const parent = [...after.values()].find((each) => each.name === name.slice(0, name.lastIndexOf('/')));
      // What came of it by another host is marked as a copy of this one's, too, where it was found in its place.
      const above = parent && [...(this.#sources.get(`${from} ${parent.guid}`) ?? []), ...parent.followed];
      const isMember = above?.some((each) => isWithin(source.name, sender.get(each)?.name ?? ' '));
      return isMember === true && baseNameOf(source.name) === baseNameOf(name);
    });
  }

  /** Whether a dataset is nobody's copy, has a snapshot of the source's own history, and nothing after it. */
  #mayBeAdopted({ from, sender }: Delivery, dataset: DatasetState, sent: Sources): boolean {
    const known = [...(this.#sources.get(`${from} ${dataset.guid}`) ?? [])];
    if (known.some((source) => sender.has(source)) || dataset.isInconsistent || dataset.isAside) return false;
    const tip = dataset.snapshots.at(-1);
    if (tip === undefined || !isSameContent(tip.content, dataset.content)) return false;
    return [...sent].some((guid) => pointsOf(sender.get(guid)).has(tip.guid));
  }

  /** What is lost was lost for the sake of its own source: nothing of another one's copy, and nothing of what is nobody's. */
  #judgeLosses(delivery: Delivery): void {
    const { from, before, after, undoes } = delivery;
    const kept = ownersIn(after);
    for (const dataset of before.values()) {
      const lost = dataset.snapshots.find(({ guid }) => !kept.has(guid));
      if (lost === undefined) continue;
      const name = `${dataset.name}@${lost.name}`;
      const now = after.get(dataset.guid);
      const known = [...this.#sources].filter(([key]) => key.endsWith(` ${dataset.guid}`));
      const own = this.#sources.get(`${from} ${dataset.guid}`);
      if (now !== undefined) {
        const isOurs = own !== undefined || this.#inStep.has(`${from} ${dataset.guid}`);
        expectThat(undoes || isOurs, `${name} is lost, and ${dataset.name} is no copy of ours`);
        expectThat(known.length === 0 || own !== undefined, `${name} is lost, which another host has sent`);
        continue;
      }
      for (const [key, sources] of known) this.#judgeReplaced(delivery, dataset, name, key, sources);
    }
  }

  /** A copy that is gone has gone for a new one of the same source, or its source is gone. */
  #judgeReplaced(
    { from, sender, after }: Delivery,
    dataset: DatasetState,
    lost: string,
    key: string,
    sources: Sources,
  ): void {
    const successor = [...after.values()].find(({ name }) => name === dataset.name);
    // On the way, or its successor is.
    if (successor === undefined || successor.isInconsistent) return;
    const its = this.#sources.get(`${from} ${successor.guid}`);
    const isOurs = key.startsWith(`${from} `);
    const isSame = isOurs && [...(its ?? [])].some((source) => this.#isOrFollows(source, sources));
    const isAlive = !isOurs || [...sources].some((source) => sender.has(source));
    expectThat(
      isSame || !isAlive,
      `${lost} is lost, and ${dataset.name} was the copy of ${describe(sources, sender)}, as ${key} says`,
    );
  }
}

/** Who has a snapshot, by its GUID. */
function ownersIn(state: HostState): ReadonlyMap<bigint, ReadonlySet<bigint>> {
  const owners = new Map<bigint, Set<bigint>>();
  for (const dataset of state.values()) {
    for (const { guid } of dataset.snapshots) {
      const known = owners.get(guid) ?? new Set();
      owners.set(guid, known.add(dataset.guid));
    }
  }
  return owners;
}

function intersect(sets: readonly ReadonlySet<bigint>[]): ReadonlySet<bigint> {
  const [first = new Set<bigint>(), ...rest] = sets;
  return new Set([...first].filter((each) => rest.every((set) => set.has(each))));
}

/** The GUIDs of what a dataset has and had of its own. */
function pointsOf(dataset: DatasetState | undefined): ReadonlySet<bigint> {
  if (dataset === undefined) return new Set();
  return new Set([...dataset.snapshots.map(({ guid }) => guid), ...dataset.bookmarks.values()]);
}

/** A host with what its datasets had of snapshots before, too. */
function addPast(now: HostState, before: HostState): HostState {
  const added = Array.from(now, ([guid, dataset]): [bigint, DatasetState] => {
    const kept = new Set(dataset.snapshots.map((snapshot) => snapshot.guid));
    const gone = before.get(guid)?.snapshots.filter((snapshot) => !kept.has(snapshot.guid)) ?? [];
    return [guid, { ...dataset, snapshots: [...gone, ...dataset.snapshots] }];
  });
  return new Map(added);
}

function sharesHistory(dataset: DatasetState, sent: Sources, sender: HostState): boolean {
  return [...sent].some((source) => {
    const points = pointsOf(sender.get(source));
    return dataset.snapshots.some(({ guid }) => points.has(guid));
  });
}

function describe(guids: Sources, state: HostState): string {
  return [...guids].map((guid) => state.get(guid)?.name ?? `a dataset that is gone (${guid})`).join(' or ');
}
