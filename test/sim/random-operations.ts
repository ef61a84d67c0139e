import { quoteCommand, quoteWord } from '../../src/base/shell.js';
import type { Operation } from './conformance.js';
import type { Dataset, Snapshot } from './dataset.js';
import type { Machine } from './machine.js';
import type { Random } from './random.js';
import { findByToken } from './send.js';

/** The pool in which all of it takes place. */
const pool = 'tank';

/** Where streams are cut: before anything is read, before anything is done, in the first snapshot, in the second. */
const cuts = [10, 400, 150_000, 150_000, 150_000, 500_000] as const;

/** What every sequence begins with, so that there is something to work with. */
export const beginning: readonly Operation[] = [
  zfs('create', `${pool}/a`),
  { kind: 'write', dataset: `${pool}/a`, file: 0 },
  zfs('snapshot', `${pool}/a@s0`),
  { kind: 'write', dataset: `${pool}/a`, file: 1 },
  zfs('snapshot', `${pool}/a@s1`),
  zfs('create', `${pool}/r`),
];

/** Makes one operation after another, most of which make sense on a simulated host as it is. */
export class OperationGenerator {
  readonly #random: Random;
  readonly #machine: Machine;

  constructor(random: Random, machine: Machine) {
    this.#random = random;
    this.#machine = machine;
  }

  /** The next one, at random. */
  next(): Operation {
    const weighted: readonly (readonly [number, () => Operation])[] = [
      [8, () => this.#create()],
      [13, () => ({ kind: 'write', dataset: this.#filesystem(), file: this.#random.below(3) })],
      [12, () => zfs('snapshot', `${this.#dataset()}@${this.#newSnapshotName()}`)],
      [5, () => zfs('clone', this.#snapshotName(), this.#anyName())],
      [5, () => this.#promote()],
      [2, () => zfs('rename', this.#dataset(), this.#anyName())],
      [1, () => zfs('rename', this.#snapshotName(), `${this.#dataset()}@${this.#newSnapshotName()}`)],
      [1, () => this.#renameSnapshot()],
      [4, () => this.#bookmark()],
      [1, () => this.#destroyBookmark()],
      [4, () => zfs('hold', `t${this.#random.below(2)}`, this.#snapshotName())],
      [4, () => this.#release()],
      [4, () => this.#destroySnapshots()],
      [1, () => zfs('destroy', ...this.#maybe('-r', 0.4), this.#dataset())],
      [3, () => zfs('rollback', ...this.#maybe('-r', 0.5), this.#snapshotName())],
      [10, () => this.#sendFull()],
      [15, () => this.#sendIncrement()],
      [6, () => this.#sendSeries()],
      [8, () => this.#sendRest()],
      [2, () => zfs('receive', '-A', this.#partial() ?? this.#dataset())],
    ];
    const total = weighted.reduce((sum, [weight]) => sum + weight, 0);
    let place = this.#random.below(total);
    for (const [weight, make] of weighted) {
      place -= weight;
      if (place < 0) return make();
    }
    throw new Error('the weights make no sense');
  }

  get #datasets(): Dataset[] {
    return [...this.#machine.pools.datasets.values()];
  }

  get #snapshots(): Snapshot[] {
    return this.#datasets.flatMap(({ snapshots }) => snapshots);
  }

  #maybe(word: string, probability: number): string[] {
    return this.#random.chance(probability) ? [word] : [];
  }

  /** A name that a dataset may have, but mostly not yet. */
  #anyName(): string {
    const names = Array.from({ length: 4 }, () => this.#guessName());
    const { datasets } = this.#machine.pools;
    const isFree = (name: string): boolean =>
      !datasets.has(name) && datasets.get(name.slice(0, name.lastIndexOf('/')))?.type === 'filesystem';
    return (this.#random.chance(0.2) ? undefined : names.find(isFree)) ?? this.#random.pick(names);
  }

  #guessName(): string {
    const place = this.#random.pick([pool, pool, `${pool}/a`, `${pool}/b`, `${pool}/r`]);
    return `${place}/${this.#random.pick(['a', 'b', 'c', 'd', 'r'])}`;
  }

  /** Mostly one that is there. */
  #dataset(): string {
    const known = this.#datasets.filter(({ name }) => name !== pool);
    return known.length === 0 || this.#random.chance(0.05) ? this.#anyName() : this.#random.pick(known).name;
  }

  /** One that can be written to; the pool's own if there is no other. */
  #filesystem(): string {
    const known = this.#datasets.filter(
      ({ name, type, isInconsistent }) => name !== pool && type === 'filesystem' && !isInconsistent,
    );
    return known.length === 0 ? pool : this.#random.pick(known).name;
  }

  #clone(): string {
    const clones = this.#datasets.filter(({ origin }) => origin !== undefined);
    return clones.length === 0 || this.#random.chance(0.1) ? this.#dataset() : this.#random.pick(clones).name;
  }

  #partial(): string | undefined {
    const partials = this.#datasets.filter(({ partial }) => partial !== undefined);
    return partials.length === 0 ? undefined : this.#random.pick(partials).name;
  }

  /** Whether nobody knows what zfs goes on with: there are several copies, in an order of its own. */
  #isAmbiguous(dataset: string): boolean {
    const { pools } = this.#machine;
    const header = pools.datasets.get(dataset)?.partial?.header;
    return header !== undefined && findByToken(pools, header).length > 1;
  }

  #newSnapshotName(): string {
    return `s${this.#random.below(12)}`;
  }

  #snapshotName(): string {
    const known = this.#snapshots;
    if (known.length > 0 && !this.#random.chance(0.05)) return this.#random.pick(known).fullName;
    return `${this.#dataset()}@${this.#newSnapshotName()}`;
  }

  #promote(): Operation {
    const hasClones = this.#datasets.some(({ origin }) => origin !== undefined);
    if (!hasClones && this.#random.chance(0.7)) return zfs('clone', this.#snapshotName(), this.#anyName());
    return zfs('promote', this.#clone());
  }

  #release(): Operation {
    const held = this.#snapshots.filter(({ holds }) => holds.size > 0);
    const name = held.length === 0 ? this.#snapshotName() : this.#random.pick(held).fullName;
    return zfs('release', `t${this.#random.below(2)}`, name);
  }

  #destroyBookmark(): Operation {
    const known = this.#datasets.flatMap(({ name, bookmarks }) =>
      bookmarks.map((each) => `${name}#${each.name}`),
    );
    return zfs('destroy', known.length === 0 ? `${this.#dataset()}#b1` : this.#random.pick(known));
  }

  #create(): Operation {
    if (this.#random.chance(0.15)) return zfs('create', '-s', '-V', '16777216', this.#anyName());
    return zfs('create', this.#anyName());
  }

  #renameSnapshot(): Operation {
    const from = this.#snapshotName();
    return zfs('rename', from, `${from.replace(/@.*/, '')}@${this.#newSnapshotName()}`);
  }

  #bookmark(): Operation {
    const from = this.#snapshotName();
    return zfs('bookmark', from, `${from.replace(/@.*/, '')}#b${this.#random.below(3)}`);
  }

  #destroySnapshots(): Operation {
    const name = this.#snapshotName();
    return zfs('destroy', name + this.#maybe(`,${this.#newSnapshotName()}`, 0.3).join(''));
  }

  #sendFull(): Operation {
    return this.#pipe(['send', this.#snapshotName()], this.#receive([], this.#anyName()));
  }

  #sendIncrement(cutChance?: number): Operation {
    const known = this.#snapshots;
    const later = known.filter((each) => this.#basesOf(each).length > 0);
    if (later.length === 0) return this.#sendFull();
    const to = this.#random.pick(this.#random.chance(0.05) ? known : later);
    const bases = this.#basesOf(to);
    const base =
      bases.length === 0 || this.#random.chance(0.1) ? this.#snapshotName() : this.#random.pick(bases);
    const properties = this.#random.chance(0.15) ? ['-o', `origin=${this.#snapshotName()}`] : [];
    return this.#pipe(['send', '-i', base, to.fullName], this.#receive(properties, this.#placeFor(base)), {
      cutChance,
    });
  }

  #sendSeries(): Operation {
    const later = this.#snapshots.filter((each) => this.#basesOf(each).some((name) => name.includes('@')));
    if (later.length === 0) return this.#sendFull();
    const to = this.#random.pick(later);
    const bases = this.#basesOf(to).filter((name) => name.includes('@'));
    const base = this.#random.chance(0.1) ? this.#snapshotName() : (bases[0] ?? this.#snapshotName());
    return this.#pipe(['send', '-I', base, to.fullName], this.#receive([], this.#placeFor(base)));
  }

  #sendRest(): Operation {
    const dataset = this.#partial() ?? (this.#random.chance(0.1) ? this.#dataset() : undefined);
    if (dataset === undefined || this.#isAmbiguous(dataset)) return this.#sendIncrement(0.9);
    const destination = this.#random.chance(0.1) ? this.#dataset() : dataset;
    const read = `"$(zfs get -H -o value receive_resume_token ${quoteWord(dataset)})"`;
    const rest = this.#pipe(['send', '-t'], this.#receive([], destination), { token: `${read} ` });
    if (!this.#random.chance(0.15)) return rest;
    // What was left before it, once more.
    const again = this.#pipe(['send', '-t'], this.#receive([], destination), { token: '"$token" ' });
    return { ...rest, script: `token=${read}; ${rest.script}; ${again.script}` };
  }

  /** The snapshots and bookmarks in whose wake a snapshot is. */
  #basesOf(to: Snapshot): string[] {
    const { name, snapshots, bookmarks, origin } = to.dataset;
    return [
      ...snapshots.filter(({ createtxg }) => createtxg < to.createtxg).map(({ fullName }) => fullName),
      ...bookmarks.filter(({ createtxg }) => createtxg < to.createtxg).map((each) => `${name}#${each.name}`),
      ...(origin === undefined ? [] : [origin.fullName]),
    ];
  }

  /** Mostly a dataset whose newest snapshot is the base. */
  #placeFor(base: string): string {
    const { pools } = this.#machine;
    const guid = (base.includes('#') ? pools.findBookmark(base) : pools.findSnapshot(base))?.guid;
    const places = this.#datasets.filter(({ snapshots }) => snapshots.some((each) => each.guid === guid));
    const newest = places.filter(({ snapshots }) => snapshots.at(-1)?.guid === guid);
    if (newest.length > 0 && this.#random.chance(0.7)) return this.#random.pick(newest).name;
    if (places.length > 0 && this.#random.chance(0.5)) return this.#random.pick(places).name;
    return this.#random.chance(0.5) ? this.#anyName() : this.#dataset();
  }

  #receive(options: readonly string[], destination: string): string[] {
    const flags = [...this.#maybe('-s', 0.85), ...this.#maybe('-F', 0.1), '-u'];
    return ['receive', ...flags, ...options, destination];
  }

  #pipe(
    send: readonly string[],
    receive: readonly string[],
    { token = '', cutChance = 0.25 }: { token?: string; cutChance?: number | undefined } = {},
  ): Extract<Operation, { kind: 'shell' }> {
    const cut = this.#random.chance(cutChance) ? ` | head -c ${this.#random.pick(cuts)}` : '';
    const sender = `zfs ${quoteCommand(send)} ${token}</dev/null`;
    return { kind: 'shell', script: `${sender}${cut} | zfs ${quoteCommand(receive)}` };
  }
}

function zfs(...words: readonly string[]): Operation {
  return { kind: 'shell', script: `zfs ${quoteCommand(words)} </dev/null` };
}
