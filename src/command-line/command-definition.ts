import type { GlobalOptions } from './global-options.js';
import type { OptionDefinition, OptionValue, WordKind } from './option.js';

/** A word of a command that is no option: which host, which dataset. */
export interface OperandDefinition<Value = unknown> {
  /** What help calls it. */
  readonly name: string;
  readonly kind: WordKind;
  /** All values that there are, if it is a choice. */
  readonly choices?: readonly string[];
  readonly isRequired: boolean;
  /** Whether there may be several; only the last operand of a command can be such. */
  readonly isRepeatable: boolean;
  /** @throws ZfsVmError `usage` */
  readonly toValue: (texts: readonly string[]) => Value;
}

/** How an operand is called and read. */
interface OperandForm<Value> {
  readonly name: string;
  readonly kind: WordKind;
  readonly choices?: readonly string[];
  readonly read: (text: string) => Value;
}

/** An operand that has to be there. */
export function operand<Value>({ read, ...form }: OperandForm<Value>): OperandDefinition<Value> {
  return { ...form, isRequired: true, isRepeatable: false, toValue: ([text = '']) => read(text) };
}

/** An operand that may be left out. */
export function optionalOperand<Value>({
  read,
  ...form
}: OperandForm<Value>): OperandDefinition<Value | undefined> {
  const toValue = ([text]: readonly string[]): Value | undefined =>
    text === undefined ? undefined : read(text);
  return { ...form, isRequired: false, isRepeatable: false, toValue };
}

/** The hosts that a command works with. */
export function hostOperands({
  isRequired,
}: {
  readonly isRequired: boolean;
}): OperandDefinition<readonly string[]> {
  return { name: hostName, kind: 'host', isRequired, isRepeatable: true, toValue: (texts) => texts };
}

const hostName = '[user@]host';

/** A host. */
export const hostOperand = operand({ name: hostName, kind: 'host', read: (text) => text });

/** A host; this machine when it is left out. */
export const optionalHostOperand = optionalOperand({ name: hostName, kind: 'host', read: (text) => text });

/** A command: all that is known of its words, in one place. */
export interface CommandDefinition {
  /** What it is called, a list of words for each, e.g. `push` and `plan push`; the first one is its usual name. */
  readonly names: readonly (readonly string[])[];
  /** What it does, in one line that goes on from its name. */
  readonly description: string;
  /** The same at length, in paragraphs; how lines are indented makes no difference. */
  readonly details: string;
  /** Command lines that work, each with what it is for; without the program's name. */
  readonly examples: readonly (readonly [purpose: string, line: string])[];
  /** Its own options, in the order of the help; those of every command go without saying. */
  readonly options: Readonly<Record<string, OptionDefinition>>;
  /** Its other words, in their order. */
  readonly operands: Readonly<Record<string, OperandDefinition>>;
  /** The options that the synopsis names, in its order, the others being `[OPTION]...` there; all of them when it is left out. */
  readonly inSynopsis?: readonly string[];
}

/** What the words of a command come to, by the names of its options and operands. */
export type ArgumentsOf<Definition extends CommandDefinition> = OptionArguments<Definition['options']> & {
  readonly [Key in keyof Definition['operands']]: OptionValue<Definition['operands'][Key]>;
} & GlobalArguments;

/** What some options come to. */
export type OptionArguments<Options> = { readonly [Key in keyof Options]: OptionValue<Options[Key]> };

/** What the options of every command come to. */
export type GlobalArguments = OptionArguments<GlobalOptions>;

/** A definition as it is: so that the compiler knows what its arguments come to. */
export function defineCommand<const Definition extends CommandDefinition>(
  definition: Definition,
): Definition {
  return definition;
}
