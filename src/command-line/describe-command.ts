import type { CommandDefinition, OperandDefinition } from './command-definition.js';
import { globalOptions, helpOption } from './global-options.js';
import type { OptionDefinition, WordKind } from './option.js';

/** A command's words as data: what help, completions and manual pages are made of. */
export interface CommandDescription {
  /** Its usual name. */
  readonly name: string;
  /** All its names, e.g. `plan push` besides `push`. */
  readonly names: readonly string[];
  /** How it is called, in the style of a manual page, e.g. `list [--json] [[user@]host]`. */
  readonly synopsis: string;
  readonly description: string;
  /** Lines without indentation; an empty one between paragraphs. */
  readonly details: string;
  readonly examples: readonly { readonly purpose: string; readonly line: string }[];
  /** Its own, and then those of every command. `--no-...` has an entry of its own, where it means something. */
  readonly options: readonly OptionDescription[];
  readonly operands: readonly OperandDescription[];
}

/** An option as help shows it. */
export interface OptionDescription {
  /** With their dashes; the long one is the last. */
  readonly names: readonly string[];
  /** Undefined for an option without a value. */
  readonly value:
    { readonly name: string; readonly kind: WordKind; readonly choices: readonly string[] } | undefined;
  readonly help: string;
  readonly isRepeatable: boolean;
  /** One of its names that it has before the command only. */
  readonly nameBefore: string | undefined;
  /** Whether every command has it. */
  readonly isGlobal: boolean;
  /** The option that it makes sense beside only. */
  readonly needs: string | undefined;
}

/** A word that is no option. */
export type OperandDescription = Pick<
  OperandDefinition,
  'name' | 'kind' | 'choices' | 'isRequired' | 'isRepeatable'
>;

/** What there is to know of a command's words. */
export function describeCommand(definition: CommandDefinition): CommandDescription {
  const { names, description, details, examples, options, operands } = definition;
  return {
    name: nameOf(definition),
    names: names.map((words) => words.join(' ')),
    synopsis: formatSynopsis(definition),
    description,
    details: trimIndent(details),
    examples: examples.map(([purpose, line]) => ({ purpose, line })),
    options: [...describeOptions(Object.values(options), { isGlobal: false }), ...describeGlobalOptions()],
    operands: Object.values(operands).map(({ name, kind, choices, isRequired, isRepeatable }) => ({
      ...{ name, kind, ...(choices && { choices }), isRequired, isRepeatable },
    })),
  };
}

/** What a command is usually called. */
export function nameOf({ names: [usual = []] }: Pick<CommandDefinition, 'names'>): string {
  return usual.join(' ');
}

/** The options of every command. */
export function describeGlobalOptions(): OptionDescription[] {
  return describeOptions([...Object.values(globalOptions), helpOption], { isGlobal: true });
}

function describeOptions(
  options: readonly OptionDefinition[],
  { isGlobal }: { readonly isGlobal: boolean },
): OptionDescription[] {
  return options.flatMap((option): OptionDescription[] => {
    const needs = option.needs?.option;
    const prefix = needs === undefined ? '' : `with ${needs}: `;
    const common = { value: undefined, isRepeatable: false, nameBefore: undefined, isGlobal, needs };
    if (option.kind === 'flag') {
      const { names, nameBefore, help, helpWithout } = option;
      const all = nameBefore === undefined ? names : [nameBefore, ...names];
      return [
        ...(help === undefined ? [] : [{ ...common, names: all, nameBefore, help: `${prefix}${help}` }]),
        ...(helpWithout === undefined
          ? []
          : [{ ...common, names: [withoutOf(option)], help: `${prefix}${helpWithout}` }]),
      ];
    }
    const { names, valueName, valueKind, choices = [], isRepeatable, usual } = option;
    const help = `${prefix}${option.help}${usual === undefined ? '' : ` (${usual})`}${isRepeatable ? '; repeatable' : ''}`;
    const value = { name: valueName, kind: valueKind, choices };
    return [{ ...common, names, value, help, isRepeatable }];
  });
}

/** How an option without a value is said not to be. */
function withoutOf({ names }: OptionDefinition): string {
  return `--no-${(names.at(-1) ?? '').replace(/^--/, '')}`;
}

/** How a command is called: the options that are most wanted, and the operands. */
export function formatSynopsis(definition: CommandDefinition): string {
  const { options, operands, inSynopsis = Object.keys(options) } = definition;
  const all = Object.entries(options);
  const shown = inSynopsis.flatMap((key) => options[key] ?? []).filter(({ needs }) => needs === undefined);
  const named = shown.map((option) => formatInSynopsis(option, all));
  const isComplete = all.every(
    ([key, option]) => inSynopsis.includes(key) || option.needs !== undefined || 'synopsis' in option,
  );
  const words = [
    ...[nameOf(definition), ...named, isComplete ? '' : anyOption],
    ...Object.values(operands).map(formatOperand),
  ];
  return words.filter((word) => word !== '').join(' ');
}

const anyOption = '[OPTION]...';

function formatInSynopsis(
  option: OptionDefinition,
  all: readonly (readonly [key: string, option: OptionDefinition])[],
): string {
  if ('synopsis' in option) return option.synopsis ?? '';
  const { names } = option;
  const [name = ''] = names;
  if (option.kind === 'flag') {
    const ways = [
      ...(option.help === undefined ? [] : [name]),
      ...(option.helpWithout === undefined ? [] : [withoutOf(option)]),
    ];
    return `[${ways.join('|')}]`;
  }
  const dependent = all.some(([, { needs }]) => needs?.option === names.at(-1)) ? ` ${anyOption}` : '';
  return `[${name} ${option.valueName}${dependent}]${option.isRepeatable ? '...' : ''}`;
}

function formatOperand({ name, isRequired, isRepeatable }: OperandDefinition): string {
  return `${isRequired ? name : `[${name}]`}${isRepeatable ? '...' : ''}`;
}

function trimIndent(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .join('\n')
    .trim();
}
