import { ZfsVmError } from '../base/errors.js';
import type { ArgumentsOf, CommandDefinition } from './command-definition.js';
import { globalOptions } from './global-options.js';
import type { Need, OptionDefinition } from './option.js';
import type { SortedWords } from './parse-words.js';

/**
 * Makes values of what was typed, and checks them one by one.
 * @throws ZfsVmError `usage` for the first that can't be, or that lacks the option that it needs
 */
export function readArguments<Definition extends CommandDefinition>(
  definition: Definition,
  given: SortedWords,
): ArgumentsOf<Definition> {
  const options = Object.entries<OptionDefinition>({ ...definition.options, ...globalOptions });
  const present = options.filter(([key]) => (given.options.get(key) ?? []).length > 0);
  const names = new Set(present.flatMap(([, option]) => option.names));
  checkNeeds(
    present.map(([, option]) => option),
    names,
  );
  const isGiven = (name: string): boolean => names.has(name);
  const values = [
    ...Object.entries(definition.operands).map(([key, operand]) => [
      key,
      operand.toValue(given.operands.get(key) ?? []),
    ]),
    ...options.map(([key, option]) => [key, readOption(option, given.options.get(key) ?? [], isGiven)]),
  ];
  return Object.fromEntries(values) as ArgumentsOf<Definition>;
}

function readOption(
  option: OptionDefinition,
  words: readonly (string | boolean)[],
  isGiven: (name: string) => boolean,
): unknown {
  checkOnce(option, words);
  if (option.kind === 'flag') return option.toValue(words.at(-1) as boolean | undefined);
  return option.toValue(words as readonly string[], { name: option.names.at(-1) ?? '', isGiven });
}

/**
 * Of two values for an option that takes one, or a flag given both ways, only the person knows which is meant.
 * @throws ZfsVmError `usage`
 */
function checkOnce(option: OptionDefinition, words: readonly (string | boolean)[]): void {
  if (option.kind === 'flag') {
    const name = option.names.at(-1) ?? '';
    if (!words.includes(true) || !words.includes(false)) return;
    throw new ZfsVmError('usage', `${name} and --no-${name.replace(/^-+/, '')} exclude each other`, {
      hint: 'remove one of them',
    });
  }
  if (option.isRepeatable || words.length <= 1) return;
  const [name = ''] = option.names;
  const values = words.map((word) => JSON.stringify(word));
  throw new ZfsVmError(
    'usage',
    `${name} takes one value, but was given ${words.length === 2 ? 'two' : String(words.length)}: ${values.join(' and ')}`,
    { hint: `give ${name} once` },
  );
}

/** @throws ZfsVmError `usage` for options without the one that they need */
function checkNeeds(present: readonly OptionDefinition[], names: ReadonlySet<string>): void {
  const lacking = present.filter(({ needs }) => needs !== undefined && !names.has(needs.option));
  const need: Need | undefined = lacking[0]?.needs;
  if (need === undefined) return;
  const dependent = lacking.filter(({ needs }) => needs?.option === need.option);
  const called = dependent.map((option) => option.names[0] ?? '');
  throw new ZfsVmError('usage', need.describeFault(called), { hint: need.hint });
}
