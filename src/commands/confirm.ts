import { ZfsVmError } from '../base/errors.js';
import type { BaseCommand } from './base-command.js';
import type { Prompter } from '../host/ssh/prompt.js';

/**
 * Shows what would be lost, a line each, and asks whether it may.
 * @param isAnswered whether the person has said yes already, with --yes
 * @throws ZfsVmError `conflict` when the answer is not yes, or there is nobody to ask
 */
export async function confirmLosses(
  losses: readonly string[],
  isAnswered: boolean,
  { context: { stderr, signal } }: Pick<BaseCommand, 'context'>,
  { prompter }: { readonly prompter: Pick<Prompter, 'ask'> },
): Promise<void> {
  if (losses.length === 0) return;
  stderr.write(losses.map((line) => `${line}\n`).join(''));
  if (isAnswered) return;
  const answer = await prompter.ask('Really do that? (yes/no) ', { secret: false, signal });
  signal.throwIfAborted();
  if (answer === 'yes') return;
  throw new ZfsVmError('conflict', 'nothing was done, because that was not confirmed', {
    hint: 'answer yes, or add --yes if it may go',
  });
}
