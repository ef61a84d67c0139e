import type { Endpoint } from '../host/endpoint.js';
import { buildInventory, type Inventory } from '../inventory/inventory.js';
import { readNamedSnapshots, readSnapshotsOf } from '../inventory/read-about.js';
import { readDatasets, type DatasetList } from '../inventory/read-inventory.js';
import type { Source } from '../plan/sources.js';
import { fullNameOf } from '../streamline/dataset.js';
import type { DatasetRow, SnapshotRow } from '../zfs/list.js';
import { ancestorsOf } from '../zfs/names.js';
import {
  asksForAll,
  namesOfEarlier,
  namesOfFollowing,
  namesOfNewest,
  namesToAskFor,
} from './questions/names-to-ask.js';
import { findOpenQuestions } from './questions/open-questions.js';
import { findOutOfStep } from '../requests/out-of-step.js';
import { findDiffering } from './questions/find-differing.js';
import { findLikelyProbes, findProbes, nameReceiver, type Probe } from './questions/probes.js';
import { readHowFar, type HowFarQuestion, type OutOfStepList } from './read-how-far.js';
import type { Inquiry } from './reading-event.js';

/** What a receiver has told. */
export interface ProbedReceiver {
  /** What it holds, as far as that matters; undefined where only all of its snapshots can tell. */
  readonly inventory: Inventory | undefined;
  /** Its datasets, where all of them were listed. */
  readonly datasets: DatasetList | undefined;
  /** What it was asked about. */
  readonly probes: readonly Probe[];
  /** Whether all versions that are to be sent were asked for, and not only those that tell how far it is. */
  readonly knowsAll: boolean;
}

/** How a receiver is asked. */
export interface ProbeOptions {
  readonly endpoint: Endpoint;
  /** What is to be sent. */
  readonly sources: Promise<readonly Source[]>;
  /** Full names of snapshots that will most likely be asked for when that is known. */
  readonly expected: readonly string[];
  /** The receiver's dataset that new ones go under; undefined when they keep their names. */
  readonly destination: string | undefined;
  readonly signal: AbortSignal;
  /** Told of each question before it is asked. */
  readonly onQuestion: (what: Inquiry) => void;
}

/**
 * Asks a receiver no more than tells how far it is: by their names, for the newest versions where they are expected, and in the same
 * command, of the datasets that differ, what they end with. Only where one is missing are all datasets listed, and those
 * asked for as well whose role says that they are copies, or that have the same last part of their name. Snapshots are listed only of datasets that end with something foreign.
 * @throws ZfsVmError when zfs can't be run there, or its answer can't be understood
 */
export async function probeReceiver(options: ProbeOptions): Promise<ProbedReceiver> {
  return new ReceiverProbe(options).run();
}

class ReceiverProbe {
  readonly #options: ProbeOptions;
  /** The full names that were asked for. */
  readonly #asked = new Set<string>();
  /** The snapshots that are there, by full name. */
  readonly #found = new Map<string, SnapshotRow>();

  constructor(options: ProbeOptions) {
    this.#options = options;
  }

  async run(): Promise<ProbedReceiver> {
    const { endpoint, sources, destination, expected, signal, onQuestion } = this.#options;
    const finding = sources.then((known) => findLikelyProbes(known, destination));
    const names = expected.length > 0 ? expected : namesToAskFor(await finding);
    const outOfStep = names.length === 0 ? undefined : await this.#askHowFar(names, finding);
    const probes = await finding;
    if (outOfStep?.isWhole === true) return this.#lookEverywhere(outOfStep);
    if (probes.length === 0) {
      onQuestion({ kind: 'datasets' });
      return this.#lookEverywhere(await readDatasets(endpoint, signal));
    }
    const list = outOfStep ?? { rows: [], tokens: new Map() };
    const inventory = await this.#complete(probes, findDiffering(probes, this.#guids), list);
    return { inventory, datasets: undefined, probes, knowsAll: asksForAll(probes) };
  }

  /** Asks for names at once, and for what else there is to know when it is known. @returns the datasets that aren't in step */
  async #askHowFar(
    expected: readonly string[],
    finding: Promise<readonly Probe[]>,
  ): Promise<OutOfStepList | undefined> {
    const { endpoint, signal, onQuestion } = this.#options;
    onQuestion({ kind: 'how-far', named: expected.length });
    for (const name of expected) this.#asked.add(name);
    const asking = finding.then((probes): HowFarQuestion => {
      const late = namesToAskFor(probes).filter((name) => !this.#asked.has(name));
      if (late.length > 0) onQuestion({ kind: 'named', count: late.length });
      for (const name of late) this.#asked.add(name);
      const [newest, following] = [namesOfNewest(probes), namesOfFollowing(probes)];
      const earlier = namesOfEarlier(probes).filter((name) => !this.#asked.has(name));
      return { late, newest, following, earlier };
    });
    const { found, outOfStep } = await readHowFar(endpoint, expected, asking, signal);
    this.#keep(found);
    if (outOfStep?.isWhole === true) return outOfStep;
    for (const name of findOutOfStep(await asking, this.#guids).earlier) this.#asked.add(name);
    return outOfStep;
  }

  /** Looks wherever a copy may be, going by roles and names, when not all are where they were expected. */
  async #lookEverywhere(datasets: DatasetList): Promise<ProbedReceiver> {
    const { sources, destination } = this.#options;
    const probes = findProbes(await sources, nameReceiver(datasets.rows), destination);
    if (probes === undefined) return { inventory: undefined, datasets, probes: [], knowsAll: false };
    const differing = new Set(findDiffering(probes, this.#guids));
    const newest = datasets.rows.filter(({ name }) => differing.has(name)).flatMap(newestSnapshotIn);
    await this.#askFor([...namesToAskFor(probes), ...newest]);
    const inventory = await this.#complete(probes, findDiffering(probes, this.#guids), datasets);
    return { inventory, datasets, probes, knowsAll: asksForAll(probes) };
  }

  /** Asks what is still open about datasets that differ. @param list what these and maybe others are */
  async #complete(
    probes: readonly Probe[],
    differing: readonly string[],
    list: DatasetList,
  ): Promise<Inventory> {
    const places = new Set(differing);
    const newest = list.rows
      .filter(({ name }) => places.has(name))
      .flatMap(newestSnapshotIn)
      .flatMap((name) => this.#found.get(name) ?? []);
    const open = findOpenQuestions(probes, new Map(newest.map((row) => [row.dataset, row])), this.#asked);
    await Promise.all([this.#askFor(open.names), this.#listSnapshotsOf(open.datasets)]);
    return this.#build(list);
  }

  async #askFor(names: readonly string[]): Promise<void> {
    const { endpoint, signal, onQuestion } = this.#options;
    const unasked = [...new Set(names)].filter((name) => !this.#asked.has(name));
    if (unasked.length === 0) return;
    for (const name of unasked) this.#asked.add(name);
    onQuestion({ kind: 'named', count: unasked.length });
    this.#keep(await readNamedSnapshots(endpoint, unasked, signal));
  }

  async #listSnapshotsOf(datasets: readonly string[]): Promise<void> {
    const { endpoint, signal, onQuestion } = this.#options;
    if (datasets.length === 0) return;
    onQuestion({ kind: 'snapshots-of', count: datasets.length });
    this.#keep(await readSnapshotsOf(endpoint, datasets, signal));
  }

  #keep(rows: readonly SnapshotRow[]): void {
    for (const row of rows) this.#found.set(fullNameOf(row), row);
  }

  get #guids(): ReadonlyMap<string, bigint> {
    return new Map([...this.#found].map(([name, { guid }]) => [name, guid]));
  }

  /** Of datasets that weren't listed, nothing is known but that they are there. */
  #build({ rows, tokens }: DatasetList): Inventory {
    const found = [...this.#found.values()];
    const places = [...found.map(({ dataset }) => dataset), ...rows.map(({ name }) => name)];
    const names = new Set(places.flatMap((name) => [...ancestorsOf(name), name]));
    const unlisted = [...names].map((name): DatasetRow => ({ ...nothingKnown, name }));
    return buildInventory([...unlisted, ...rows], found, tokens);
  }
}

const nothingKnown: Omit<DatasetRow, 'name'> = {
  ...{ type: 'filesystem', origin: undefined, encrypted: false, writtenBytes: 0, madeAtSeconds: 0 },
  ...{ newestSnapshot: undefined, resumeToken: undefined },
  ...{ guid: undefined, encryptionRoot: undefined, keyStatus: undefined, role: undefined },
  isGround: false,
};

/** The full name of a dataset's newest snapshot; none when it has none. */
function newestSnapshotIn({ name, newestSnapshot }: DatasetRow): string[] {
  return newestSnapshot === undefined ? [] : [`${name}@${newestSnapshot}`];
}
