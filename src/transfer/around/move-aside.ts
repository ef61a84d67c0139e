import type { Endpoint } from '../../host/endpoint.js';
import { runCommand, type CommandResult } from '../../host/run-command.js';
import type { Chain } from '../../plan/plan.js';
import type { Preparation } from '../../plan/preparation.js';
import { preparationCalls } from '../../plan/stream.js';
import { quoteCommand, quoteWord } from '../../base/shell.js';
import { destroyDatasetArguments } from '../../zfs/destroy.js';
import { promoteArguments, renameArguments } from '../../zfs/move.js';
import { getValueArguments, keepPropertiesLine, setPropertyArguments } from '../../zfs/properties.js';
import { formatRole, roleProperty } from '../../zfs/role.js';

/** What moves a dataset aside. */
export type Moving = Preparation & { readonly kind: 'replace' | 'set-aside' };

/**
 * Moves the destination of a chain aside, unless it is another dataset by now: by one script on its host, which goes on to its end when
 * nobody hears it any more, and undoes what it has done where a step fails. A filesystem that is to be destroyed is unmounted before,
 * and mounts no more by itself. One that is in use can't be unmounted, nor renamed: then all stays as it was.
 * @returns how it ended
 * @throws ZfsVmError when the host can't start commands
 */
export async function moveAside(
  receiver: Endpoint,
  chain: Chain,
  moving: Moving,
  signal: AbortSignal,
): Promise<CommandResult> {
  const lines = moving.kind === 'replace' ? replaceLines(chain, moving) : setAsideLines(chain, moving);
  const script = [ignoreSignals, ...lines].join('\n');
  return runCommand(receiver.host, ['sh', '-c', script, 'sh', ...receiver.zfs], { signal });
}

/** A script goes on when its client is gone: it would stop between two steps. */
export const ignoreSignals = `trap '' HUP INT TERM`;

/** A line that calls zfs: the script's arguments do. */
export function callLine(words: readonly string[]): string {
  return `"$@" ${quoteCommand(words)} </dev/null`;
}

/** What a script tells where it has failed, and could not undo what it had done before. */
export const notUndone = 'earlier steps could not be undone';

/** A line that does something, and where that fails, undoes what was done before, and ends with its status. */
export function orUndo(line: string, ...undoing: readonly string[]): string {
  return `${line} || { status=$?; ${[...undoing.map(orTell), 'exit "$status"'].join('; ')}; }`;
}

function orTell(line: string): string {
  return `{ ${line}; } || echo ${quoteWord(notUndone)} >&2`;
}

/** A line that ends the script, after undoing what was done, unless a property has a value. @param changed what it tells then */
export function unlessChanged(
  dataset: string,
  {
    property,
    value,
    changed,
  }: { readonly property: string; readonly value: string; readonly changed: string },
  ...undoing: readonly string[]
): string {
  const now = `"$(${callLine(getValueArguments(dataset, property))})"`;
  const giveUp = [`echo ${quoteWord(changed)} >&2`, ...undoing.map(orTell), 'exit 1'];
  return `[ ${now} = ${quoteWord(value)} ] || { ${giveUp.join('; ')}; }`;
}

function replaceLines({ destination }: Chain, moving: Moving): string[] {
  const { aside, writtenBytes } = moving;
  const remount = `{ [ "$mounted" != yes ] || ${callLine(['mount', destination])}; }`;
  const back = callLine(renameArguments(aside, destination));
  const changed = `cannot continue: ${destination} was written to after the confirmation; nothing of it was destroyed. Stop what writes to it, then run the same command again`;
  return [
    ...checkIdentity(destination, moving),
    `mounted=$(${callLine(getValueArguments(destination, 'mounted'))}) || exit`,
    `[ "$mounted" != yes ] || ${callLine(['unmount', destination])} || exit`,
    unlessChanged(destination, { property: 'written', value: String(writtenBytes), changed }, remount),
    orUndo(callLine(renameArguments(destination, aside)), remount),
    orUndo(setRole(moving), back, remount),
    `[ "$(${callLine(getValueArguments(aside, 'canmount'))})" != on ] || ${callLine(setPropertyArguments(aside, 'canmount', 'noauto'))} || :`,
  ];
}

function setAsideLines(chain: Chain, moving: Moving): string[] {
  const { destination } = chain;
  const { aside } = moving;
  const [rename = [], clone = [], promote = []] = preparationCalls(chain);
  const back = callLine(renameArguments(aside, destination));
  const removeClone = `${callLine(destroyDatasetArguments(destination))} && ${back}`;
  return [
    ...checkIdentity(destination, moving),
    `${callLine(rename)} || exit`,
    orUndo(callLine(clone), back),
    orUndo(callLine(promote), removeClone),
    orUndo(setRole(moving), `${callLine(promoteArguments(aside))} && ${removeClone}`),
    // What belongs to the copy, as far as zfs takes it: it is not to rest on a client that may be gone by now.
    `${keepPropertiesLine('"$@"', { from: aside, to: destination })} || :`,
    ...successorLines(chain),
  ];
}

/** Lines that write down on what has taken the place of a dataset whose copy it is: it may be moved before anything has come to it. */
function successorLines({ destination, role }: Chain): string[] {
  if (role === undefined) return [];
  const setting = `"$@" set "${roleProperty}=${formatRole(role, '$guid')}" ${quoteWord(destination)} </dev/null`;
  return [`guid=$(${callLine(getValueArguments(destination, 'guid'))}) && ${setting} || :`];
}

function checkIdentity(dataset: string, { guid }: Moving): string[] {
  if (guid === undefined) return [];
  const changed = `cannot continue: ${dataset} is not the dataset that was shown`;
  return [unlessChanged(dataset, { property: 'guid', value: String(guid), changed })];
}

/** Its GUID is asked for where the plan hasn't it. */
function setRole({ aside, role, guid }: Moving): string {
  return callLine(setPropertyArguments(aside, roleProperty, formatRole(role, guid ?? 0n)));
}
