import { History } from './history.js';
import { copyByHand, meddle } from './meddling.js';
import type { Machine } from './machine.js';
import { Provenance } from './provenance.js';
import type { Random } from './random.js';
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
  /** What the receiver's copies go below, as a rule. */
  readonly destination: string | undefined;
  /** Which dataset was received from which. */
  readonly provenance: Provenance;
  /** What happens on each of them without zfs-vm. */
  readonly sending: History;
  readonly receiving: History;
  /** What was done to make it, a line each. */
  readonly story: string[];
}

/** The pools that hosts may have beside `tank`. */
const otherPools = { a: ['fast', 'deep'], b: ['backup', 'cold'] } as const;

/**
 * Makes the world of a seed: a sender with a history, and a receiver that has none, some or all of it, and things of its own.
 * @param story gets a line for each thing that is done
 */
export async function makeScene(seed: number, story: string[] = []): Promise<Scene> {
  const world = new SimWorld(seed);
  const random = world.random.fork();
  const version = (): '2.1' | '2.3' => random.pick(['2.1', '2.3', '2.3']);
  const pools = (name: 'a' | 'b'): string[] => ['tank', ...otherPools[name].slice(0, random.below(3))];
  const [sender, receiver] = [
    world.addMachine('a', { version: version(), pools: pools('a') }),
    world.addMachine('b', { version: version(), pools: pools('b') }),
  ];
  const sending = new History('a', sender, random, story);
  const receiving = new History('b', receiver, random, story);
  const destination = pickDestination(random, receiving);
  const provenance = new Provenance();
  const scene = { world, sender, receiver, random, destination, provenance, sending, receiving, story };
  for (let datasets = 1 + random.below(3); datasets > 0; datasets--) sending.begin();
  if (random.chance(0.3)) receiving.begin('own');
  sending.goOn(random.below(10));
  if (random.chance(0.65)) {
    if (random.chance(0.15)) await syncByThird(scene);
    else await runQuietly(scene, 'a', pickSync(random, destination));
    await passTime(scene);
  } else if (random.chance(0.15)) {
    receiving.begin();
  }
  return scene;
}

/** Where copies go: mostly where they have the names of the sender; else below a place, on any pool. */
function pickDestination(random: Random, receiving: History): string | undefined {
  if (!random.chance(0.35)) return undefined;
  if (random.chance(0.25)) return makeEncryptedPlace(random, receiving);
  return random.chance(0.5) ? 'tank/x' : `${random.pick(receiving.pools)}/x`;
}

/** Everything below is encrypted there with one key, which may not be loaded. */
function makeEncryptedPlace(random: Random, { machine, pools }: History): string {
  const place = `${random.pick(pools)}/safe`;
  const dataset = machine.pools.create(place, { properties: new Map([['encryption', 'aes-256-gcm']]) });
  dataset.isKeyLoaded = random.chance(0.5);
  return place;
}

function pickSync(random: Random, destination: string | undefined): string {
  return `push${placeWords(destination)}${random.pick(['', '', '', ' --latest', ' --no-bookmark', ' --all-snapshots'])} b`;
}

function placeWords(destination: string | undefined): string {
  return destination === undefined ? '' : ` -d ${destination}`;
}

/** What happens between two commands: the sender goes on, and people do this and that on both sides. */
export async function passTime(scene: Scene): Promise<void> {
  const { world, random, sending, receiving } = scene;
  await world.clock.sleep(1000 * (1 + random.below(7200)));
  sending.goOn(random.below(7));
  if (random.chance(0.35)) for (let deeds = 1 + random.below(3); deeds > 0; deeds--) meddle(receiving);
  if (random.chance(0.2)) for (let deeds = 1 + random.below(2); deeds > 0; deeds--) meddle(sending);
  await world.clock.sleep(2000);
  if (random.chance(0.25)) await random.pick(byTheWay)(scene);
}

/** Commands of other moments, and of other hosts, that have to do with the same images. */
const byTheWay: readonly ((scene: Scene) => Promise<void>)[] = [
  (scene) => backUpLocally(scene, 'a'),
  (scene) => backUpLocally(scene, 'b'),
  (scene) => pruneSide(scene, 'a'),
  (scene) => pruneSide(scene, 'b'),
  (scene) => runQuietly(scene, 'a', 'sync --keep-last 2 b'),
  syncByThird,
  bringArchive,
];

/** A copy on the same machine: `push -d PLACE local`. */
function backUpLocally(scene: Scene, host: 'a' | 'b'): Promise<void> {
  const history = host === 'a' ? scene.sending : scene.receiving;
  const place = `${scene.random.pick(history.pools)}/${scene.random.pick(['local', 'local', 'second'])}`;
  return runQuietly(scene, host, `push -d ${place} local`);
}

function pruneSide(scene: Scene, host: 'a' | 'b'): Promise<void> {
  return runQuietly(scene, host, `prune --keep-last ${1 + scene.random.below(2)} --yes`);
}

/** The receiver gets copies from a third host, which has got them from the sender. */
async function syncByThird(scene: Scene): Promise<void> {
  const { world, destination } = scene;
  if (!world.hasMachine('c')) world.addMachine('c', { pools: ['tank', 'fast', 'deep'] });
  await runQuietly(scene, 'a', 'push c');
  await runQuietly(scene, 'c', `push${placeWords(destination)} b`);
}

/** Somebody brings an image of the sender to the receiver by hand, for keeps: the same snapshots, and no copy of ours. */
async function bringArchive(scene: Scene): Promise<void> {
  const { random, sending, receiving, receiver, story } = scene;
  const snapshot = sending.pickSnapshot();
  if (snapshot === undefined) return;
  const place = `${random.pick(receiving.pools)}/old${receiving.nextNumber()}`;
  try {
    copyByHand(snapshot.dataset, snapshot.createtxg, receiver.pools, place, random.chance(0.4));
    story.push(`b: receive ${snapshot.fullName} as ${place}, by hand`);
  } catch (error) {
    if (!(error instanceof ZfsRefusal)) throw error;
  }
  return Promise.resolve();
}

/** Runs a command that nothing disturbs, and looks at nothing but whether each dataset got what is its own. */
async function runQuietly(scene: Scene, host: string, words: string): Promise<void> {
  const { world, provenance, story } = scene;
  const finish = provenance.watch(world, host, words);
  const { status, stdout, stderr } = await world.run(host, words);
  story.push(`${host}$ zfs-vm ${words}\nit ends with ${status}:\n${stdout}${stderr}`);
  finish();
}
