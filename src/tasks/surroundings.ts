import type { Clock } from '../base/clock.js';
import type { Transport } from '../base/transports.js';
import type { Config } from '../config/config.js';
import type { ConnectOptions } from '../host/connect/connect-host.js';
import type { CommandTelling, Host } from '../host/host.js';
import type { RunLock } from '../host/run-lock.js';
import type { Prompter } from '../host/ssh/prompt.js';
import type { HoldJournal } from '../transfer/protection/hold-journal.js';
import type { TaskEvent } from './event.js';
import type { Loss } from './loss.js';

/** What tasks have effects on, and the time: this machine's (`makePlatform`), or simulated. */
export interface Platform {
  /** This machine, as a place where commands run. */
  readonly openLocal: (telling: Pick<CommandTelling, 'onCommand'>) => Host;
  /** Connects to another host by its address. @throws ZfsVmError as `connectHost` does */
  readonly connect: (target: string, options: ConnectOptions) => Promise<Host>;
  /** Where holds are written down. */
  readonly holdJournal: Pick<HoldJournal, 'findLeft' | 'leave' | 'remove' | 'write'>;
  /** Takes a lock between runs. @throws ZfsVmError as `takeRunLock` does */
  readonly takeLock: (name: string) => Promise<RunLock | undefined>;
  readonly clock: Clock;
  /** Who answers what SSH asks (passwords, unknown host keys); one for all hosts, which may want to ask at once. */
  readonly prompter: Prompter;
}

/** How hosts are reached and zfs is called there, which overrides the configuration. */
export interface Access {
  /** Whether zfs is run through sudo on other hosts; the configuration says when it is undefined. */
  readonly sudo?: boolean | undefined;
  /** The SSH client; the configuration says when it is undefined. */
  readonly transport?: Transport | undefined;
}

/** All that a task finds around itself. */
export interface Surroundings extends Platform {
  /** Remotes, groups and retentions; `emptyConfig` where there are none. */
  readonly config: Config;
  readonly access: Access;
  /** Ends the task when it is aborted, which throws the signal's reason. */
  readonly signal: AbortSignal;
  /** Hears what happens meanwhile. */
  readonly emit: (event: TaskEvent) => void;
  /** Waits until who hears the events has room for more; a task that has millions of them waits so now and then. */
  readonly drained?: (() => Promise<void>) | undefined;
  /**
   * Decides whether all of these may be lost, before anything is done.
   * @throws ZfsVmError `conflict` when they may not: the task is left then, with nothing done
   */
  readonly confirm: (losses: readonly Loss[]) => Promise<void>;
}
