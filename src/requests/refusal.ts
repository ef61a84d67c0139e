/*
 * What a gate says when it doesn't do what is asked for: one line on stderr, which is distinguished from what anything else says there.
 */

/** The exit status of a gate that refuses something (EX_NOPERM of sysexits.h). */
export const refusedStatus = 77;

const prefix = 'zfs-vm gate: ';

/** Of a command that is no request at all. Clients know by it that there is a gate; it never changes. */
export const notARequest = `${prefix}only requests of zfs-vm are answered here (zfs-vm-gate/1)`;

/** The line for a request that isn't allowed, or can't be. */
export function formatRefusal(reason: string): string {
  return `${prefix}refused: ${reason}`;
}

/** Whether a gate has said that it answers requests only. */
export function refusesCommand(stderr: string): boolean {
  return stderr.split('\n').some((line) => line.trimEnd() === notARequest);
}

/** Why a gate has refused a request, as it says; undefined when none has. */
export function findRefusal(stderr: string): string | undefined {
  return /^zfs-vm gate: refused: (.*)$/m.exec(stderr)?.[1];
}
