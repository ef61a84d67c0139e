import { ZfsVmError } from '../../base/errors.js';
import { localName } from '../../base/local-name.js';
import { toCommandError } from '../../host/command-error.js';
import { runCalls } from '../../host/run-calls.js';
import { Hosts } from '../hosts.js';
import type { Surroundings } from '../surroundings.js';
import type { Leftover } from '../leftover.js';
import { findLeftovers, removalOf } from './leftovers.js';
import { readDatasets, readHost } from './read-host.js';

/** What one removal may print. */
const longestAnswer = 65_536;

/** Where leftovers are removed. */
export interface CleanRequest {
  /** A host as people name it; this machine when it is undefined. */
  readonly host?: string | undefined;
}

/** What became of leftovers. */
export interface CleanResult {
  readonly host: string;
  readonly removed: readonly Leftover[];
  /** Why the others were not. */
  readonly failures: readonly ZfsVmError[];
}

/**
 * Removes what earlier runs have left on a host and nobody needs any more, after asking.
 * @throws ZfsVmError when the host can't be read, or it isn't confirmed
 */
export async function clean(
  { host: target = localName }: CleanRequest,
  surroundings: Surroundings,
): Promise<CleanResult> {
  const { signal, clock, holdJournal, confirm } = surroundings;
  return Hosts.use(surroundings, async (hosts) => {
    const endpoint = await hosts.open(target);
    const host = await readHost(endpoint, signal);
    const reading = await readDatasets(endpoint, host, { asksRights: false, places: [], signal });
    const left = (await holdJournal.findLeft()).filter((record) => record.host === target);
    const leftovers = findLeftovers(reading, {
      nowSeconds: host.clockSeconds ?? clock.dateMs() / 1000,
      dead: new Set(left.filter(({ isSettled }) => isSettled).map(({ tag }) => tag)),
    });
    if (leftovers.length > 0) {
      await confirm(leftovers.map((leftover) => ({ kind: 'leftover', host: target, leftover })));
    }
    const removed: Leftover[] = [];
    const failures: ZfsVmError[] = [];
    await runCalls(endpoint, leftovers.map(removalOf), {
      ...{ signal, limit: longestAnswer },
      onEnd: (index, { code, output }) => {
        const leftover = leftovers[index];
        if (leftover === undefined) return;
        if (code === 0) {
          removed.push(leftover);
        } else {
          const result = { exit: { kind: 'exited', code }, stderr: output } as const;
          failures.push(toCommandError(target, `zfs ${removalOf(leftover).join(' ')}`, result));
        }
      },
    });
    for (const { tag } of left) {
      const held = leftovers.filter((leftover) => leftover.kind === 'hold' && leftover.tag === tag);
      if (held.length > 0 && held.every((leftover) => removed.includes(leftover))) {
        await holdJournal.remove(tag);
      }
    }
    return { host: target, removed, failures };
  });
}
