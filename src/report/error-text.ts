import type { ChalkInstance } from 'chalk';
import { ZfsVmError } from '../errors.js';

/** An error for people: a line with what happened, the evidence beneath, the next thing to do last. */
export function formatError(error: unknown, colors: ChalkInstance, options: { debug: boolean }): string {
  if (!(error instanceof ZfsVmError)) {
    const text =
      error instanceof Error
        ? options.debug
          ? (error.stack ?? error.message)
          : error.message
        : String(error);
    const hint = options.debug ? '' : '; run it again with --debug and report what it prints';
    return `${colors.red('zfs-vm: unexpected error:')} ${text}${hint}\n`;
  }
  const lines = [
    `${colors.red('zfs-vm:')} ${error.message}`,
    ...error.details.map((detail) => `  ${detail}`),
    ...(error.hint === undefined ? [] : [`  ${colors.cyan('try:')} ${error.hint}`]),
    ...(options.debug && error.stack !== undefined ? [error.stack] : []),
  ];
  return `${lines.join('\n')}\n`;
}
