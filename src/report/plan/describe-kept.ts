import { quoteCommand } from '../../base/shell.js';
import type { TransferEvent } from '../../transfer/event.js';

/** Where what was moved aside is kept, and what to do with it. */
export function describeKept({
  host,
  destination,
  aside,
  isReplaced,
  isSure,
}: TransferEvent & { readonly kind: 'aside-kept' }): string {
  const destroy = `"${quoteCommand(['zfs', 'destroy', '-r', aside])}" on ${host}`;
  if (isReplaced) {
    return `warning: ${host}:${destination} is replaced, and what it was is kept as ${aside}: if it may go, destroy it with ${destroy}`;
  }
  const rename = quoteCommand(['zfs', 'rename', aside, destination]);
  const what = isSure ? `is kept as ${aside}` : `may be kept as ${aside}`;
  return [
    `warning: ${host}:${destination} is not replaced, and what it was ${what}.`,
    `To send the rest, run the same command again, then destroy it with ${destroy};`,
    `to move it back, destroy what is at ${destination}, if anything, then run "${rename}" there`,
  ].join(' ');
}
