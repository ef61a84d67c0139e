import { noteProperty } from '../../src/zfs/snapshot.js';
import type { Snapshot } from './dataset.js';
import type { Machine } from './machine.js';
import { Random } from './random.js';
import { ZfsRefusal } from './refusal.js';
import { SimWorld } from './sim-world.js';

/** A world of which everything follows from a seed, before anything goes wrong in it. */
export interface Scene {
  readonly world: SimWorld;
  /** Has the images. */
  readonly sender: Machine;
  /** Is to get them. */
  readonly receiver: Machine;
  /** For what is done in it. */
  readonly random: Random;
  /** What the receiver's copies went below, if they were sent there before. */
  readonly destination: string | undefined;
  /** What was done to make it, a line each. */
  readonly story: readonly string[];
}

/** Makes the world of a seed: a sender with a history, and a receiver that has none, some or all of it, and things of its own. */
export async function makeScene(seed: number): Promise<Scene> {
  const world = new SimWorld(seed);
  const random = world.random.fork();
  const story: string[] = [];
  const version = (): '2.1' | '2.3' => random.pick(['2.1', '2.3', '2.3']);
  const [sender, receiver] = [
    world.addMachine('a', { version: version() }),
    world.addMachine('b', { version: version() }),
  ];
  const sending = new History('a', sender, random, story);
  const receiving = new History('b', receiver, random, story);
  for (let datasets = 1 + random.below(3); datasets > 0; datasets--) sending.begin();
  if (random.chance(0.3)) receiving.begin('own');
  sending.goOn(random.below(10));
  const destination = random.chance(0.3) ? 'tank/x' : undefined;
  const isInStep = random.chance(0.65);
  if (isInStep) {
    if (random.chance(0.15)) await syncByThird(world, story, destination);
    else await sync(world, story, pickSync(random, destination), 'a');
    sending.goOn(random.below(8));
    if (random.chance(0.35)) receiving.meddle(1 + random.below(3));
  } else if (random.chance(0.15)) {
    receiving.begin();
  }
  return { world, sender, receiver, random, destination, story };
}

function pickSync(random: Random, destination: string | undefined): string {
  const place = destination === undefined ? '' : ` -d ${destination}`;
  return `push${place}${random.pick(['', '', '', ' --latest', ' --no-bookmark', ' --all-snapshots'])} b`;
}

async function sync(world: SimWorld, story: string[], args: string, name: string): Promise<void> {
  const { status } = await world.run(name, args);
  story.push(`${name}: zfs-vm ${args} -> ${status}`);
}

/** The receiver has got its copies from a third host. */
async function syncByThird(world: SimWorld, story: string[], destination: string | undefined): Promise<void> {
  world.addMachine('c');
  await sync(world, story, 'push c', 'a');
  await sync(world, story, `push${destination === undefined ? '' : ` -d ${destination}`} b`, 'c');
}

const names = ['vm', 'ct', 'disk', 'web', 'mail', 'db'] as const;

/** What happens on a host in the course of time, at random, without zfs-vm. */
export class History {
  readonly #host: string;
  readonly #machine: Machine;
  readonly #random: Random;
  readonly #story: string[];
  #clones = 0;
  #others = 0;

  constructor(host: string, machine: Machine, random: Random, story: string[]) {
    this.#host = host;
    this.#machine = machine;
    this.#random = random;
    this.#story = story;
  }

  /** A new dataset, with a version unless it is somebody's own. */
  begin(kind?: 'own'): void {
    const random = this.#random;
    const name = `tank/${kind ?? random.pick(names)}${random.chance(0.1) ? ' x' : ''}`;
    const type = random.chance(0.25) ? 'volume' : 'filesystem';
    const properties = random.chance(0.12)
      ? new Map([['encryption', 'aes-256-gcm']])
      : new Map<string, string>();
    this.#try(`create ${type} ${name}${properties.size > 0 ? ', encrypted' : ''}`, (pools) => {
      pools.create(name, { type, properties });
    });
    if (kind === undefined) this.#tag(name);
    else this.#snapshot(name);
    if (kind !== undefined || type === 'volume' || !random.chance(0.3)) return;
    const child = `${name}/${random.pick(['etc', 'srv'])}`;
    this.#try(`create ${child}`, (pools) => pools.create(child));
    if (random.chance(0.7)) this.#tag(name, true);
  }

  /** So many things happen as usual. */
  goOn(acts: number): void {
    for (let act = 0; act < acts; act++) this.#act();
  }

  /** So many things happen to what zfs-vm has brought. */
  meddle(acts: number): void {
    for (let act = 0; act < acts; act++) this.meddleOnce();
  }

  /** Something happens to what zfs-vm has brought, or may bring. */
  meddleOnce(): void {
    const random = this.#random;
    const name = this.#pickDataset();
    switch (random.below(8)) {
      case 0:
        this.#write(name);
        break;
      case 1:
        this.#write(name);
        this.#snapshot(name);
        break;
      case 2:
        this.#snapshot(name);
        break;
      case 3:
        this.#tag(name);
        break;
      case 4: {
        const to = `${name}-${++this.#others}`;
        this.#try(`rename ${name} to ${to}`, (pools) => {
          pools.rename(name, to);
        });
        break;
      }
      case 5:
        this.destroySnapshot(this.#pickSnapshot());
        break;
      case 6:
        this.#clone();
        break;
      default:
        this.begin(...(random.chance(0.5) ? (['own'] as const) : []));
    }
  }

  /** A version of some dataset. */
  tagSome(): void {
    this.#tag(this.#pickDataset());
  }

  /** A snapshot that nobody needs is destroyed, as pruning does. */
  pruneSome(): void {
    this.destroySnapshot(this.#pickSnapshot());
  }

  /** A snapshot gets another name. @returns the dataset that it is of, by its GUID */
  renameSome(): bigint | undefined {
    const snapshot = this.#pickSnapshot();
    if (snapshot === undefined) return undefined;
    const to = `${snapshot.fullName}-${++this.#others}`;
    this.#try(`rename ${snapshot.fullName} to ${to}`, (pools) => {
      pools.renameSnapshot(snapshot.fullName, to);
    });
    return snapshot.dataset.guid;
  }

  destroySnapshot(snapshot: Snapshot | undefined): void {
    if (snapshot === undefined) return;
    this.#try(`destroy ${snapshot.fullName}`, (pools) => {
      pools.destroySnapshots(snapshot.dataset.name, [snapshot.name]);
    });
  }

  #act(): void {
    const random = this.#random;
    const name = this.#pickDataset();
    switch (random.below(12)) {
      case 0:
        this.#clone();
        break;
      case 1:
        this.#try(`promote ${name}`, (pools) => {
          pools.promote(name);
        });
        break;
      case 2:
        this.#snapshot(name);
        break;
      case 3: {
        const snapshot = this.#pickSnapshot();
        if (snapshot === undefined) break;
        if (random.chance(0.4)) {
          const bookmark = `${snapshot.dataset.name}#${snapshot.name}`;
          this.#try(`bookmark ${bookmark}`, (pools) => {
            pools.bookmark(snapshot.fullName, bookmark);
          });
        }
        this.destroySnapshot(snapshot);
        break;
      }
      case 4:
        this.#tag(name, true);
        break;
      case 5:
        this.#write(name, 20 + random.below(30));
        this.#tag(name);
        break;
      case 6:
        this.begin();
        break;
      default:
        this.#write(name);
        this.#tag(name);
    }
  }

  #clone(): void {
    const random = this.#random;
    const origin = this.#pickSnapshot();
    if (origin === undefined) return;
    const name = `tank/clone${++this.#clones}`;
    this.#try(`clone ${origin.fullName} as ${name}`, (pools) => pools.clone(origin.fullName, name));
    if (random.chance(0.8)) this.#write(name);
    if (random.chance(0.8)) this.#tag(name);
  }

  #write(name: string, blocks = 1 + this.#random.below(3)): void {
    const places = Array.from({ length: blocks }, () => this.#random.below(60));
    this.#try(`write ${blocks} to ${name}`, (pools) => {
      pools.write(name, places);
    });
  }

  #snapshot(name: string): void {
    const snapshot = `${name}@daily-${++this.#others}`;
    this.#try(`snapshot ${snapshot}`, (pools) => {
      pools.snapshot([snapshot]);
    });
  }

  /** The next version of the streamline that a dataset has, or was cloned from, or of one of its own. */
  #tag(name: string, recursive = false): void {
    const dataset = this.#machine.pools.datasets.get(name);
    if (dataset === undefined) return;
    const own = name.slice(name.lastIndexOf('/') + 1).replace(' ', '-');
    const before = dataset.tip === undefined ? undefined : streamlineOf(dataset.tip.name);
    const streamline = before !== undefined && this.#random.chance(0.8) ? before : own;
    const versions = [...this.#machine.pools.datasets.values()]
      .flatMap(({ snapshots }) => snapshots)
      .filter((snapshot) => streamlineOf(snapshot.name) === streamline)
      .map((snapshot) => Number(snapshot.name.slice(snapshot.name.lastIndexOf(':') + 1)));
    const version = Math.max(0, ...versions) + 1;
    const snapshot = `${name}@zfs-vm:${streamline}:${version}`;
    const properties = new Map(version % 3 === 0 ? [] : [[noteProperty, `it's "$${version}"`]]);
    this.#try(`snapshot${recursive ? ' -r' : ''} ${snapshot}`, (pools) => {
      pools.snapshot([snapshot], { recursive, properties });
    });
  }

  #pickDataset(): string {
    const all = [...this.#machine.pools.datasets.keys()].filter((name) => name.includes('/'));
    return all.length === 0 ? 'tank' : this.#random.pick(all);
  }

  #pickSnapshot(): Snapshot | undefined {
    const all = [...this.#machine.pools.datasets.values()].flatMap(({ snapshots }) => snapshots);
    return all.length === 0 ? undefined : this.#random.pick(all);
  }

  /** Does something that zfs may refuse. */
  #try(what: string, work: (pools: Machine['pools']) => void): void {
    try {
      work(this.#machine.pools);
      this.#story.push(`${this.#host}: ${what}`);
    } catch (error) {
      if (!(error instanceof ZfsRefusal)) throw error;
    }
  }
}

function streamlineOf(snapshotName: string): string | undefined {
  return /^zfs-vm:(.+):[^:]+$/.exec(snapshotName)?.[1];
}
