import { ZfsVmError } from '../base/errors.js';
import type { OptionArguments } from '../command-line/command-definition.js';
import { pick } from '../command-line/option.js';
import { propertyOptions } from '../command-line/property-options.js';
import type { choiceOptions, destinationOption, transferOptions } from '../command-line/transfer-options.js';
import type { Choice } from '../plan/choice.js';
import type { TransferRequest } from '../tasks/transfer/options.js';
import type { CommandContext } from './base-command.js';
import { isPlanOnly } from './plan-only.js';
import { isWatched } from './tell-transfer.js';

/** What the words of push, pull and copy have in common. */
type TransferArguments = OptionArguments<
  typeof transferOptions & { readonly destination: ReturnType<typeof destinationOption> }
>;

/** Such a command. */
interface TransferCall {
  readonly args: TransferArguments;
  readonly name: readonly string[];
  readonly context: CommandContext;
}

/**
 * What is to be sent, and how: options have the names that a request has for them.
 * @throws ZfsVmError `usage` for options that don't go together
 */
export function toTransferRequest(call: TransferCall): TransferRequest {
  const { args, context } = call;
  checkTogether(call);
  return {
    ...args,
    choice: toChoice(args),
    properties: pick(args, keysOf(propertyOptions)),
    wantsSizes: isWatched(context, args),
  };
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
