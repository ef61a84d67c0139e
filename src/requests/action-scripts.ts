import { forEachName, quoteCommand, quoteWord } from '../base/shell.js';
import { setNoteArguments } from '../zfs/notes.js';
import { getValueArguments } from '../zfs/properties.js';
import { roleProperty } from '../zfs/role.js';
import { noteProperty } from '../zfs/snapshot.js';

/*
 * Scripts that do something to what a host has. In them, `"$@"` calls zfs.
 */

/** What has to be as it was when somebody looked. */
export interface Guard {
  readonly dataset: string;
  readonly property: string;
  /** As `zfs get -p` prints it. */
  readonly value: string;
  /** What is told where it has another value, as zfs tells why it failed. */
  readonly changed: string;
}

/** Calls zfs, unless a property has changed since somebody looked. */
export function guardedScript({ dataset, property, value, changed }: Guard, call: readonly string[]): string {
  return [
    `now=$("$@" ${quoteCommand(getValueArguments(dataset, property))} </dev/null) || exit`,
    `[ "$now" = ${quoteWord(value)} ] || { echo ${quoteWord(changed)} >&2; exit 1; }`,
    `"$@" ${quoteCommand(call)} </dev/null`,
  ].join('\n');
}

/**
 * Calls zfs with names that follow its arguments, a line each on stdin, and a line after them. Names for which it fails are passed over:
 * they are gone, or the rights are lacking. It goes on when nobody hears it any more.
 * @param pools those of the names
 */
export function forNamesScript(zfsArguments: readonly string[], pools: readonly string[]): string {
  const { script } = forEachName(zfsArguments, []);
  // xargs ends so (1 where it isn't GNU's) when zfs failed for some names, and otherwise when zfs was killed or isn't there.
  const isPassedOver = '{ [ "$status" = 123 ] || [ "$status" = 1 ]; }';
  // A host that has just started may not have its pools yet: what is held there isn't gone.
  const hasPools = `"$@" list -Hp -o name ${quoteCommand(pools)} </dev/null >/dev/null`;
  const passOver = `{ status=$?; ${isPassedOver} && ${hasPools}; }`;
  // Should the way to the host break in the middle of a name, what has come of it is the last line, which is left out.
  return `trap '' HUP INT TERM\nsed '$d' | ${script} || ${passOver}`;
}

/** Makes a bookmark of each snapshot, with its name: a line each on stdin. */
export const bookmarkScript = [
  'while IFS= read -r name; do',
  `"$@" bookmark "$name" "\${name%@*}#\${name#*@}" </dev/null; done; :`,
].join(' ');

/** Sets the role of each dataset: its name and the role, a line each on stdin. @param onlyNew whether one that has a role keeps it */
export function roleScript(onlyNew = false): string {
  return [
    'while IFS= read -r name && IFS= read -r value; do',
    ...(onlyNew ? [`${hasNone(roleProperty)} || continue;`] : []),
    `"$@" set "${roleProperty}=$value" "$name" </dev/null; done; :`,
  ].join(' ');
}

/** Whether a property isn't set on what is called `$name`; in doubt, it is. */
function hasNone(property: string): string {
  return `{ set=$("$@" get -Hp -s local,received -o property ${property} "$name" </dev/null) && [ "$set" = '' ]; }`;
}

/**
 * Reads a note and the names of the snapshots that get it, a line each, then an empty one, and so on. A zfs for each of the notes; one
 * that fails keeps nobody from the others.
 * @param onlyNew whether what has a note keeps it
 */
export function noteScript(onlyNew = false): string {
  if (onlyNew) return newNoteScript;
  return `
status=0
while IFS= read -r note; do
  (
    set -- "$@" ${quoteCommand(setNoteArguments(''))}"$note"
    while IFS= read -r name && [ "$name" != '' ]; do set -- "$@" "$name"; done
    exec "$@" </dev/null
  ) || status=$?
done
exit "$status"
`;
}

/** The same for what has no note yet: a zfs for each name. */
const newNoteScript = `
status=0
while IFS= read -r note; do
  while IFS= read -r name && [ "$name" != '' ]; do
    ${hasNone(noteProperty)} || continue
    "$@" ${quoteCommand(setNoteArguments(''))}"$note" "$name" </dev/null || status=$?
  done
done
exit "$status"
`;
