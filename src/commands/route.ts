import type { Config } from '../config/config.js';

/** What goes for a transfer to or from a host. */
export interface Route {
  /** The receiver's dataset that new ones go under; undefined when they keep their names. */
  readonly destination: string | undefined;
  /** How many bytes a second streams may take in all, unless the command line says otherwise; undefined for no limit. */
  readonly bytesPerSecond: number | undefined;
}

/** The way to a host as the configuration has it. @param destination what the command line says of it, which wins */
export function routeTo({ remotes }: Config, host: string, destination: string | undefined): Route {
  const remote = remotes.get(host);
  return {
    destination: destination ?? remote?.destination,
    bytesPerSecond: remote?.bytesPerSecond,
  };
}
