import { runCommand } from '../../src/host/run-command.js';
import { quoteCommand, quoteWord } from '../../src/shell.js';
import { VirtualClock } from './clock.js';
import type { Dataset, Snapshot } from './dataset.js';
import { Machine } from './machine.js';
import type { ZfsVersion } from './pools.js';
import { Random } from './random.js';

/*
 * The same sequence of operations is run on the simulator and on a host with real ZFS. An operation is shell text that both
 * understand, but for writing to a filesystem.
 */

/** One operation of a sequence. */
export type Operation =
  | { readonly kind: 'shell'; readonly script: string }
  /** A file of a filesystem gets a new content. */
  | { readonly kind: 'write'; readonly dataset: string; readonly file: number };

/** What came of an operation. */
export interface Outcome {
  readonly status: number;
  readonly stderr: string;
  /** What is there afterwards, in lines that mean the same on all hosts; empty where nobody looked. */
  readonly state: readonly string[];
}

/** A sequence with what came of it on the simulator. */
export interface Played {
  readonly operations: readonly Operation[];
  readonly outcomes: readonly Outcome[];
}

/** The pool in which all of it takes place. */
const pool = 'tank';

/** How long a written file is: more than half of what `cuts` cuts off. */
const fileBytes = 300_000;

/** As ZFS has it by default. */
const blockBytes = 131_072;
const fileBlocks = Math.ceil(fileBytes / blockBytes);

/** Where streams are cut: before anything is read, before anything is done, in the first snapshot, in the second. */
const cuts = [10, 400, 150_000, 150_000, 150_000, 500_000] as const;

/*
 * Making sequences.
 */

/** After how many operations the state is looked at: that takes a host longer than most operations do. */
const statesEvery = 4;

/** A random sequence, made along with the simulator so that most of its operations make sense. */
export async function makeSequence(seed: number, length: number, version: ZfsVersion): Promise<Played> {
  const player = new SimulatedPlayer(version);
  const generator = new Generator(new Random(seed), player.machine);
  const operations: Operation[] = [];
  const outcomes: Outcome[] = [];
  for (let index = 0; index < length; index++) {
    const operation = beginning[index] ?? generator.next();
    operations.push(operation);
    outcomes.push(await player.play(operation, isLookedAt(index, length)));
  }
  return { operations, outcomes };
}

/** Plays a sequence on the simulator. */
export async function playSimulated(operations: readonly Operation[], version: ZfsVersion): Promise<Played> {
  const player = new SimulatedPlayer(version);
  const outcomes: Outcome[] = [];
  for (const [index, operation] of operations.entries()) {
    outcomes.push(await player.play(operation, isLookedAt(index, operations.length)));
  }
  return { operations, outcomes };
}

function isLookedAt(index: number, length: number): boolean {
  return (index + 1) % statesEvery === 0 || index === length - 1;
}

/** What every sequence begins with, so that there is something to work with. */
const beginning: readonly Operation[] = [
  zfs('create', `${pool}/a`),
  { kind: 'write', dataset: `${pool}/a`, file: 0 },
  zfs('snapshot', `${pool}/a@s0`),
  { kind: 'write', dataset: `${pool}/a`, file: 1 },
  zfs('snapshot', `${pool}/a@s1`),
  zfs('create', `${pool}/r`),
];

class Generator {
  readonly #random: Random;
  readonly #machine: Machine;

  constructor(random: Random, machine: Machine) {
    this.#random = random;
    this.#machine = machine;
  }

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
    if (dataset === undefined) return this.#sendIncrement(0.9);
    const destination = this.#random.chance(0.1) ? this.#dataset() : dataset;
    const token = `"$(zfs get -H -o value receive_resume_token ${quoteWord(dataset)})" `;
    return this.#pipe(['send', '-t'], this.#receive([], destination), { token });
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
  ): Operation {
    const cut = this.#random.chance(cutChance) ? ` | head -c ${this.#random.pick(cuts)}` : '';
    const sender = `zfs ${quoteCommand(send)} ${token}</dev/null`;
    return { kind: 'shell', script: `${sender}${cut} | zfs ${quoteCommand(receive)}` };
  }
}

function zfs(...words: readonly string[]): Operation {
  return { kind: 'shell', script: `zfs ${quoteCommand(words)} </dev/null` };
}

/*
 * Playing them.
 */

/** What is listed of everything; the last columns differ in what they say, and are made alike by `StateReader`. */
const stateColumns = 'name,type,guid,origin,userrefs,receive_resume_token,written';

/** Makes what hosts list comparable. */
class StateReader {
  readonly #guids = new Map<string, number>();

  /** @param output what `zfs list` printed with `stateColumns` */
  read(output: string): string[] {
    const lines = output.split('\n').filter((line) => line !== '');
    return lines.map((line) => {
      const [name = '', type = '', guid = '', origin = '', holds = '', token = '', written = ''] =
        line.split('\t');
      const known = this.#guids.get(guid) ?? this.#guids.size;
      this.#guids.set(guid, known);
      const isDataset = type === 'filesystem' || type === 'volume';
      return [
        ...[name, type, `guid ${known}`, origin],
        ...(type === 'snapshot' ? [`holds ${holds}`] : []),
        ...(isDataset
          ? [token === '-' ? 'no token' : 'token', written === '0' ? 'unchanged' : 'changed']
          : []),
      ].join(' ');
    });
  }
}

const listState = `zfs list -Hp -t all -o ${stateColumns} </dev/null`;

class SimulatedPlayer {
  readonly machine: Machine;
  readonly #states = new StateReader();

  constructor(version: ZfsVersion) {
    this.machine = new Machine({ clock: new VirtualClock(), random: new Random(1), version, blockBytes });
    this.machine.pools.createPool(pool);
  }

  async play(operation: Operation, isStateWanted: boolean): Promise<Outcome> {
    const host = this.machine.connect('simulated');
    const { status, stderr } =
      operation.kind === 'write' ? this.#write(operation) : await this.#run(host, operation.script);
    if (!isStateWanted) return { status, stderr, state: [] };
    const { stdout } = await runCommand(host, ['sh', '-c', listState]);
    return { status, stderr, state: this.#states.read(stdout) };
  }

  async #run(
    host: ReturnType<Machine['connect']>,
    script: string,
  ): Promise<{ status: number; stderr: string }> {
    const { exit, stderr } = await runCommand(host, ['sh', '-c', script]);
    return { status: exit.kind === 'exited' ? exit.code : -1, stderr };
  }

  #write({ dataset, file }: Extract<Operation, { kind: 'write' }>): { status: number; stderr: string } {
    const blocks = Array.from({ length: fileBlocks }, (_, index) => file * fileBlocks + index);
    this.machine.pools.write(dataset, blocks);
    return { status: 0, stderr: '' };
  }
}

/** Shell text that plays a sequence on a real host with an empty pool, and prints what `readOutcomes` reads. */
export function scriptSequence(operations: readonly Operation[]): string {
  const calls = operations.flatMap((operation, index) => {
    const script =
      operation.kind === 'write'
        ? `write_file ${quoteWord(operation.dataset)} ${operation.file}`
        : `{ ${operation.script}; }`;
    return [
      `${script} >/dev/null 2>/run/conformance.stderr; tell $?`,
      ...(isLookedAt(index, operations.length) ? ['list_state'] : []),
    ];
  });
  return `
    zfs set mountpoint=legacy volmode=none ${pool}
    mkdir -p /run/conformance
    write_file() {
      # Without the helper of mount, which is one more process that knows zfs.
      mount -i -t zfs "$1" /run/conformance &&
        head -c ${fileBytes} /dev/urandom > "/run/conformance/$2" &&
        umount -i /run/conformance
    }
    # With nothing but the shell itself: on an emulated host, a process more is felt.
    tell() {
      echo "=$1"
      count=0
      while [ $count -lt 40 ] && IFS= read -r line; do
        printf '!%s\\n' "$line"
        count=$((count + 1))
      done </run/conformance.stderr
    }
    list_state() { ${listState}; }
    ${calls.join('\n')}
  `;
}

/** Reads what the script prints; the state is empty where it wasn't listed. */
export function readOutcomes(output: string): Outcome[] {
  const states = new StateReader();
  return output
    .split(/^=/m)
    .slice(1)
    .map((text) => {
      const [status = '', ...lines] = text.split('\n');
      const said = lines.filter((line) => line.startsWith('!')).map((line) => `${line.slice(1)}\n`);
      const listed = lines.filter((line) => !line.startsWith('!'));
      return { status: Number(status), stderr: said.join(''), state: states.read(listed.join('\n')) };
    });
}

/*
 * Comparing.
 */

/** What errors mean, by the words that tell it. */
const errorKinds: readonly (readonly [kind: string, words: RegExp])[] = [
  ['exists', /dataset already exists|destination '[^']*' exists|destination already exists|bookmark exists/],
  ['tag exists', /tag already exists/],
  ['no tag', /no such tag/],
  ['missing parent', /parent does not exist|unable to restore to destination/],
  ['parent is no filesystem', /parent is not a filesystem/],
  ['missing destination', /destination '[^']*' does not exist/],
  ['missing', /dataset does not exist|could not find any snapshots|bookmark '[^']*' does not exist/],
  ['has children', /has children/],
  ['has clones', /has dependent clones|clones of previous snapshots exist/],
  ['has newer', /more recent snapshots or bookmarks exist/],
  ['held', /it's being held/],
  ['busy', /dataset is busy/],
  ['no clone', /not a cloned filesystem/],
  ['name conflict', /conflicts with .* from target|conflicting snapshot/s],
  ['descendant', /cannot be a descendant/],
  ['other dataset', /snapshots must be part of same dataset/],
  ['not earlier', /not an earlier snapshot from the same fs/],
  ['source elsewhere', /incremental source must be in same filesystem/],
  ['not earlier than itself', /is not earlier than it/],
  ['is a clone', /destination '[^']*' is a clone/],
  ['no source', /incremental source .* (does not exist|no longer exists)/],
  ['no origin', /specified origin fs .* does not exist|local origin for clone .* does not exist/],
  ['no match', /does not\s+match incremental source/],
  ['modified', /has been modified\s+since most recent snapshot/],
  ['has snapshots', /destination has snapshots/],
  ['partial', /contains partially-complete state/],
  ['no partial', /does not have any resumable receive state/],
  ['resuming on existing', /Resuming recv on existing destination/],
  ['no token', /resume token is corrupt/],
  ['gone', /used in the initial send no longer exists/],
  ['saved', /Partially received snapshot is saved/],
  ['incomplete', /incomplete stream|failed to read from stream|invalid backup stream/],
  ['not possible now', /kernel modules must be upgraded/],
];

/** What an error means; the kinds of all that was said. */
export function classify(stderr: string): string {
  const kinds = errorKinds.filter(([, words]) => words.test(stderr)).map(([kind]) => kind);
  // How a sender tells that nobody reads any more depends on how much it had written by then.
  if (kinds.length > 0 || stderr.trim() === '' || /broken pipe|signal received/i.test(stderr)) {
    return kinds.join(', ');
  }
  return `unknown: ${stderr.trim()}`;
}

/**
 * What of a real host's outcomes differs from the simulator's, in words. Once the states differ, what follows means nothing any
 * more, and is left out.
 */
export function findDifferences({ operations, outcomes }: Played, real: readonly Outcome[]): string[] {
  const differences: string[] = [];
  for (const [index, operation] of operations.entries()) {
    const [ours, theirs] = [outcomes[index], real[index]];
    const text = operation.kind === 'write' ? `write ${operation.dataset}` : operation.script;
    const where = `operation ${index}: ${text}`;
    if (ours === undefined || theirs === undefined) return [...differences, `${where}\nwas not played`];
    const [kind, realKind] = [classify(ours.stderr), classify(theirs.stderr)];
    if (kind !== realKind || (ours.status === 0) !== (theirs.status === 0)) {
      differences.push(
        [
          where,
          `simulated: ${ours.status} (${kind}) ${ours.stderr.trim()}`,
          `real: ${theirs.status} (${realKind}) ${theirs.stderr.trim()}`,
        ].join('\n'),
      );
    }
    if (ours.state.join('\n') === theirs.state.join('\n')) continue;
    const lines = describeStates(ours.state, theirs.state);
    return [...differences, [`state after ${where}`, ...lines].join('\n')];
  }
  return differences;
}

function describeStates(ours: readonly string[], theirs: readonly string[]): string[] {
  const extra = ours.filter((line) => !theirs.includes(line)).map((line) => `simulated: ${line}`);
  const missing = theirs.filter((line) => !ours.includes(line)).map((line) => `real: ${line}`);
  if (extra.length + missing.length > 0) return [...extra, ...missing];
  return ['simulated, in this order:', ...ours, 'real, in this order:', ...theirs];
}
