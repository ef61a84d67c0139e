import { ZfsVmError } from '../../base/errors.js';
import { localName } from '../../base/local-name.js';
import { resolveRemote } from '../../config/resolve-remote.js';
import { readInventory } from '../../inventory/read-inventory.js';
import { Hosts } from '../hosts.js';
import type { Surroundings } from '../surroundings.js';
import type { ReceiverOutcome } from '../transfer-outcome.js';
import { addResults } from '../../transfer/add-results.js';
import type { TransferResult } from '../../transfer/event.js';
import { isComplete } from './is-complete.js';
import { refuseMistakenHosts } from './mistaken-host.js';
import type { TransferOptions } from './options.js';
import type { FirstLook, PreparedTransfer, ReceiverRequest, Server } from './receiver-transfer.js';
import { attempt, FailureTeller, lookAt, withReceivers } from './receivers.js';
import { startRound } from './round.js';

/** From how many other receivers a receiver is tried to be served, before it waits for this machine. */
const mostServers = 2;

/** Refuses what can't be asked of hosts that serve each other. @throws ZfsVmError `usage` */
export function checkRelay({ rollback, replace, deletesGone, bytesPerSecond }: TransferOptions): void {
  const destroying = [
    ...(rollback ? ['--rollback'] : []),
    ...(replace ? ['--replace'] : []),
    ...(deletesGone ? ['--delete'] : []),
  ];
  if (destroying.length > 0) {
    const which = destroying.join(' and ');
    throw new ZfsVmError('usage', `--relay and ${which} exclude each other`, {
      hint: `run this with ${which} and without --relay first, and then with --relay`,
    });
  }
  if (bytesPerSecond === undefined) return;
  throw new ZfsVmError(
    'usage',
    '--relay and --bwlimit exclude each other: hosts that serve others know no limit',
    {
      hint: 'remove one of them',
    },
  );
}

/**
 * Brings receivers up to date one after another, and has each that has received everything serve the next ones by its own ssh: with every
 * round there are twice as many senders. What each of them gets, and where, is planned from this machine as in a push. Where one can't serve
 * another, a third one does, or this machine.
 * @returns what came of each, in their order
 * @throws ZfsVmError when it can't be done for any of them
 */
export async function relay(
  requests: readonly ReceiverRequest[],
  surroundings: Surroundings,
): Promise<ReceiverOutcome[]> {
  return withReceivers(requests, surroundings, async (receivers) =>
    Hosts.use(surroundings, async (hosts) => new Relay(lookAt(receivers), hosts, surroundings).run()),
  );
}

/** A receiver that is still to be served. */
interface Job {
  readonly look: FirstLook;
  /** The other receivers that could not serve it. */
  readonly failed: ReadonlySet<string>;
  /** What has come of that so far. */
  readonly before: TransferResult | undefined;
}

/** Who sends: another receiver, or this machine. */
type Source = Server | 'this machine';

class Relay {
  readonly #looks: readonly FirstLook[];
  readonly #hosts: Hosts;
  readonly #surroundings: Surroundings;
  readonly #failures: FailureTeller;
  readonly #outcomes = new Map<string, ReceiverOutcome>();
  /** Who has been looked at, and waits for a source. */
  readonly #waiting: Job[] = [];
  readonly #idle: Source[] = ['this machine'];
  /** What is under way. */
  #busy = 0;
  /** What ends all of it. */
  #fault: { readonly error: unknown } | undefined;
  #wake: () => void = () => undefined;

  /** @param hosts those that serve */
  constructor(looks: readonly FirstLook[], hosts: Hosts, surroundings: Surroundings) {
    this.#looks = looks;
    this.#hosts = hosts;
    this.#surroundings = surroundings;
    this.#failures = new FailureTeller(looks.length, surroundings);
  }

  async run(): Promise<ReceiverOutcome[]> {
    const first = await Promise.any(this.#looks.map(({ prepared }) => prepared)).catch(() => undefined);
    if (first !== undefined) await refuseMistakenHosts(this.#looks, first.plan, this.#surroundings.config);
    for (const look of this.#looks) {
      this.#begin(this.#admit({ look, failed: new Set(), before: undefined }));
    }
    for (;;) {
      const changed = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      if (this.#fault === undefined) this.#assign();
      if (this.#busy === 0) break;
      await changed;
    }
    if (this.#fault !== undefined) throw this.#fault.error;
    const { signal } = this.#surroundings;
    const outcomes = this.#looks.flatMap(({ receiver }) => this.#outcomes.get(receiver.name) ?? []);
    if (signal.aborted && outcomes.some(({ error }) => error !== undefined)) {
      throw outcomes.find(({ error }) => error?.kind === 'interrupted')?.error ?? signal.reason;
    }
    this.#failures.tellAll(outcomes);
    return outcomes;
  }

  /** Waits until a receiver is looked at. One that lacks nothing, or can't be looked at, takes nobody's time. */
  async #admit(job: Job): Promise<void> {
    const prepared = await job.look.prepared.catch(() => undefined);
    if (prepared === undefined || prepared.plan.chains.length === 0) await this.#push(job);
    else this.#waiting.push(job);
  }

  /** Gives each idle source somebody to serve. */
  #assign(): void {
    // This machine comes last: it is the one whose uplink is short.
    const isOther = (source: Source): boolean => source !== 'this machine';
    const [others, rest] = [this.#idle.filter(isOther), this.#idle.filter((source) => !isOther(source))];
    for (const source of [...others, ...rest]) {
      const index = this.#waiting.findIndex((job) => this.#mayServe(source, job));
      const [job] = index < 0 ? [] : this.#waiting.splice(index, 1);
      if (job === undefined) continue;
      this.#idle.splice(this.#idle.indexOf(source), 1);
      this.#begin(this.#serve(source, job));
    }
  }

  #mayServe(source: Source, { look, failed }: Job): boolean {
    if (source === 'this machine') return true;
    const { name } = look.receiver;
    if (name === localName || this.#isLimited(name)) return false;
    return failed.size < mostServers && !failed.has(source.name);
  }

  /** Has a source serve a receiver; it is free for others afterwards, unless it failed: it would be free first, and fail them all. */
  async #serve(source: Source, job: Job): Promise<void> {
    if (source === 'this machine') await this.#push(job);
    else if (!(await this.#pushFrom(source, job))) return;
    this.#idle.push(source);
  }

  /** Serves a receiver from this machine, with all attempts. */
  async #push({ look, before }: Job): Promise<void> {
    const outcome = await attempt(look, undefined, this.#surroundings);
    const { ending } = outcome;
    if (before === undefined || ending === undefined) this.#conclude(outcome);
    else this.#conclude({ ...outcome, ending: { ...ending, result: addResults(before, ending.result) } });
  }

  /**
   * Serves a receiver from another one, once; it goes back to those who wait where that didn't bring everything.
   * @returns whether the other one did nothing wrong
   */
  async #pushFrom(server: Server, { look, failed, before }: Job): Promise<boolean> {
    const { receiver } = look;
    const next: Job = { look, failed: new Set([...failed, server.name]), before };
    let sum = before;
    try {
      const prepared = await receiver.serveFrom(await look.prepared, server);
      if (prepared === undefined) {
        this.#waiting.push(next);
        return true;
      }
      receiver.emit({ kind: 'served', by: server.name });
      const result = await this.#run(prepared);
      sum = before === undefined ? result : addResults(before, result);
      const [error] = result.errors;
      if (error !== undefined) throw error;
      const { plan } = prepared;
      receiver.tellEnd(plan, sum);
      await receiver.close();
      this.#conclude({ receiver: receiver.name, ending: { plan, result: sum }, error: undefined });
      return true;
    } catch (error) {
      if (!(error instanceof ZfsVmError)) throw error;
      if (this.#surroundings.signal.aborted) {
        this.#conclude({ receiver: receiver.name, ending: undefined, error });
        return false;
      }
      receiver.emit({ kind: 'not-served', by: server.name, error });
      this.#begin(this.#admit({ ...next, look: { ...look, prepared: receiver.prepare() }, before: sum }));
      return false;
    }
  }

  async #run({ work }: PreparedTransfer): Promise<TransferResult> {
    const alone = new Map([[work.receiver, work]]);
    // Bookmarks are for the host where the versions are made.
    const options = { bookmark: false, wantsSizes: false, lagMs: 0 };
    const { resultOf } = await startRound(alone, options, this.#surroundings);
    return resultOf(work.receiver);
  }

  /** Notes what came of a receiver, and has one that has everything serve others. */
  #conclude(outcome: ReceiverOutcome): void {
    const { receiver } = outcome;
    this.#outcomes.set(receiver, outcome);
    this.#failures.tell(outcome);
    if (isComplete(outcome) && this.#canServe(receiver)) this.#begin(this.#recruit(receiver));
  }

  #canServe(name: string): boolean {
    const { mayRelay } = resolveRemote(this.#surroundings.config, name);
    const isWanted = this.#outcomes.size < this.#looks.length;
    return isWanted && name !== localName && mayRelay && !this.#isLimited(name);
  }

  /** Adds a receiver to those that serve. It has all that it was to get: where it can't be read now, others serve the rest. */
  async #recruit(name: string): Promise<void> {
    try {
      const endpoint = await this.#hosts.open(name);
      const { signal } = this.#surroundings;
      const inventory = await readInventory(endpoint, { scope: 'all', signal });
      this.#idle.push({ name, endpoint, inventory });
    } catch (error) {
      if (!(error instanceof ZfsVmError)) throw error;
    }
  }

  /** Whether no more than so many bytes a second may go there or come from there. */
  #isLimited(name: string): boolean {
    return resolveRemote(this.#surroundings.config, name).bytesPerSecond !== undefined;
  }

  /** Counts something as under way until it ends. */
  #begin(work: Promise<void>): void {
    this.#busy++;
    void work
      .catch((error: unknown) => {
        this.#fault ??= { error };
      })
      .finally(() => {
        this.#busy--;
        this.#wake();
      });
  }
}
