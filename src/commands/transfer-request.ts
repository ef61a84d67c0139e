import { ZfsVmError } from '../base/errors.js';
import type { GlobalArguments, OptionArguments } from '../command-line/command-definition.js';
import { pick } from '../command-line/option.js';
import { propertyOptions } from '../command-line/property-options.js';
import type {
  choiceOptions,
  destinationOption,
  tellingOptions,
  transferOptions,
} from '../command-line/transfer-options.js';
import type { Choice } from '../plan/choice.js';
import type { PropertyOptions, TransferRequest } from '../tasks/transfer/options.js';
import type { CommandContext } from './base-command.js';
import { isPlanOnly } from './plan-only.js';
import { isWatched } from './tell-transfer.js';

/** What the words of push, pull and copy have in common. */
type TransferArguments = OptionArguments<
  typeof transferOptions & { readonly destination: ReturnType<typeof destinationOption> }
>;

/** Arguments that are for the command itself, and the two that `toChoice` makes the patterns or the datasets of. */
type NotPassedOn = keyof (GlobalArguments & typeof tellingOptions) | 'patterns' | 'allSnapshots';

/** What a value must be to have its place in a request. */
type FieldOf<Target, Name> = Name extends keyof Target ? Target[Name] : 'no field of the request takes this';

/**
 * Arguments of which each has its place: in the choice, among the properties, or in the request itself. An option that is declared, and
 * that the request of its task doesn't know, does not compile.
 */
type PlacedIn<Request, Arguments> = {
  readonly [Name in Exclude<keyof Arguments, NotPassedOn>]: Name extends keyof typeof choiceOptions
    ? FieldOf<Choice, Name>
    : Name extends keyof typeof propertyOptions
      ? FieldOf<PropertyOptions, Name>
      : FieldOf<Request, Name>;
};

/** Such a command. */
interface TransferCall {
  readonly args: TransferArguments;
  readonly name: readonly string[];
  readonly context: CommandContext;
}

/**
 * What is to be sent, and how: options have the names that a request has for them.
 * @param args those of the command, with what it has besides the common ones
 * @throws ZfsVmError `usage` for options that don't go together
 */
export function toTransferRequest<
  Request extends TransferRequest,
  Arguments extends TransferArguments & PlacedIn<Request, Arguments>,
>(call: TransferCall, args: Arguments): Request {
  checkTogether(call);
  const groups = {
    choice: toChoice(args),
    properties: pick(args, keysOf(propertyOptions)),
    wantsSizes: isWatched(call.context, args),
  };
  // The compiler can't tell what `PlacedIn` comes to while the request is not known.
  return { ...args, ...groups } as unknown as Request;
}

/** Which versions are meant. With `--all-snapshots` the patterns are all read as datasets, and else none of them is. */
function toChoice({ patterns, allSnapshots, ...rest }: OptionArguments<typeof choiceOptions>): Choice {
  if (!allSnapshots) return { ...rest, patterns: patterns.filter((pattern) => 'streamline' in pattern) };
  const datasets = patterns.filter((pattern) => 'dataset' in pattern).map(({ dataset }) => dataset);
  return { ...rest, datasets };
}

function keysOf<Options extends object>(options: Options): (keyof Options)[] {
  return Object.keys(options) as (keyof Options)[];
}

/** @throws ZfsVmError `usage` */
function checkTogether(call: TransferCall): void {
  if (!isPlanOnly(call) && call.args.commands) {
    throw new ZfsVmError('usage', '--commands needs a plan', {
      hint: 'add --dry-run, or "plan" before the command',
    });
  }
}
