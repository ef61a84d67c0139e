import { ZfsVmError } from '../base/errors.js';
import { didYouMean } from '../base/similar.js';
import type { ReadText } from './option.js';

/** Reads one of some words. */
export function oneOf<Choice extends string>(choices: readonly Choice[]): ReadText<Choice> {
  return (text, { name }) => {
    const choice = choices.find((each) => each === text);
    if (choice !== undefined) return choice;
    throw new ZfsVmError(
      'usage',
      `invalid value for ${name}: ${JSON.stringify(text)}${didYouMean(text, choices)}`,
      { hint: `use ${choices.map((each) => `${name} ${each}`).join(' or ')}` },
    );
  };
}
