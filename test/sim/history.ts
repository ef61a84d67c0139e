import { poolOf } from '../../src/zfs/names.js';
import { noteProperty } from '../../src/zfs/snapshot.js';
import type { Snapshot } from './dataset.js';
import type { Machine } from './machine.js';
import type { Random } from './random.js';
import { ZfsRefusal } from './refusal.js';

const names = ['vm', 'ct', 'disk', 'web', 'mail', 'db'] as const;

/** What happens on a host in the course of time, at random, without zfs-vm. */
export class History {
  readonly #host: string;
  readonly machine: Machine;
  readonly random: Random;
  readonly #story: string[];
  #clones = 0;
  #others = 0;

  constructor(host: string, machine: Machine, random: Random, story: string[]) {
    this.#host = host;
    this.machine = machine;
    this.random = random;
    this.#story = story;
  }

  /** The names of its pools. */
  get pools(): string[] {
    return [...this.machine.pools.datasets.keys()].filter((name) => !name.includes('/'));
  }

  /** Another number each time, for names. */
  nextNumber(): number {
    return ++this.#others;
  }

  /** A new dataset, with a version unless it is somebody's own. */
  begin(kind?: 'own'): void {
    const random = this.random;
    const pool = random.chance(0.75) ? 'tank' : random.pick(this.pools);
    const name = `${pool}/${kind ?? random.pick(names)}${random.chance(0.1) ? ' x' : ''}`;
    const type = random.chance(0.25) ? 'volume' : 'filesystem';
    const properties = random.chance(0.12)
      ? new Map([['encryption', 'aes-256-gcm']])
      : new Map<string, string>();
    this.attempt(`create ${type} ${name}${properties.size > 0 ? ', encrypted' : ''}`, (pools) => {
      pools.create(name, { type, properties });
    });
    if (kind === undefined) this.tag(name);
    else this.snapshot(name);
    if (kind !== undefined || type === 'volume' || !random.chance(0.3)) return;
    const child = `${name}/${random.pick(['etc', 'srv'])}`;
    this.attempt(`create ${child}`, (pools) => pools.create(child));
    if (random.chance(0.7)) this.tag(name, true);
  }

  /** So many things happen as usual. */
  goOn(acts: number): void {
    for (let act = 0; act < acts; act++) this.#act();
  }

  /** A version of some dataset. */
  tagSome(): void {
    this.tag(this.pickDataset());
  }

  /** A snapshot that nobody needs is destroyed, as pruning does. */
  pruneSome(): void {
    this.destroySnapshot(this.pickSnapshot());
  }

  /** A snapshot gets another name. */
  renameSome(): void {
    const snapshot = this.pickSnapshot();
    if (snapshot === undefined) return;
    const to = `${snapshot.fullName}-${++this.#others}`;
    this.attempt(`rename ${snapshot.fullName} to ${to}`, (pools) => {
      pools.renameSnapshot(snapshot.fullName, to);
    });
  }

  /** Somebody destroys a snapshot. */
  destroySnapshot(snapshot: Snapshot | undefined): void {
    if (snapshot === undefined) return;
    this.attempt(`destroy ${snapshot.fullName}`, (pools) => {
      pools.destroySnapshots(snapshot.dataset.name, [snapshot.name]);
    });
  }

  #act(): void {
    const random = this.random;
    const name = this.pickDataset();
    switch (random.below(12)) {
      case 0:
        this.clone();
        break;
      case 1:
        this.attempt(`promote ${name}`, (pools) => {
          pools.promote(name);
        });
        break;
      case 2:
        this.snapshot(name);
        break;
      case 3: {
        const snapshot = this.pickSnapshot();
        if (snapshot === undefined) break;
        if (random.chance(0.4)) {
          const bookmark = `${snapshot.dataset.name}#${snapshot.name}`;
          this.attempt(`bookmark ${bookmark}`, (pools) => {
            pools.bookmark(snapshot.fullName, bookmark);
          });
        }
        this.destroySnapshot(snapshot);
        break;
      }
      case 4:
        this.tag(name, true);
        break;
      case 5:
        this.write(name, 20 + random.below(30));
        this.tag(name);
        break;
      case 6:
        this.begin();
        break;
      default:
        this.write(name);
        this.tag(name);
    }
  }

  /** Somebody clones a snapshot, and mostly works in the clone. */
  clone(): void {
    const random = this.random;
    const origin = this.pickSnapshot();
    if (origin === undefined) return;
    const name = `${poolOf(origin.dataset.name)}/clone${++this.#clones}`;
    this.attempt(`clone ${origin.fullName} as ${name}`, (pools) => pools.clone(origin.fullName, name));
    if (random.chance(0.8)) this.write(name);
    if (random.chance(0.8)) this.tag(name);
  }

  /** Somebody writes. */
  write(name: string, blocks = 1 + this.random.below(3)): void {
    const places = Array.from({ length: blocks }, () => this.random.below(60));
    this.attempt(`write ${blocks} to ${name}`, (pools) => {
      pools.write(name, places);
    });
  }

  /** A snapshot that is no version. */
  snapshot(name: string): void {
    const snapshot = `${name}@daily-${++this.#others}`;
    this.attempt(`snapshot ${snapshot}`, (pools) => {
      pools.snapshot([snapshot]);
    });
  }

  /** The next version of the streamline that a dataset has, or was cloned from, or of one of its own. */
  tag(name: string, recursive = false): void {
    const dataset = this.machine.pools.datasets.get(name);
    if (dataset === undefined) return;
    const own = name.slice(name.lastIndexOf('/') + 1).replace(' ', '-');
    const before = dataset.tip === undefined ? undefined : streamlineOf(dataset.tip.name);
    const streamline = before !== undefined && this.random.chance(0.8) ? before : own;
    const versions = [...this.machine.pools.datasets.values()]
      .flatMap(({ snapshots }) => snapshots)
      .filter((snapshot) => streamlineOf(snapshot.name) === streamline)
      .map((snapshot) => Number(snapshot.name.slice(snapshot.name.lastIndexOf(':') + 1)));
    // Somebody may restore what a lower number had.
    const lower = this.random.chance(0.04) ? 1 + this.random.below(Math.max(1, ...versions)) : undefined;
    const version = lower === undefined || versions.includes(lower) ? Math.max(0, ...versions) + 1 : lower;
    const snapshot = `${name}@zfs-vm:${streamline}:${version}`;
    const properties = new Map(version % 3 === 0 ? [] : [[noteProperty, `it's "$${version}"`]]);
    this.attempt(`snapshot${recursive ? ' -r' : ''} ${snapshot}`, (pools) => {
      pools.snapshot([snapshot], { recursive, properties });
    });
  }

  /** Any dataset but a pool's own; `tank` where there is none. */
  pickDataset(): string {
    const all = [...this.machine.pools.datasets.keys()].filter((name) => name.includes('/'));
    return all.length === 0 ? 'tank' : this.random.pick(all);
  }

  /** Any snapshot. */
  pickSnapshot(): Snapshot | undefined {
    const all = [...this.machine.pools.datasets.values()].flatMap(({ snapshots }) => snapshots);
    return all.length === 0 ? undefined : this.random.pick(all);
  }

  /** Does something that zfs may refuse. */
  attempt(what: string, work: (pools: Machine['pools']) => void): void {
    try {
      work(this.machine.pools);
      this.#story.push(`${this.#host}: ${what}`);
    } catch (error) {
      if (!(error instanceof ZfsRefusal)) throw error;
    }
  }
}

function streamlineOf(snapshotName: string): string | undefined {
  return /^zfs-vm:(.+):[^:]+$/.exec(snapshotName)?.[1];
}
