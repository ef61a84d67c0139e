/**
 * Text from elsewhere made fit for one line on a terminal: line ends and tabs become a space, other control characters and
 * all that are invisible or turn the direction of writing become `\u{…}`, so that no host can send escape sequences to the
 * person's terminal, or hide what it says. What is printable already stays as it is.
 */
export function toPrintable(text: string): string {
  return text
    .replace(/[\r\n\t]+/g, ' ')
    .replace(unprintable, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}

/** JSON made fit for a terminal: what `toPrintable` would change stands in it as `\uXXXX`, which programs read as it was. */
export function toPrintableJson(json: string): string {
  const escape = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return json.replace(unprintable, (char) => (char === '\n' ? char : char.replace(/[^]/g, escape)));
}

/** Control characters, and all that are invisible or turn the direction of writing. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029]/gu;

/** What was thrown, as words for a message: printable, and never empty. */
export function describeThrown(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return toPrintable(text.trim()) || 'no reason given';
}
