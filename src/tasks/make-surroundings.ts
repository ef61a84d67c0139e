import { ZfsVmError } from '../base/errors.js';
import { emptyConfig, type Config } from '../config/config.js';
import { nobody, type Prompter } from '../host/ssh/prompt.js';
import type { TaskEvent } from './event.js';
import { makePlatform } from './make-platform.js';
import type { Loss } from './loss.js';
import type { Access, Surroundings } from './surroundings.js';

/** What a program that calls tasks says of what they find around themselves. */
export interface SurroundingsOptions {
  /** The environment, which says where holds are written down (`XDG_STATE_HOME`, `HOME`). */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Remotes, groups and retentions; none when left out. */
  readonly config?: Config;
  readonly access?: Access;
  /** Ends the task when it is aborted. */
  readonly signal?: AbortSignal;
  /** Hears what happens. */
  readonly emit?: (event: TaskEvent) => void;
  /** Decides whether all of these may be lost, and rejects when they may not. Left out, nothing may be lost. */
  readonly confirm?: (losses: readonly Loss[]) => Promise<void>;
  /** Answers what SSH asks; left out, nobody does, and what needs an answer fails. */
  readonly prompter?: Prompter;
}

/** What tasks find around themselves on this machine, for a program that has no terminal: it is asked nothing, and nothing is destroyed. */
export function makeSurroundings(options: SurroundingsOptions = {}): Surroundings {
  const { env = {}, config = emptyConfig, access = {}, prompter = nobody } = options;
  const { signal = new AbortController().signal, emit = () => undefined, confirm = refuse } = options;
  return { ...makePlatform(env), prompter, config, access, signal, emit, confirm };
}

function refuse(): Promise<void> {
  return Promise.reject(
    new ZfsVmError('conflict', 'nothing was destroyed, because there is no "confirm" function', {
      hint: 'pass a "confirm" function to the task',
    }),
  );
}
