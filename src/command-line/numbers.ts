import { durationForm, parseDuration } from '../base/duration.js';
import { ZfsVmError } from '../base/errors.js';
import { parseRate, rateForm } from '../base/rate.js';
import type { ReadText } from './option.js';

/** The greatest number that an option takes: more of anything is a slip of the hand. */
const most = 999_999;

/** The least that a number may be, and an example for whoever got it wrong. */
export interface NumberForm {
  readonly least: 0 | 1;
  readonly example: number;
}

/** Reads a whole number. */
export function wholeNumber({ least, example }: NumberForm): ReadText<number> {
  return (text, { name }) => {
    const number = /^[0-9]{1,6}$/.test(text) ? Number(text) : -1;
    if (number >= least) return number;
    throw new ZfsVmError(
      'usage',
      `${name} ${JSON.stringify(text)} is not a whole number from ${least} to ${most}`,
      { hint: `use e.g. ${name} ${example}` },
    );
  };
}

/** Reads a whole number of seconds, in milliseconds. */
export function seconds(form: NumberForm): ReadText<number> {
  const read = wholeNumber(form);
  return (text, context) => read(text, context) * 1000;
}

/** Reads a duration (`26h`, `30d`), in seconds. @param what it is called when it is none, e.g. `a duration` */
export function duration(what: string): ReadText<number> {
  return (text, { name }) => {
    const durationSeconds = parseDuration(text);
    if (durationSeconds !== undefined) return durationSeconds;
    throw new ZfsVmError('usage', `${name} ${JSON.stringify(text)} is not ${what}`, {
      hint: `use ${durationForm}`,
    });
  };
}

/** Reads a rate (`500K`, `20M`), in bytes a second. */
export const readRate: ReadText<number> = (text, { name }) => {
  const bytesPerSecond = parseRate(text);
  if (bytesPerSecond !== undefined) return bytesPerSecond;
  throw new ZfsVmError('usage', `${name} ${JSON.stringify(text)} is not a rate`, {
    hint: `use ${rateForm}`,
  });
};
