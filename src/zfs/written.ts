import { UnreadableOutput } from './list-fields.js';
import { membersProperty } from './snapshot.js';

/**
 * Arguments of zfs that get how much was written to the datasets whose names follow since a snapshot, for `parseWritten`.
 * @param snapshot of each of the datasets the one with this name behind `@`; by its full name, one that they were cloned from, or that
 *   this was cloned from, and so on
 */
export function getWrittenArguments(snapshot: string): string[] {
  return ['get', '-Hp', '-o', 'name,value', `written@${snapshot}`];
}

/**
 * Reads the output of `getWrittenArguments`: bytes by the dataset; undefined where there is no such snapshot. What was only deleted
 * counts, too, as ZFS writes down that it is gone.
 * @throws UnreadableOutput at the first line that is no such number
 */
export function parseWritten(output: string): Map<string, number | undefined> {
  const written = new Map<string, number | undefined>();
  for (const line of output.split('\n').filter((text) => text !== '')) {
    const [, name, value] = /^([^\t]+)\t(-|[0-9]{1,20})$/.exec(line) ?? [];
    if (name === undefined || written.has(name)) throw new UnreadableOutput(line);
    written.set(name, value === '-' ? undefined : Number(value));
  }
  return written;
}

/** Arguments of zfs that get how many datasets belong to the version whose snapshot's full name follows, for `parseMembers`. */
export const getMembersArguments = ['get', '-Hp', '-s', 'local', '-o', 'value', membersProperty] as const;

/**
 * Reads the output of `getMembersArguments`; undefined where it wasn't written down.
 * @throws UnreadableOutput when it isn't a number
 */
export function parseMembers(output: string): number | undefined {
  const value = output.trim();
  if (value === '') return undefined;
  if (!/^[0-9]{1,9}$/.test(value)) throw new UnreadableOutput(value);
  return Number(value);
}

/**
 * Arguments of zfs that print how many bytes were written between a snapshot and a later one, or what is there now, for
 * `parseWrittenBetween`. The snapshot may be anywhere in the history, also in what the dataset was cloned from (zfsprops(7), `written@`).
 * @param to a snapshot or dataset
 */
export function getWrittenBetweenArguments(from: string, to: string): string[] {
  return ['get', '-Hp', '-o', 'value', `written@${from}`, to];
}

/** Reads the output of `getWrittenBetweenArguments`; undefined where it is no number. */
export function parseWrittenBetween(output: string): number | undefined {
  const bytes = /^([0-9]{1,20})\n?$/.exec(output)?.[1];
  return bytes === undefined ? undefined : Number(bytes);
}
