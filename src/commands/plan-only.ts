import { showCommand } from '../base/shell.js';

/** Whether only the plan is wanted: by `--dry-run`, or "plan" before the command. */
export function isPlanOnly(command: {
  readonly args: { readonly dryRun: boolean };
  readonly name: readonly string[];
}): boolean {
  return command.args.dryRun || command.name[0] === 'plan';
}

/**
 * The command that does what was only planned, as it stands in a message.
 * @param words of the command that was given: "plan prune ...", or "prune ... --dry-run"
 */
export function showCommandThatRuns(words: readonly string[], name: readonly string[]): string {
  const plan = name[0] === 'plan' ? words.indexOf('plan') : -1;
  const rest = words.filter((word, index) => index !== plan && word !== '--dry-run');
  const argv = ['zfs-vm', ...rest];
  return showCommand(...argv);
}
