import type { Writable } from 'node:stream';
import { ZfsVmError } from '../base/errors.js';
import type { Prompter } from '../host/ssh/prompt.js';
import { askAboutLosses, describeLoss } from '../report/plan/describe-loss.js';
import { writeProse } from '../report/terminal/wrap.js';
import type { Loss } from '../tasks/loss.js';

/** Where and whom to ask. */
export interface ConfirmContext {
  /** Where it is shown what would be lost. */
  readonly stderr: Writable;
  readonly prompter: Pick<Prompter, 'ask'>;
  readonly signal: AbortSignal;
}

/**
 * Shows what would be lost, a line each, and asks whether it may.
 * @param isAnswered whether the person has said yes already, with --yes
 * @throws ZfsVmError `conflict` when the answer is not yes, or there is nobody to ask
 */
export async function confirmLosses(
  losses: readonly Loss[],
  isAnswered: boolean,
  { stderr, prompter, signal }: ConfirmContext,
): Promise<void> {
  if (losses.length === 0) return;
  writeProse(
    stderr,
    losses
      .flatMap(describeLoss)
      .map((line) => `${line}\n`)
      .join(''),
  );
  if (isAnswered) return;
  await askForYes(`${askAboutLosses(losses)} Type "yes" to continue: `, { prompter, signal });
}

/** How often somebody is asked who has typed part of the word. */
const mostQuestions = 3;

/**
 * Asks for the word "yes". Who types "y" is asked again: what is destroyed is gone, and one key is typed too easily.
 * @throws ZfsVmError `conflict` when the answer is another one, or there is nobody to ask
 */
export async function askForYes(
  question: string,
  { prompter, signal }: Omit<ConfirmContext, 'stderr'>,
): Promise<void> {
  let wording = question;
  for (let count = 0; count < mostQuestions; count++) {
    const answer = (await prompter.ask(wording, { secret: false, signal }))?.trim().toLowerCase();
    signal.throwIfAborted();
    if (answer === 'yes') return;
    if (answer !== 'y' && answer !== 'ye') break;
    wording = 'Type the whole word, "yes" or "no": ';
  }
  throw new ZfsVmError('conflict', 'not confirmed; nothing was changed', {
    hint: 'run the command again and type "yes", or add --yes',
  });
}
