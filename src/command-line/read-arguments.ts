import { ZfsVmError } from '../base/errors.js';
import type { ArgumentsOf, CommandDefinition } from './command-definition.js';
import { globalOptions } from './global-options.js';
import type { Need, OptionDefinition, WordKind } from './option.js';
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

/** Values that name what a command works on. */
const namingKinds: readonly WordKind[] = ['dataset', 'host', 'version'];

/**
 * Refuses two different values of an option that names one thing: only the person knows which is meant. Of other options the last one counts,
 * so that an alias or a script can be overruled.
 * @throws ZfsVmError `usage`
 */
function checkOnce(option: OptionDefinition, words: readonly (string | boolean)[]): void {
  if (option.kind === 'flag' || option.isRepeatable || !namingKinds.includes(option.valueKind)) return;
  const values = [...new Set(words)].map((word) => JSON.stringify(word));
  if (values.length <= 1) return;
  const [name = ''] = option.names;
  throw new ZfsVmError(
    'usage',
    `${name} takes one value, but was given ${values.length === 2 ? 'two' : String(values.length)}: ${values.join(' and ')}`,
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
