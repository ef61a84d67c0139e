import { Command, Option, type BaseContext } from 'clipanion';
import { isEnum } from 'typanion';
import { transports } from '../host/connect.js';
import type { Surroundings } from './surroundings.js';

/** What every command is given besides its words. */
export interface CommandContext extends BaseContext {
  /** Aborted, with the error to report, when the person stops the run. */
  readonly signal: AbortSignal;
  readonly surroundings: Surroundings;
}

/** The options that every command takes. */
export abstract class BaseCommand extends Command<CommandContext> {
  sudo = Option.Boolean('-s,--sudo', false);

  verbose = Option.Boolean('-v,--verbose', false);

  debug = Option.Boolean('--debug', false);

  transport = Option.String('--transport', { validator: isEnum(transports) });

  /** Lets `main` report it: clipanion itself would print it to stdout, into the output of `--json`. */
  override catch(error: unknown): Promise<void> {
    return Promise.reject(error instanceof Error ? error : new Error(String(error)));
  }
}
