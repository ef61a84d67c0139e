import { ZfsVmError } from '../base/errors.js';

/** The dashes that web pages and word processors make of `-` and `--`. */
const dashes = /^[\u2010-\u2015\u2212\uFE58\uFE63\uFF0D]+/u;

/**
 * Refuses words that begin with such a dash: they are options that were pasted, and would be taken for hosts or datasets.
 * @throws ZfsVmError `usage`
 */
export function refusePastedDash(words: readonly string[]): void {
  const pasted = words.find((word) => dashes.test(word));
  if (pasted === undefined) return;
  const rest = pasted.replace(dashes, '');
  throw new ZfsVmError(
    'usage',
    `${JSON.stringify(pasted)} begins with a typographic dash, which does not begin an option`,
    { hint: `type it as ${optionIn(rest).length === 1 ? '-' : '--'}${rest}` },
  );
}

function optionIn(text: string): string {
  return text.split('=', 1)[0] ?? '';
}
