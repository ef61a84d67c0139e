import { ZfsVmError } from '../base/errors.js';
import type { ReadText } from './option.js';

/** Reads one of some words. */
export function oneOf<Choice extends string>(choices: readonly Choice[]): ReadText<Choice> {
  return (text, { name }) => {
    const choice = choices.find((each) => each === text);
    if (choice !== undefined) return choice;
    throw new ZfsVmError(
      'usage',
      `invalid value for ${name}: expected one of ${choices.map((each) => JSON.stringify(each)).join(' or ')} (got ${JSON.stringify(text)})`,
      { hint: `use e.g. ${name} ${choices[0] ?? ''}` },
    );
  };
}
