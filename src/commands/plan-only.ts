/** Whether only the plan is wanted: by `--dry-run`, or "plan" before the command. */
export function isPlanOnly(command: {
  readonly args: { readonly dryRun: boolean };
  readonly name: readonly string[];
}): boolean {
  return command.args.dryRun || command.name[0] === 'plan';
}
