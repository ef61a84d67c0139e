/** How much of a line that can't be read is told. */
const toldLength = 200;

/** A line of zfs output that doesn't have the form it should. The message is its beginning, as it came. */
export class UnreadableOutput extends Error {
  override readonly name = 'UnreadableOutput';

  constructor(line: string) {
    super(line.slice(0, toldLength));
  }
}

/** The end of the time that a `Date` can tell. */
export const lastSecond = 8.64e12;

/** A GUID has 64 bits. */
export const largestGuid = 2n ** 64n - 1n;

/**
 * Reads a value that anybody may have written, from the end of a line where zfs was told to print it twice. With a line end in it, at
 * least one of the lines that it makes has another number of fields: so no value passes for lines of the list.
 * @param fields the line's, taken apart at its tabs
 * @param index how many fields stand before the value
 * @throws UnreadableOutput when it isn't there twice, and nothing else
 */
export function readDoubledValue(fields: readonly string[], index: number): string {
  const value = fields[index];
  if (value === undefined || fields.length !== index + 2 || fields[index + 1] !== value) {
    throw new UnreadableOutput(fields.join('\t'));
  }
  return value;
}

/** The lines of an output of zfs. @throws UnreadableOutput at the first with control characters */
export function splitLines(output: string): string[] {
  checkCharacters(output);
  return output.split('\n').filter((line) => line !== '');
}

/**
 * zfs prints no control characters: what has them wants to get at the person's terminal.
 * @throws UnreadableOutput at the first line that does
 */
export function checkCharacters(output: string): void {
  if (!/[^\t\n -~]/.test(output)) return;
  const hostile = output.split('\n').find((line) => /[^\P{Cc}\t]|\p{Cf}/u.test(line));
  if (hostile !== undefined) throw new UnreadableOutput(hostile);
}

/** What a field says; undefined for nothing, which zfs prints as `-`. */
export function unlessDash(field: string): string | undefined {
  return field === '-' || field === '' ? undefined : field;
}

/** No number of ZFS has more than 64 bits. */
export function isWholeNumber(text: string | undefined): text is string {
  return text !== undefined && /^[0-9]{1,20}$/.test(text);
}

/** A text of its own: a part of a larger one, as lists are taken apart, keeps all of that in memory. */
export function copyText(text: string): string {
  return Buffer.from(text).toString();
}
