import type { Policy, Right } from './policy.js';

/** What each right is, in words. */
const meanings: Readonly<Record<Right, string>> = {
  list: 'list datasets, snapshots and bookmarks, with their properties',
  send: 'send snapshots; hold and bookmark them meanwhile',
  receive: 'receive snapshots, create parent filesystems, set notes and roles',
  prune: 'destroy snapshots, keep bookmarks of them',
};

/** What a policy lets through, a line each. @param isScript whether the gate is the shell script */
export function explainPolicy(policy: Policy, isScript = false): string[] {
  const { allow, roots, streamlines, appendOnly, bytesPerSecond, quotaBytes } = policy;
  const all = Object.entries(meanings) as [Right, string][];
  return [
    ...all.map(([right, meaning]) => `${allow.has(right) ? 'allowed' : 'refused'}: ${right}: ${meaning}`),
    `datasets: ${roots.join(', ')}, and everything below; of those above, name and properties are listed`,
    `streamlines: ${streamlines.length === 0 ? 'any snapshot' : `versions of ${streamlines.join(', ')}`}`,
    appendOnly
      ? 'append-only: no destroy, no abort of interrupted receives, no change of notes and roles'
      : 'not append-only: interrupted receives can be dropped, notes and roles changed',
    'always refused: shells, other commands, files, forwarding, rollback, --replace, --set-aside, mounting',
    ...(isScript
      ? ['refused by the shell script: notes and values of properties with characters outside of ASCII']
      : []),
    ...(bytesPerSecond === undefined ? [] : [`rate: ${bytesPerSecond} bytes a second for each stream`]),
    ...(quotaBytes === undefined ? [] : [`quota: nothing is received beyond ${quotaBytes} bytes used`]),
  ];
}
