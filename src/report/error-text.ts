import type { ChalkInstance } from 'chalk';
import { ZfsVmError } from '../base/errors.js';
import { describeThrown, toPrintable } from '../base/printable.js';

/**
 * An error for people: a line with what happened, the evidence beneath, the next thing to do last. Whatever is in it from
 * elsewhere, it is printable.
 */
export function formatError(error: unknown, colors: ChalkInstance, options: { debug: boolean }): string {
  const stack =
    options.debug && error instanceof Error ? (error.stack ?? '').split('\n').map(toPrintable) : [];
  if (!(error instanceof ZfsVmError)) {
    const hint = options.debug ? '' : '; run the command again with --debug and report the output';
    const message = `${colors.red('zfs-vm: unexpected error:')} ${describeThrown(error)}${hint}`;
    return `${[message, ...stack].join('\n')}\n`;
  }
  const lines = [
    `${colors.red('zfs-vm:')} ${toPrintable(error.message)}`,
    ...error.details.map((detail) => `  ${toPrintable(detail)}`),
    ...(error.hint === undefined ? [] : [`  ${colors.cyan('try:')} ${toPrintable(error.hint)}`]),
    ...stack,
  ];
  return `${lines.join('\n')}\n`;
}
