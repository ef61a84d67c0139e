import { realClock, type Clock } from '../base/clock.js';
import type { ConnectOptions } from '../host/connect/connect-host.js';
import type { Host } from '../host/host.js';
import { LocalHost } from '../host/local-host.js';
import { takeRunLock, type RunLock } from '../host/run-lock.js';
import { createTerminalPrompter, type Prompter } from '../host/ssh/prompt.js';
import { HoldJournal } from '../transfer/protection/hold-journal.js';
import { findConfigFiles, type ConfigFiles } from '../command-line/config-file.js';

/** What a run finds around itself, but for the streams that it writes to: the places where it has effects, and the time. */
export interface Surroundings {
  /** This machine, as a place where commands run. */
  readonly openLocal: () => Host;
  /** Connects to another host as people name it. @throws ZfsVmError as `connectHost` does */
  readonly connect: (target: string, options: ConnectOptions) => Promise<Host>;
  /** Where holds are written down. */
  readonly holdJournal: Pick<HoldJournal, 'findLeft' | 'leave' | 'remove' | 'write'>;
  /** Takes a lock between runs. @throws ZfsVmError as `takeRunLock` does */
  readonly takeLock: (name: string) => Promise<RunLock | undefined>;
  readonly clock: Clock;
  readonly configFiles: ConfigFiles;
  /** Who answers questions; one for all hosts, which may want to ask at once. */
  readonly prompter: Prompter;
}

/** The real ones. */
export function findSurroundings(env: Readonly<Record<string, string | undefined>>): Surroundings {
  return {
    openLocal: () => new LocalHost(),
    // ssh2 takes as long to load as all else: only where there is a host to connect to.
    connect: async (target, options) =>
      (await import('../host/connect/connect-host.js')).connectHost(target, options),
    holdJournal: new HoldJournal(env),
    takeLock: takeRunLock,
    clock: realClock,
    configFiles: findConfigFiles(env),
    prompter: createTerminalPrompter(),
  };
}
