import { nameHost } from '../../base/host-words.js';

/** That no notes are shown, and why. */
export function describeLeftOutNotes(hostName: string): string {
  return `a note on ${nameHost(hostName)} contains a tab or newline; notes are not shown`;
}

/** That there is nothing to list. */
export function describeNoVersions(hostName: string): string {
  return `no versions on ${nameHost(hostName)}`;
}
