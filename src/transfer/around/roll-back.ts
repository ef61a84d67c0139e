import type { Endpoint } from '../../host/endpoint.js';
import { runCommand, type CommandResult } from '../../host/run-command.js';
import { quoteWord } from '../../base/shell.js';
import type { Guard } from '../../requests/action-scripts.js';
import { poolOf } from '../../zfs/names.js';
import { callLine, ignoreSignals, orUndo, unlessChanged } from './move-aside.js';

/**
 * Takes a dataset back to an earlier snapshot, unless it was written to since somebody looked: minutes may lie between the look and the
 * yes. One script on its host does all of it, so that no way to the host lies between the check and the rollback, and goes on to its end
 * when nobody hears it any more. A filesystem is unmounted meanwhile: once its newest snapshot is destroyed, ZFS no longer tells what was
 * written since. One that is in use stays as it is; one that the user may not unmount, or that others are mounted below, is rolled back
 * mounted: `zfs unmount` would take those along (zfs-unmount(8)).
 * @param guard what `written` was; ZFS counts what was written in the last seconds only when the pool is synced
 * @param calls the calls of zfs that destroy newer snapshots, and roll back
 * @returns how it ended
 * @throws ZfsVmError when its host can't start commands
 */
export function rollBack(
  { host, zfs }: Endpoint,
  guard: Guard,
  calls: readonly (readonly string[])[],
  signal: AbortSignal,
): Promise<CommandResult> {
  const { dataset } = guard;
  const remount = `{ [ "$mounted" != yes ] || ${callLine(['mount', dataset])}; }`;
  const script = [
    ignoreSignals,
    ...unmountLines(dataset),
    `zpool sync ${quoteWord(poolOf(dataset))} </dev/null >/dev/null 2>&1 || :`,
    unlessChanged(dataset, guard, remount),
    ...calls.map((call) => orUndo(callLine(call), remount)),
    `${remount} || :`,
  ].join('\n');
  return runCommand(host, ['sh', '-c', script, 'sh', ...zfs], { signal });
}

/** Unmounts a dataset, and sets `mounted` to whether that was done. It ends the script where the dataset is in use. */
function unmountLines(dataset: string): string[] {
  const giveUp = `*busy*) echo "$told" >&2; exit 1 ;;`;
  const unmount = `told=$(${callLine(['unmount', dataset])} 2>&1) || case $told in ${giveUp} *) mounted=no ;; esac`;
  return [
    // A line for the dataset, and then one for each below it.
    `mounted=$(${callLine(['get', '-Hp', '-r', '-t', 'filesystem,volume', '-o', 'value', 'mounted', dataset])}) || exit`,
    `case $mounted in yes*yes*) mounted=no ;; yes*) mounted=yes; ${unmount} ;; esac`,
  ];
}
