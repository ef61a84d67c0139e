import { realClock } from '../base/clock.js';
import { LocalHost } from '../host/local-host.js';
import { takeRunLock } from '../host/run-lock.js';
import { createTerminalPrompter } from '../host/ssh/prompt.js';
import { HoldJournal } from '../transfer/protection/hold-journal.js';
import type { Platform } from './surroundings.js';

/** What this machine is to tasks. @param env its environment, which says where state is kept */
export function makePlatform(env: Readonly<Record<string, string | undefined>>): Platform {
  return {
    openLocal: (telling) => new LocalHost(telling),
    // ssh2 takes as long to load as all else: only where there is a host to connect to.
    connect: async (target, options) =>
      (await import('../host/connect/connect-host.js')).connectHost(target, options),
    holdJournal: new HoldJournal(env),
    takeLock: takeRunLock,
    clock: realClock,
    prompter: createTerminalPrompter(),
  };
}
