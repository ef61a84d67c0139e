import { Command, Option, type BaseContext } from 'clipanion';
import { isEnum } from 'typanion';
import { transports } from '../base/transports.js';
import type { Config } from '../config/config.js';
import { formatError } from '../report/error-text.js';
import { describeMalformedTags } from '../report/malformed-tags.js';
import { chooseColors } from '../report/terminal/colors.js';
import type { TaskEvent } from '../tasks/event.js';
import type { Places, Surroundings } from '../tasks/surroundings.js';
import { loadConfig, type ConfigFiles } from '../command-line/config-file.js';
import { confirmLosses } from './confirm.js';

/** What every command is given besides its words. */
export interface CommandContext extends BaseContext {
  /** Aborted, with the error to report, when the person stops the run. */
  readonly signal: AbortSignal;
  readonly places: Places;
  readonly configFiles: ConfigFiles;
}

/** How a command hears of its task, and answers it. */
export interface Hearing {
  /** Takes what is left to it: events of transfers. */
  readonly handle?: (event: TaskEvent) => void;
  /** Whether the person has said yes to all that would be destroyed. */
  readonly isConfirmed?: boolean;
  /** Whether stdout has nothing but JSON, and what it says of malformed tags is in there. */
  readonly listsMalformedTags?: boolean;
}

/** The options that every command takes. */
export abstract class BaseCommand extends Command<CommandContext> {
  /**
   * clipanion isn't told what a command is called (`names`, which `command-line.ts` looks at): it makes a state machine for each name,
   * and again for options before it, at every start. On a slow host that is half a second.
   */
  static override paths = [Command.Default];

  /** Left out, the configuration says. */
  sudo = Option.Boolean('-s,--sudo');

  verbose = Option.Boolean('-v,--verbose', false);

  debug = Option.Boolean('--debug', false);

  transport = Option.String('--transport', { validator: isEnum(transports) });

  configFile = Option.String('--config');

  #config: Promise<Config> | undefined;

  /** What the configuration file says; read when it is first asked for. @throws ZfsVmError `usage` */
  readConfig(): Promise<Config> {
    this.#config ??= loadConfig(this.context.configFiles, this.configFile);
    return this.#config;
  }

  /** What a task finds around itself, as the options have it. @throws ZfsVmError `usage` for a configuration that can't be */
  async surround({
    handle,
    isConfirmed = false,
    listsMalformedTags = false,
  }: Hearing = {}): Promise<Surroundings> {
    const { context, sudo, transport } = this;
    const { places, signal, stderr } = context;
    const toldHosts = new Set<string>();
    const emit = (event: TaskEvent): void => {
      if (event.kind === 'connection') {
        const isWanted = { warning: true, verbose: this.verbose || this.debug, debug: this.debug };
        if (isWanted[event.level]) stderr.write(`${event.line}\n`);
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
      ...{ ...places, config: await this.readConfig(), access: { sudo, transport }, signal, emit },
      confirm: (losses) => confirmLosses(losses, isConfirmed, { stderr, prompter: places.prompter, signal }),
    };
  }

  /** Tells what went wrong in a part, which is no reason to leave out the others. */
  complain(error: unknown): void {
    const { stderr, env } = this.context;
    stderr.write(formatError(error, chooseColors(stderr, env), { debug: this.debug }));
  }

  /** Lets `main` report it: clipanion itself would print it to stdout, into the output of `--json`. */
  override catch(error: unknown): Promise<void> {
    return Promise.reject(error instanceof Error ? error : new Error(String(error)));
  }
}
