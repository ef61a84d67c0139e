/** What kind of thing a word names: for completions, and for whoever reads a manual. */
export type WordKind =
  | 'choice'
  | 'container'
  | 'dataset'
  | 'duration'
  | 'file'
  | 'host'
  | 'note'
  | 'number'
  | 'pattern'
  | 'property'
  | 'property-list'
  | 'property-value'
  | 'rate'
  | 'version';

/** What a reader of texts may look at besides the text. */
export interface ReadContext {
  /** What the option is called in what is said about it: its long name, if it has one. */
  readonly name: string;
  /** Whether another option was given, by one of its names. */
  readonly isGiven: (name: string) => boolean;
}

/** Makes a value of a text. @throws ZfsVmError `usage`, with what is wrong with it and how it is written */
export type ReadText<Value> = (text: string, context: ReadContext) => Value;

/** That an option makes sense only beside another one. */
export interface Need {
  /** The long name of the other one. */
  readonly option: string;
  /** What is wrong when it is missing. @param names of the options that need it and were given */
  readonly describeFault: (names: readonly string[]) => string;
  /** What to do then. */
  readonly hint: string;
}

interface CommonDefinition {
  /** As they are typed, with their dashes; the long one is the last. */
  readonly names: readonly string[];
  /** The option that this one needs. */
  readonly needs?: Need;
  /** What stands for it in the synopsis, instead of what is made of its name and value; nothing, where it is undefined. */
  readonly synopsis?: string | undefined;
}

/** An option without a value: it is given, given as `--no-...`, or left out. */
export interface FlagDefinition<Value = unknown> extends CommonDefinition {
  readonly kind: 'flag';
  /** What it does; undefined where only the other way makes sense. */
  readonly help: string | undefined;
  /** What `--no-...` does; undefined where nobody needs it. */
  readonly helpWithout: string | undefined;
  /** A short name that it has before the command only, where the command's options have no say yet. */
  readonly nameBefore?: string;
  /** @param given undefined when it was left out */
  readonly toValue: (given: boolean | undefined) => Value;
}

/** An option with a value. */
export interface ValueDefinition<Value = unknown> extends CommonDefinition {
  readonly kind: 'value';
  /** The name of its value, as help shows it. */
  readonly valueName: string;
  readonly valueKind: WordKind;
  /** All values that there are, if it is a choice. */
  readonly choices?: readonly string[];
  readonly help: string;
  readonly isRepeatable: boolean;
  /** What it is when it is left out, as it would be typed. */
  readonly usual: string | undefined;
  /** @param texts what was typed, each time that it was given. @throws ZfsVmError `usage` */
  readonly toValue: (texts: readonly string[], context: ReadContext) => Value;
}

/**
 * An option: all that is known of it, in one place. What reads command lines, helps, or explains what is wrong with one looks here,
 * and so do completions and manual pages.
 */
export type OptionDefinition<Value = unknown> = FlagDefinition<Value> | ValueDefinition<Value>;

/** What an option comes to. */
export type OptionValue<Definition> = Definition extends {
  readonly toValue: (...given: never[]) => infer Value;
}
  ? Value
  : never;

/** An option that is given or isn't. */
export function flag(names: readonly string[], help: string): FlagDefinition<boolean> {
  return { kind: 'flag', names, help, helpWithout: undefined, toValue: (given = false) => given };
}

/** What says what a toggle means both ways. */
interface ToggleHelp {
  readonly help?: string;
  readonly helpWithout: string;
}

/** An option that can be said, said not to be (`--no-...`), or left to what `usual` is. */
export function toggle<const Usual extends boolean | undefined>(
  names: readonly string[],
  { help, helpWithout, usual }: ToggleHelp & { readonly usual: Usual },
): FlagDefinition<boolean | Usual> {
  return { kind: 'flag', names, help, helpWithout, toValue: (given) => given ?? usual };
}

/** How the value of an option is called, explained and read. */
export interface ValueForm<Value> {
  readonly value: string;
  readonly kind: WordKind;
  readonly choices?: readonly string[];
  readonly help: string;
  readonly read: ReadText<Value>;
}

/** An option with one value; given twice, the last one counts, or where it names something, none. @param form `usual` is what it is when it is left out, as it would be typed */
export function value<Value>(
  names: readonly string[],
  form: ValueForm<Value> & { readonly usual: string },
): ValueDefinition<Value>;
export function value<Value>(
  names: readonly string[],
  form: ValueForm<Value>,
): ValueDefinition<Value | undefined>;
export function value<Value>(
  names: readonly string[],
  form: ValueForm<Value> & { readonly usual?: string },
): ValueDefinition<Value | undefined> {
  const { read, usual } = form;
  return {
    ...describeForm(names, form),
    ...{ isRepeatable: false, usual },
    toValue: (texts, context) => {
      const text = texts.at(-1) ?? usual;
      return text === undefined ? undefined : read(text, context);
    },
  };
}

/** An option with a value that may be given several times. */
export function list<Value>(
  names: readonly string[],
  form: ValueForm<Value>,
): ValueDefinition<readonly Value[]> {
  return {
    ...describeForm(names, form),
    ...{ isRepeatable: true, usual: undefined },
    toValue: (texts, context) => texts.map((text) => form.read(text, context)),
  };
}

function describeForm(
  names: readonly string[],
  { value: valueName, kind: valueKind, choices, help }: ValueForm<unknown>,
): Pick<ValueDefinition, 'kind' | 'names' | 'valueName' | 'valueKind' | 'choices' | 'help'> {
  return { kind: 'value', names, valueName, valueKind, help, ...(choices && { choices }) };
}

/** The same options, for a command that has them only beside another one, and does without what they usually are. */
export function onlyBeside<Options extends Readonly<Record<string, OptionDefinition>>>(
  need: Need,
  options: Options,
): { readonly [Key in keyof Options]: OptionDefinition<OptionValue<Options[Key]> | undefined> } {
  const beside = Object.entries(options).map(([key, option]) => [key, addNeed(option, need)] as const);
  return Object.fromEntries(beside) as ReturnType<typeof onlyBeside<Options>>;
}

function addNeed(option: OptionDefinition, needs: Need): OptionDefinition {
  if (option.kind === 'flag') {
    const toValue = (given: boolean | undefined): unknown =>
      given === undefined ? undefined : option.toValue(given);
    return { ...option, needs, toValue };
  }
  const toValue: typeof option.toValue = (texts, context) =>
    texts.length === 0 ? undefined : option.toValue(texts, context);
  return { ...option, needs, toValue };
}

/** A text as it is. */
export const readText: ReadText<string> = (text) => text;

/** Those of some options or arguments that have these names. */
export function pick<Values extends object, const Key extends keyof Values>(
  values: Values,
  keys: readonly Key[],
): Pick<Values, Key> {
  return Object.fromEntries(keys.map((key) => [key, values[key]])) as Pick<Values, Key>;
}
