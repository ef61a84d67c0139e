import { exitCodeOf, worstExitCode, ZfsVmError } from '../base/errors.js';
import type { Endpoint } from '../host/endpoint.js';
import { planFanOut } from '../plan/fan-out.js';
import { chooseColors } from '../report/terminal/colors.js';
import { describeSharing } from '../report/plan/describe-plan.js';
import { formatError } from '../report/error-text.js';
import { formatHostSummaryAsJson, formatHostTable, type HostOutcome } from '../report/run/host-summary.js';
import { JsonReport } from '../report/run/json-report.js';
import { formatPlansAsJson } from '../report/plan/plan-json.js';
import { prefixScreen, type Screen } from '../report/terminal/screen.js';
import { estimateSizes } from '../transfer/around/estimate-sizes.js';
import type { TransferEvent } from '../transfer/event.js';
import { writeAll } from '../base/write-all.js';
import { carryOut, describeWay, listShared } from './carry-out.js';
import { Departure } from './departure.js';
import { Hosts, localName } from './hosts.js';
import type { SenderReading } from '../probe/read-sides.js';
import { routeTo } from './route.js';
import type { TransferCommand } from './transfer-command.js';
import { formatPlan, openCommandScreen, openTextReport, type Report } from './transfer-report.js';
import {
  readOptions,
  statusOfPlan,
  TransferRun,
  type Company,
  type Opening,
  type Options,
  type Prepared,
} from './transfer.js';

/**
 * Brings several hosts up to date with this one: a transfer to each, all at once, with the sender read once and what they share sent
 * to all. Whatever becomes of one, the others go on.
 * @param names of the hosts, each once
 * @param lagMs for how long hosts may wait for a slower one, in all
 * @returns the worst of their exit statuses
 * @throws ZfsVmError when it can't be done for any of them
 */
export async function transferToMany(
  command: TransferCommand,
  names: readonly string[],
  lagMs: number,
): Promise<number> {
  const config = await command.readConfig();
  const common = readOptions(command, { destination: command.destination, bytesPerSecond: undefined });
  const optionsFor = (name: string): Options => {
    const route = routeTo(config, name, command.destination);
    // A limit of the command line is one for all hosts together.
    const { settings, ...own } = readOptions(command, route);
    return { ...own, settings: common.settings.rateLimit === undefined ? settings : common.settings };
  };
  return Hosts.use(command, (hosts) => {
    const many = new ManyTransfers(command, names, {
      optionsFor,
      stallMs: common.settings.stallMs,
      lagMs,
      hosts,
    });
    return command.isPlanOnly ? many.showPlans() : many.send();
  });
}

/** What goes for transfers to several hosts. */
interface ManyOptions {
  readonly optionsFor: (name: string) => Options;
  /** After this time in which nothing moves, a stream is given up; 0 for never. */
  readonly stallMs: number;
  /** For how long hosts may wait for a slower one, in all. */
  readonly lagMs: number;
  readonly hosts: Hosts;
}

class ManyTransfers {
  readonly #command: TransferCommand;
  readonly #names: readonly string[];
  readonly #optionsFor: (name: string) => Options;
  readonly #sender: Promise<Endpoint>;
  readonly #departure: Departure;
  readonly #screen: Screen;
  /** The hosts whose nearly-tags have been told. */
  readonly #told = new Set<string>();
  readonly #toldErrors = new Set<ZfsVmError>();
  #reading: SenderReading | undefined;
  /** The hosts that have been connected to, by name. */
  readonly #opened = new Set<string>();

  constructor(
    command: TransferCommand,
    names: readonly string[],
    { optionsFor, stallMs, lagMs, hosts }: ManyOptions,
  ) {
    this.#command = command;
    this.#names = names;
    this.#optionsFor = optionsFor;
    this.#sender = Promise.resolve(hosts.openLocal());
    this.#screen = openCommandScreen(command);
    const { surroundings, signal } = command.context;
    const { handle: emit } = this.#openCommonReport();
    // Those who wait for others are not to look as if they had stalled.
    const patienceMs = stallMs === 0 ? lagMs : Math.min(lagMs, stallMs / 2);
    // Everything that would be destroyed is shown before anything is done.
    const mayLose = command.rollback || command.replace || command.delete;
    this.#departure = new Departure({
      ...{ count: names.length, waitMs: mayLose ? undefined : patienceMs },
      ...{ clock: surroundings.clock, signal },
      carryOut: (works) => carryOut(works, { command, hosts, emit, lagMs: patienceMs }),
    });
  }

  async send(): Promise<number> {
    const { stdout, env, signal } = this.#command.context;
    const outcomes = await settleAll(this.#names.map((name) => this.#transfer(name)));
    if (signal.aborted) throw outcomes.find(({ error }) => error !== undefined)?.error ?? signal.reason;
    await this.#departure.end();
    this.#tellErrors(outcomes);
    stdout.write(
      this.#command.json
        ? formatHostSummaryAsJson(outcomes)
        : formatHostTable(outcomes, chooseColors(stdout, env)),
    );
    return worstExitCode(outcomes.map(({ status }) => status));
  }

  /** Prints the plan for each host, and what they share. */
  async showPlans(): Promise<number> {
    const command = this.#command;
    const { stdout, signal } = command.context;
    const planned = new Map<string, Prepared>();
    const outcomes = await settleAll(
      this.#names.map((name) => {
        const plan = async (run: TransferRun): Promise<number> => {
          const prepared = await run.prepare();
          planned.set(name, prepared);
          return statusOfPlan(prepared.plan);
        };
        return this.#attempt(name, plan, this.#makeCompany(name, this.#openReport(name)));
      }),
    );
    signal.throwIfAborted();
    this.#tellErrors(outcomes);
    const inOrder = this.#names.flatMap((name) => planned.get(name) ?? []);
    const chains = inOrder.flatMap(({ plan }) => plan.chains);
    const sizes = await estimateSizes(await this.#sender, { chains }, signal);
    signal.throwIfAborted();
    const plans = inOrder.map(({ plan, sides, compress }) => ({ plan, sizes, ...sides, compress }));
    const shared = listShared(
      planFanOut(inOrder.map(({ plan, compress }) => ({ plan, way: describeWay({ compress }) }))),
      inOrder.map(({ sides }) => sides.receiver.host.name),
    );
    const sharing = command.commands ? [] : describeSharing(shared).map((line) => `${line}\n`);
    const texts = [...plans.map((plan) => formatPlan(command, plan)), sharing];
    await writeAll(stdout, command.json ? formatPlansAsJson(plans, shared) : joinTexts(texts), signal);
    return worstExitCode(outcomes.map(({ status }) => status));
  }

  /** Brings one host up to date, together with the others as far as it goes. */
  async #transfer(name: string): Promise<HostOutcome> {
    let ending: HostOutcome['ending'];
    const report = this.#openReport(name, (event) => {
      if (event.kind === 'finished') ending = event;
    });
    const company = this.#makeCompany(name, report);
    const outcome = await this.#attempt(name, (run) => run.run(), company).finally(company.leave);
    // As long as others may fail by the same, it isn't told for each of them.
    if ((await this.#departure.left) > 0) this.#tellError(outcome);
    return { ...outcome, ending };
  }

  /** Does something for one host, on connections of its own. What goes wrong is the outcome. */
  async #attempt(
    name: string,
    work: (run: TransferRun) => Promise<number>,
    company: Company,
  ): Promise<HostOutcome> {
    const outcome = { receiver: name, ending: undefined };
    try {
      const status = await Hosts.use(this.#command, (hosts) =>
        work(
          new TransferRun(
            this.#command,
            this.#optionsFor(name),
            hosts,
            () => this.#open(hosts, name),
            company,
          ),
        ),
      );
      return { ...outcome, status, error: undefined };
    } catch (error) {
      if (!(error instanceof ZfsVmError)) throw error;
      return { ...outcome, status: exitCodeOf(error), error };
    }
  }

  #makeCompany(name: string, report: Report): Company {
    let isSettled = false;
    return {
      ...{ report, told: this.#told },
      readSender: (read) => (this.#reading ??= read()),
      join: (work) => {
        isSettled = true;
        return this.#departure.join(work, this.#names.indexOf(name));
      },
      leave: () => {
        if (!isSettled) this.#departure.giveUp();
        isSettled = true;
      },
    };
  }

  #open(hosts: Hosts, name: string): Opening {
    const receiver = name === localName ? this.#sender : hosts.open(name);
    // Once: one that is tried again has left already.
    if (!this.#opened.has(name)) this.#departure.noteConnecting(receiver);
    this.#opened.add(name);
    return { sender: this.#sender, receiver, receiverName: name };
  }

  #openReport(name: string, onEvent?: (event: TransferEvent) => void): Report {
    const report = this.#makeReport(name);
    if (onEvent === undefined) return report;
    const handle = (event: TransferEvent): void => {
      onEvent(event);
      report.handle(event);
    };
    return {
      handle,
      close: () => {
        report.close();
      },
    };
  }

  #makeReport(receiverName: string): Report {
    const command = this.#command;
    const { stdout, surroundings } = command.context;
    const { clock } = surroundings;
    if (command.json && !command.isPlanOnly) {
      return new JsonReport({ stdout, receiverName, isOneOfMany: true, clock });
    }
    return openTextReport(command, receiverName, prefixScreen(this.#screen, this.#prefixOf(receiverName)));
  }

  #openCommonReport(): Report {
    const command = this.#command;
    const { stdout, surroundings } = command.context;
    return command.json
      ? new JsonReport({ stdout, receiverName: localName, clock: surroundings.clock })
      : openTextReport(command, localName, this.#screen);
  }

  /** Its name and room, so that what follows stands in a column. */
  #prefixOf(name: string): string {
    return `${name.padEnd(Math.max(...this.#names.map(({ length }) => length)))}  `;
  }

  /** Tells what ended transfers, unless it is told. @throws ZfsVmError when it was the same for all */
  #tellErrors(outcomes: readonly HostOutcome[]): void {
    const [first] = outcomes;
    const isCommon = outcomes.every(
      ({ error }) => error !== undefined && error.message === first?.error?.message,
    );
    if (isCommon && this.#toldErrors.size === 0 && first?.error !== undefined) throw first.error;
    for (const outcome of outcomes) this.#tellError(outcome);
  }

  #tellError({ receiver, error }: HostOutcome): void {
    const { stderr, env, signal } = this.#command.context;
    const isTold = error === undefined || this.#toldErrors.has(error) || error === this.#departure.failure;
    if (isTold || signal.aborted) return;
    this.#toldErrors.add(error);
    const text = formatError(error, chooseColors(stderr, env), this.#command);
    prefixScreen(this.#screen, this.#prefixOf(receiver)).printError(text);
  }
}

/** What all promises give. @throws what one of them threw, when all are settled */
async function settleAll<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

/** Texts with an empty line between, in pieces. */
function* joinTexts(texts: readonly Iterable<string>[]): Generator<string> {
  let hasText = false;
  for (const text of texts) {
    let isFirst = true;
    for (const piece of text) {
      if (hasText && isFirst) yield '\n';
      yield piece;
      isFirst = false;
    }
    hasText ||= !isFirst;
  }
}
