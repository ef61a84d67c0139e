/**
 * A text from elsewhere, fit for the person's terminal and for one line: control characters (terminal escapes among
 * them) become `?`, line ends and tabs become spaces.
 */
export function toPrintable(text: string): string {
  return text
    .replace(/[\r\n\t]+/g, ' ')
    .replace(/\p{Cc}|\p{Cf}/gu, '?')
    .trim();
}
