import { quoteCommand } from '../../base/shell.js';
import type { GrantResult } from '../../tasks/doctor/find-grant.js';
import type { GrantRole } from '../../tasks/doctor/grant.js';

const purposes: Readonly<Record<GrantRole, string>> = {
  sender: 'send versions',
  receiver: 'receive versions',
  'append-only': 'add versions, and roll back, replace or destroy nothing',
  pruner: 'destroy versions',
};

/** The `zfs allow` lines for a role, to be run as root there; what else is to be known stands in comments. */
export function formatGrant({ host, grant, user, dataset, version }: GrantResult): string {
  const allow = (permissions: readonly string[]): string =>
    quoteCommand(['zfs', 'allow', '-u', user, permissions.join(','), dataset]);
  const lines = [
    `# lets ${user} ${purposes[grant.role]} below ${dataset}; run as root on ${host} (OpenZFS ${version.text})`,
    allow(grant.permissions),
    ...grant.narrower.flatMap(({ name, insteadOf }) => [
      `# or, for raw streams only${name === 'send:encrypted' ? ', of encrypted datasets' : ''}:`,
      `# ${allow(grant.permissions.map((permission) => (permission === insteadOf ? name : permission)))}`,
    ]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
