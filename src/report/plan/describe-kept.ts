import { nameHost, qualify } from '../../base/host-words.js';
import { showCommand } from '../../base/shell.js';
import type { TransferEvent } from '../../transfer/event.js';

/** Where what was moved aside is kept, and what to do with it. */
export function describeKept({
  host,
  destination,
  aside,
  isReplaced,
  isSure,
}: TransferEvent & { readonly kind: 'aside-kept' }): string {
  const destroy = `${showCommand('zfs', 'destroy', '-r', aside)} on ${nameHost(host)}`;
  const at = qualify(host, destination);
  if (isReplaced) {
    return `warning: ${at} was replaced; its old content is kept as ${aside}. If it is not needed, destroy it: ${destroy}`;
  }
  const rename = showCommand('zfs', 'rename', aside, destination);
  const what = isSure ? `is kept as ${aside}` : `may be kept as ${aside}`;
  return [
    `warning: ${at} was not replaced; its old content ${what}.`,
    `To finish, run the same command again, then destroy the old content: ${destroy}.`,
    `To move it back, destroy ${destination} if it exists, then run ${rename} on ${nameHost(host)}`,
  ].join(' ');
}
