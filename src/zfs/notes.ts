import { readDoubledValue, UnreadableOutput } from './list-fields.js';
import { noteProperty } from './snapshot.js';

/** How many bytes a value has at most (`ZAP_MAXVALUELEN`, less the final NUL; seen on OpenZFS 2.3.2). */
const longestNoteBytes = 8191;

/** What keeps a text from being a note, in words; undefined when it is fine. zfs itself takes every character. */
export function findNoteFault(note: string): string | undefined {
  if (note.trim() === '') return 'the note is empty';
  if (note === '-') return 'the note is "-", which means "no note" in zfs';
  if (/[\n\r\u2028\u2029]/.test(note)) return 'the note has several lines';
  if (/[\p{Cc}\p{Cs}]/u.test(note)) return 'the note contains control characters';
  const bytes = new TextEncoder().encode(note).length;
  return bytes > longestNoteBytes
    ? `the note has ${bytes} bytes; the limit is ${longestNoteBytes}`
    : undefined;
}

/**
 * Arguments of zfs that get the notes of snapshots whose full names follow, for `parseNotes`. A snapshot without one inherits that of
 * its dataset, which is none of a version.
 */
export const getNotesArguments = [
  ...['get', '-Hp', '-s', 'local,received', '-o', 'name,value,value'],
  noteProperty,
] as const;

/**
 * Reads the output of `getNotesArguments`: the notes that there are, by the full names of their snapshots.
 * @param names what was asked for: a host that tells of others would have them set elsewhere
 * @throws UnreadableOutput at the first line that is none of their notes
 */
export function parseNotes(output: string, names: ReadonlySet<string>): Map<string, string> {
  const notes = new Map<string, string>();
  for (const line of output.split('\n').filter((text) => text !== '')) {
    const fields = line.split('\t');
    const note = readDoubledValue(fields, 1);
    const [name = ''] = fields;
    if (!names.has(name) || notes.has(name)) throw new UnreadableOutput(line);
    notes.set(name, note);
  }
  return notes;
}

/** Arguments of zfs that give a note to the snapshots whose full names follow; it goes on after one that isn't there, and exits with 1. */
export function setNoteArguments(note: string): string[] {
  return ['set', `${noteProperty}=${note}`];
}
