import { emptyConfig } from '../../src/config/config.js';
import { parseConfig } from '../../src/config/parse-config.js';
import type { TaskEvent } from '../../src/tasks/event.js';
import type { Loss } from '../../src/tasks/loss.js';
import type { Access, Surroundings } from '../../src/tasks/surroundings.js';
import type { SimWorld } from '../sim/sim-world.js';

/** What a task finds on a simulated host, and what it has told and asked there. */
export interface SimSurroundings extends Surroundings {
  /** All that was told so far. */
  readonly events: readonly TaskEvent[];
  /** All that was to be confirmed so far. */
  readonly asked: readonly Loss[];
}

/** How a task is run. */
export interface SurroundOptions {
  /** What the configuration file says; nothing when it is left out. */
  readonly config?: string;
  readonly access?: Access;
  readonly signal?: AbortSignal;
  /** Answers for the person: throws what the task is to hear of it. All is confirmed when it is left out. */
  readonly refuse?: () => Error;
}

/** Gives tasks what they find around themselves on a host of a simulated world. */
export function surround(
  world: SimWorld,
  host: string,
  { config, access = {}, signal = new AbortController().signal, refuse }: SurroundOptions = {},
): SimSurroundings {
  const events: TaskEvent[] = [];
  const asked: Loss[] = [];
  return {
    ...world.enter(host).platform,
    config: config === undefined ? emptyConfig : parseConfig(config, 'config.toml'),
    ...{ access, signal, events, asked },
    emit: (event) => {
      events.push(event);
    },
    confirm: (losses) => {
      asked.push(...losses);
      return refuse === undefined ? Promise.resolve() : Promise.reject(refuse());
    },
  };
}
