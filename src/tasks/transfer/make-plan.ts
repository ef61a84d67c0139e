import type { Inventory } from '../../inventory/inventory.js';
import { readHeld, readSetPropertiesOf } from '../../inventory/read-about.js';
import { findLeftAside } from '../../plan/aside.js';
import { findToBeDestroyed } from '../../plan/gone-on.js';
import { findPassed, type FoundPassed, type PassedVersions } from '../../plan/passed.js';
import type { Plan } from '../../plan/plan.js';
import { planTransfer } from '../../plan/plan-transfer.js';
import { isConclusive } from '../../probe/questions/is-conclusive.js';
import { isSameMachine, seemsSameMachine } from '../../plan/same-machine.js';
import { findSources } from '../../plan/sources.js';
import { findUnmarked } from '../../plan/unmarked.js';
import { fullNameOf, type Datasets } from '../../streamline/dataset.js';
import type { Property } from '../../zfs/properties.js';
import {
  checkCopyDestination,
  checkCopyPlace,
  checkPatterns,
  checkPool,
  splitAtDestination,
} from '../check-request.js';
import { findDeletes } from './find-deletes.js';
import type { KnownPools } from '../../inventory/known-pools.js';
import type { TransferOptions } from './options.js';
import type { Inventories } from '../../probe/read-sides.js';
import { resolveDoubts, type ResolvedDoubts } from '../../probe/resolve-doubts.js';
import type { Sides } from './sides.js';

/** A plan for a receiver, and what else was found for it. */
export interface MadePlan {
  readonly plan: Plan;
  /** The sender's snapshots that want a bookmark, though nothing is sent from or to them, by their full names. */
  readonly unmarked: readonly string[];
  /** What the receiver lacks for good. */
  readonly passed: PassedVersions;
  /** What earlier runs moved aside for what the plan brings, by its destination. */
  readonly leftAside: ReadonlyMap<string, string>;
}

/** What a plan is made from. */
export interface PlanQuestion {
  readonly options: TransferOptions;
  /** Where new datasets go; undefined when they keep their names. */
  readonly destination: string | undefined;
  /** What people call the receiver. */
  readonly receiverName: string;
  /** At the end of the names of what is moved aside. */
  readonly stamp: string;
  readonly sides: Sides;
  /** What both sides hold, as far as it was read. */
  readonly inventories: Inventories;
  /** The pools that the run has worked with so far. */
  readonly pools: KnownPools;
  readonly signal: AbortSignal;
}

/**
 * Plans a transfer to a receiver from what was read of both sides, and asks for more where a plan rests on what isn't known yet.
 * @throws ZfsVmError `usage` when what is asked for can't be, `connection` when a host or one of its pools is gone
 */
export async function makePlan(question: PlanQuestion): Promise<MadePlan> {
  return new PlanMaker(question).make();
}

class PlanMaker {
  readonly #question: PlanQuestion;
  /** The receiver's datasets, with all their snapshots once `#isWhole`. */
  #receiver: Datasets;
  #isWhole: boolean;
  /** Whether both sides are one machine. */
  #isCopy = false;
  #known: ResolvedDoubts;
  #carried: ReadonlyMap<string, readonly Property[]> = new Map();

  constructor(question: PlanQuestion) {
    const { sender, receiver, quickLook } = question.inventories;
    this.#question = question;
    this.#receiver = receiver.datasets;
    this.#isWhole = quickLook === undefined;
    this.#known = { sender: sender.datasets, reencrypted: new Set() };
  }

  async make(): Promise<MadePlan> {
    const { options, sides, inventories, signal } = this.#question;
    this.#check();
    this.#carried = await this.#readCarried(inventories.sender);
    await this.#findWhetherCopy();
    let plan = await this.#plan();
    const datasets = { ...this.#datasets, wholeSender: this.#known.sender };
    const resolved = await resolveDoubts(plan, datasets, sides, signal);
    if (resolved !== undefined) {
      this.#known = resolved;
      plan = await this.#plan();
    }
    this.#notePools(plan);
    const unmarked = findUnmarked(plan, this.#datasets.sender).map(fullNameOf);
    const passed = await this.#findPassed(plan);
    const found = { unmarked, passed, leftAside: findLeftAside(plan, this.#datasets) };
    if (!options.deletesGone) return { plan, ...found };
    return { plan: { ...plan, deletes: await this.#findDeletes(plan) }, ...found };
  }

  /** @throws ZfsVmError when a pool is gone, or the destination can't be */
  #check(): void {
    const { inventories, sides, pools, destination, receiverName } = this.#question;
    const { sender, receiver } = inventories;
    pools.check(sides.sender.host.name, sender.datasets.keys());
    pools.check(sides.receiver.host.name, receiver.datasets.keys());
    checkPool(destination, receiverName, receiver.datasets);
  }

  /** The properties that are to be carried; of what was chosen alone where not all could be read: what others have stops nothing. */
  async #readCarried(inventory: Inventory): Promise<ReadonlyMap<string, readonly Property[]>> {
    const { options, sides, signal } = this.#question;
    if (!inventory.lacksProperties) return inventory.properties;
    const names = findSources(inventory.datasets, options.choice).map(({ dataset }) => dataset.name);
    return readSetPropertiesOf(sides.sender, names, options.properties.carry, signal);
  }

  /** Finds whether both sides are one machine, also where it was reached under two names. @throws ZfsVmError `usage` where it needs a place */
  async #findWhetherCopy(): Promise<void> {
    const { sides, inventories, destination, receiverName } = this.#question;
    const { datasets } = inventories.sender;
    if (!this.#isWhole && seemsSameMachine(datasets, this.#receiver)) await this.#readRest();
    this.#isCopy = sides.sender === sides.receiver || isSameMachine(datasets, this.#receiver);
    if (this.#isCopy) checkCopyDestination(destination, [sides.sender.host.name, receiverName]);
  }

  async #readRest(): Promise<void> {
    const { quickLook } = this.#question.inventories;
    if (quickLook === undefined) return;
    this.#receiver = (await quickLook.readRest()).datasets;
    this.#isWhole = true;
  }

  /** What is planned with: of one machine, what lies at the destination is the receiver, and the rest the sender. */
  get #datasets(): { readonly sender: Datasets; readonly receiver: Datasets } {
    const { destination } = this.#question;
    const { sender } = this.#known;
    return this.#isCopy && destination !== undefined
      ? splitAtDestination(sender, this.#receiver, destination)
      : { sender, receiver: this.#receiver };
  }

  /** Plans, and reads all of the receiver first where what was looked at quickly isn't enough. */
  async #plan(): Promise<Plan> {
    const { quickLook } = this.#question.inventories;
    const plan = this.#planOnce();
    if (quickLook === undefined || this.#isWhole || isConclusive(plan, quickLook)) {
      return this.#planWithHolds(plan);
    }
    await this.#readRest();
    return this.#planOnce();
  }

  #planOnce(held?: ReadonlySet<string>): Plan {
    const { options, destination, stamp, sides } = this.#question;
    const { choice, rollback, replace, setAside, deletesGone } = options;
    const datasets = this.#datasets;
    if (this.#isCopy) checkCopyPlace(datasets);
    checkPatterns(choice, sides.sender.host.name, datasets.sender, { mayBePruned: deletesGone });
    return planTransfer({
      ...{ ...datasets, choice, destination, rollback, replace, setAside, stamp, held },
      reencrypted: this.#known.reencrypted,
      properties: { ...options.properties, carried: this.#carried },
    });
  }

  /** The same plan, or one that knows that something is held which it would destroy: that is asked only where it would. */
  async #planWithHolds(plan: Plan): Promise<Plan> {
    const { sides, signal } = this.#question;
    const asked = new Set<string>();
    const held = new Set<string>();
    for (let current = plan; ; current = this.#planOnce(held)) {
      const names = findToBeDestroyed(current).filter((name) => !asked.has(name));
      const found = await readHeld(sides.receiver, names, signal);
      if (found.size === 0) return current;
      for (const name of names) asked.add(name);
      for (const name of found) held.add(name);
    }
  }

  /** Notes the pools that the plan works with: the next attempt needs them. */
  #notePools({ chains, upToDate }: Plan): void {
    const { sides, pools } = this.#question;
    for (const { source, destination } of [...chains, ...upToDate]) {
      pools.note(sides.sender.host.name, [source]);
      pools.note(sides.receiver.host.name, [destination]);
    }
  }

  /** What the receiver lacks for good. Whoever asks for the latest only hears what that passes by, which is known where something is sent. */
  async #findPassed(plan: Plan): Promise<PassedVersions> {
    const { options, inventories } = this.#question;
    const { choice } = options;
    const find = (): FoundPassed =>
      findPassed({ ...this.#datasets, choice, knowsReceiver: this.#isWhole }, plan);
    let found = find();
    if (!found.isSure && !this.#isWhole) {
      await this.#readRest();
      found = find();
    }
    const knowsAll = inventories.knowsAll || this.#isWhole;
    return {
      versions: knowsAll || choice.latest ? found.versions : [],
      ...{ knowsAll, isLatest: choice.latest },
    };
  }

  async #findDeletes(plan: Plan): Promise<NonNullable<Plan['deletes']>> {
    const { options, sides, signal } = this.#question;
    const { patterns = [] } = options.choice;
    return findDeletes({ ...this.#datasets, plan, patterns }, sides.receiver, signal);
  }
}
