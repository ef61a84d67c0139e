import { toCommandError } from '../../host/command-error.js';
import { ZfsVmError } from '../../base/errors.js';
import { askEach, type CallEnd } from '../../host/run-calls.js';
import type { Plan } from '../../plan/plan.js';
import { isWithin } from '../../zfs/names.js';
import type { LaneContext } from '../lanes/run-lane.js';

/** More than `zfs create` says. */
const longestOutput = 2 ** 16;

/**
 * Makes the filesystems that a plan lacks above its destinations: each once, when something below it is about to be sent. It may
 * lie below something that has to be sent before.
 */
export class ParentMaker {
  readonly #context: Pick<LaneContext, 'receiver' | 'emit' | 'signal'>;
  /** Those that nobody has tried to make yet, outermost first. */
  readonly #missing: Set<string>;
  /** Those of them that are made without encryption. */
  readonly #inClear: ReadonlySet<string>;
  readonly #failed: string[] = [];
  #making: Promise<unknown> = Promise.resolve();

  constructor({ chains }: Pick<Plan, 'chains'>, context: Pick<LaneContext, 'receiver' | 'emit' | 'signal'>) {
    this.#context = context;
    this.#missing = new Set(chains.flatMap(({ parents }) => parents));
    const inClear = chains.filter(({ parentsInClear }) => parentsInClear);
    this.#inClear = new Set(inClear.flatMap(({ parents }) => parents));
  }

  /**
   * Makes what is missing above these destinations, in one command.
   * @returns those that could not be made, with why
   * @throws ZfsVmError when the host is lost
   */
  make(destinations: readonly string[]): Promise<Map<string, ZfsVmError>> {
    const making = this.#making.then(() => this.#makeMissing(destinations));
    this.#making = making.catch(() => undefined);
    return making;
  }

  /** What could not be made above a destination, which has no place then. */
  findFailedAbove(destination: string): string | undefined {
    return this.#failed.find((parent) => isWithin(destination, parent));
  }

  async #makeMissing(destinations: readonly string[]): Promise<Map<string, ZfsVmError>> {
    const { receiver, signal } = this.#context;
    const failures = new Map<string, ZfsVmError>();
    const wanted = [...this.#missing].filter((parent) =>
      destinations.some((destination) => isWithin(destination, parent)),
    );
    for (const parent of wanted) this.#missing.delete(parent);
    const parents = wanted.map((dataset) => ({ dataset, inClear: this.#inClear.has(dataset) }));
    await askEach(receiver, 'make-parents', parents, {
      ...{ signal, limit: longestOutput },
      onEnd: (index, end) => {
        const parent = wanted[index] ?? '';
        const error = this.#findError(parent, end);
        if (error !== undefined) failures.set(parent, error);
      },
    });
    return failures;
  }

  /** Tells of a parent that was made, and finds out why one wasn't. What lies below such a one has no error of its own. */
  #findError(dataset: string, { code, output }: CallEnd): ZfsVmError | undefined {
    const { receiver, emit } = this.#context;
    const host = receiver.host.name;
    if (code === 0) emit({ kind: 'parent-created', host, dataset });
    // Another run may have made it since we looked.
    if (code === 0 || output.includes('dataset already exists')) return undefined;
    if (this.findFailedAbove(dataset) !== undefined) return undefined;
    this.#failed.push(dataset);
    return toCommandError(host, `zfs create ${dataset}`, {
      exit: { kind: 'exited', code },
      stderr: output,
    });
  }
}
