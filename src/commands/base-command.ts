import { Writable } from 'node:stream';
import { exitCodeOf, ZfsVmError } from '../base/errors.js';
import { describeThrown, toPrintable } from '../base/printable.js';
import { drained } from '../base/write-all.js';
import type { ArgumentsOf, CommandDefinition, GlobalArguments } from '../command-line/command-definition.js';
import { loadConfig, type ConfigFiles } from '../command-line/config-file.js';
import type { Call, Outputs } from '../command-line/run-command-line.js';
import type { Config } from '../config/config.js';
import type { RunJournal } from '../host/run-journal.js';
import { formatError } from '../report/error-text.js';
import { describeMalformedTags } from '../report/malformed-tags.js';
import { Timeline } from '../report/run/timeline.js';
import { chooseColors } from '../report/terminal/colors.js';
import { writeProse } from '../report/terminal/wrap.js';
import type { TaskEvent } from '../tasks/event.js';
import type { Loss } from '../tasks/loss.js';
import { RunCounter } from '../tasks/run-counter.js';
import type { Platform, Surroundings } from '../tasks/surroundings.js';
import { beginEntry } from './run-entry.js';
import { confirmLosses } from './confirm.js';

/** What every command is given besides its words. */
export interface CommandContext extends Outputs {
  /** Aborted, with the error to report, when the person stops the run. */
  readonly signal: AbortSignal;
  readonly platform: Platform;
  readonly configFiles: ConfigFiles;
  /** Where runs are written down that change something. */
  readonly runJournal: RunJournal;
  /** The version of the program. */
  readonly readProgramVersion: () => string;
}

/** How a command hears of its task, and answers it. */
export interface Hearing {
  /** Takes what is left to it: events of transfers. */
  readonly handle?: (event: TaskEvent) => void;
  /** Whether the person has said yes to all that would be destroyed. */
  readonly isConfirmed?: boolean;
  /** Answers for the person, who has seen by other ways what would be lost, and is asked when it is left out. */
  readonly confirm?: (losses: readonly Loss[]) => Promise<void>;
  /** Whether stdout has nothing but JSON, and what it says of malformed tags is in there. */
  readonly listsMalformedTags?: boolean;
}

/** The same without stdout: what a command tells of what it does. */
function silence(context: CommandContext): CommandContext {
  return {
    ...context,
    stdout: new Writable({
      write: (_chunk, _encoding, done) => {
        done();
      },
    }),
  };
}

/** A command: its words as values, and how a task is done for it. */
export abstract class BaseCommand<Definition extends CommandDefinition = CommandDefinition> {
  /** What its options and operands come to. */
  readonly args: ArgumentsOf<Definition>;
  /** What it was called, e.g. `plan push`. */
  readonly name: readonly string[];
  readonly #givenContext: CommandContext;
  #context: CommandContext | undefined;
  /** What the options of every command come to. */
  readonly #globals: GlobalArguments;
  readonly #words: readonly string[];
  readonly #counter = new RunCounter();
  readonly #timeline: Timeline | undefined;
  #config: Promise<Config> | undefined;

  constructor({ args, name, words, context }: Call<ArgumentsOf<Definition>, CommandContext>) {
    this.args = args;
    this.name = name;
    this.#words = words;
    this.#globals = args;
    this.#checkLevels();
    this.#givenContext = context;
    this.#timeline = this.#globals.debug ? new Timeline(() => performance.now()) : undefined;
  }

  /** What it is given besides its words; with `-q`, without a stdout that tells what is done. */
  get context(): CommandContext {
    const isSilent = this.quiet && this.changesHosts && !this.#printsJson();
    this.#context ??= isSilent ? silence(this.#givenContext) : this.#givenContext;
    return this.#context;
  }

  /** The words of the command line, as `normalizeArguments` gives them. */
  get words(): readonly string[] {
    return this.#words;
  }

  /** Does it. @returns the exit status. @throws ZfsVmError for whatever can't be done */
  abstract execute(): Promise<number>;

  /** Whether it changes something on a host, and isn't only asked what it would change: then the run is written down. */
  get changesHosts(): boolean {
    return false;
  }

  /** The hosts that it names, the sender first. */
  get namedHosts(): readonly string[] {
    return [];
  }

  /** Does it, and writes it down. @returns the exit status. @throws ZfsVmError for whatever can't be done */
  async run(): Promise<number> {
    const { runJournal, platform } = this.context;
    const entry = this.changesHosts
      ? await beginEntry(runJournal, platform.clock, {
          ...{ command: this.name.join(' '), words: this.#words, hosts: this.namedHosts },
        })
      : undefined;
    try {
      const exitCode = await this.execute();
      await entry?.end({ ...this.#counter.counts, exitCode, error: this.#counter.error });
      return exitCode;
    } catch (error) {
      const known = error instanceof ZfsVmError ? error.message : describeThrown(error);
      await entry?.end({ ...this.#counter.counts, exitCode: exitCodeOf(error), error: known });
      throw error;
    } finally {
      this.#conclude();
    }
  }

  /** Whether only what went wrong, and what the person asked to be shown, is printed. */
  get quiet(): boolean {
    return this.#globals.quiet;
  }

  get verbose(): boolean {
    return this.#globals.verbose;
  }

  get debug(): boolean {
    return this.#globals.debug;
  }

  /** What the configuration file says; read when it is first asked for. @throws ZfsVmError `usage` */
  readConfig(): Promise<Config> {
    this.#config ??= loadConfig(this.context.configFiles, this.#globals.configFile);
    return this.#config;
  }

  /** What a task finds around itself, as the options have it. @throws ZfsVmError `usage` for a configuration that can't be */
  async surround({
    handle,
    isConfirmed = false,
    confirm,
    listsMalformedTags = false,
  }: Hearing = {}): Promise<Surroundings> {
    const { sudo, transport } = this.#globals;
    const { platform, signal, stdout, stderr } = this.context;
    const toldHosts = new Set<string>();
    const emit = (event: TaskEvent): void => {
      this.#timeline?.hear(event);
      this.#counter.hear(event);
      if (event.kind === 'connection') {
        const isWanted = { warning: true, verbose: this.verbose || this.debug, debug: this.debug };
        if (isWanted[event.level]) stderr.write(`${this.#stamp}${event.line}\n`);
      } else if (event.kind === 'connected' || event.kind === 'command') {
        if (event.kind === 'connected' || !this.debug) return;
        stderr.write(`${this.#stamp}${event.host}: ${toPrintable(event.argv.join(' '))}\n`);
      } else if (event.kind === 'malformed-tags') {
        const lines = describeMalformedTags(event.host, event.malformedTags);
        if (listsMalformedTags || toldHosts.has(event.host)) return;
        toldHosts.add(event.host);
        stderr.write(lines.map((line) => `${line}\n`).join(''));
      } else if (event.kind === 'problem') {
        this.complain(event.error);
      } else {
        handle?.(event);
      }
    };
    return {
      ...{ ...platform, config: await this.readConfig(), access: { sudo, transport }, signal, emit },
      drained: async () => {
        if (stdout.writableNeedDrain) await drained(stdout, signal);
      },
      confirm:
        confirm ??
        ((losses) =>
          // Who has said yes, and wants to hear of errors only, isn't shown it once more.
          this.quiet && isConfirmed
            ? Promise.resolve()
            : confirmLosses(losses, isConfirmed, { stderr, prompter: platform.prompter, signal })),
    };
  }

  /** @throws ZfsVmError `usage` for options that don't go together */
  #checkLevels(): void {
    const { quiet, verbose, debug } = this.#globals;
    if (!quiet || !(verbose || debug)) return;
    throw new ZfsVmError('usage', `-q does not go with ${verbose ? '-v' : '--debug'}`, {
      hint: 'omit one of them',
    });
  }

  /** Whether what it prints is for a program that asked for it. */
  #printsJson(): boolean {
    const args: object = this.args;
    return 'json' in args && args.json === true;
  }

  /** Tells, for whoever debugs, where the time went. */
  #conclude(): void {
    if (this.#timeline !== undefined) this.context.stderr.write(this.#timeline.format());
  }

  /** The time, before what is told for debugging. */
  get #stamp(): string {
    return this.#timeline === undefined ? '' : `${this.#timeline.stamp}  `;
  }

  /** Has the log of runs say what was done, where no event of the task tells it, e.g. `renamed web:3 to web:4`. */
  noteDone(what: string): void {
    this.#counter.note(what);
  }

  /** Tells what went wrong in a part, which is no reason to leave out the others. */
  complain(error: unknown): void {
    const { stderr, env } = this.context;
    writeProse(stderr, formatError(error, chooseColors(stderr, env), { debug: this.debug }));
  }
}
