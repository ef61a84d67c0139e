/** That no notes are shown, and why. */
export function describeLeftOutNotes(hostName: string): string {
  return `a note on ${hostName} has a tab or a line end in it: no notes are shown`;
}

/** That there is nothing to list. */
export function describeNoVersions(hostName: string): string {
  return `${hostName} has no zfs-vm versions`;
}
