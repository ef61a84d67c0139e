import { Command, Option, type BaseContext } from 'clipanion';
import { isEnum } from 'typanion';
import type { Config } from '../config/config.js';
import { transports } from '../base/transports.js';
import { loadConfig } from '../command-line/config-file.js';
import { optionWords } from './read-command.js';
import type { Surroundings } from './surroundings.js';

/** What every command is given besides its words. */
export interface CommandContext extends BaseContext {
  /** Aborted, with the error to report, when the person stops the run. */
  readonly signal: AbortSignal;
  readonly surroundings: Surroundings;
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
    this.#config ??= loadConfig(this.context.surroundings.configFiles, this.configFile);
    return this.#config;
  }

  /** These options as they were given, for a command that does a part of this one. */
  get commonWords(): string[] {
    const { sudo, verbose, debug, transport, configFile } = this;
    const noSudo = sudo === false;
    return optionWords({ sudo, 'no-sudo': noSudo, verbose, debug, transport, config: configFile });
  }

  /** Lets `main` report it: clipanion itself would print it to stdout, into the output of `--json`. */
  override catch(error: unknown): Promise<void> {
    return Promise.reject(error instanceof Error ? error : new Error(String(error)));
  }
}
