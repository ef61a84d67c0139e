import { ZfsVmError } from '../base/errors.js';

/** The greatest number that an option takes: more of anything is a slip of the hand. */
const most = 999_999;

/**
 * Reads the number of an option.
 * @param form the least that it may be, and an example for whoever got it wrong
 * @throws ZfsVmError `usage` for what is none, less than that, or too large
 */
export function readNumber(
  option: string,
  text: string,
  { least, example }: { readonly least: 0 | 1; readonly example: number },
): number {
  const number = /^[0-9]{1,6}$/.test(text) ? Number(text) : -1;
  if (number >= least) return number;
  throw new ZfsVmError(
    'usage',
    `${option} ${JSON.stringify(text)} is not a whole number from ${least} to ${most}`,
    { hint: `write e.g. ${option} ${example}` },
  );
}
