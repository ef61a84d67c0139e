import { ZfsVmError } from '../../base/errors.js';
import { quoteWord } from '../../base/shell.js';
import type { Config } from '../../config/config.js';
import type { Plan } from '../../plan/plan.js';
import { isTagged } from '../../streamline/dataset.js';
import { baseNameOf } from '../../zfs/names.js';
import type { FirstLook } from './receiver-transfer.js';

/** What both SSH clients say of a name that nobody knows. A host that is down has a name that is known. */
const unknownName = /cannot resolve host|could not resolve hostname/i;

/**
 * Refuses a transfer before anything is sent, where a host that nobody knows has the name of something that would be sent: it was
 * most likely meant to choose that.
 * @param plan the plan for one of the others
 * @throws ZfsVmError `usage`
 */
export async function refuseMistakenHosts(
  looks: readonly FirstLook[],
  plan: Plan,
  { remotes }: Pick<Config, 'remotes'>,
): Promise<void> {
  const settled = await Promise.allSettled(looks.map(({ connecting }) => connecting));
  for (const [index, { receiver }] of looks.entries()) {
    const { name } = receiver;
    const end = settled[index];
    if (end?.status !== 'rejected' || remotes.has(name) || !unknownName.test(String(end.reason))) continue;
    const what = findNamed(plan, name);
    if (what === undefined) continue;
    throw new ZfsVmError('usage', `there is no host ${name}, and ${name} is ${what}; nothing was sent`, {
      hint: `to choose a streamline, use -n ${quoteWord(name)}`,
    });
  }
}

/** What of a plan has a name: a streamline, or a dataset by its name or the last part of that. */
function findNamed({ chains, upToDate, conflicts }: Plan, name: string): string | undefined {
  const snapshots = [
    ...chains.flatMap(({ steps }) => steps.map(({ to }) => to)),
    ...upToDate.map(({ newest }) => newest),
  ];
  const streamlines = [
    ...snapshots.filter(isTagged).map(({ tag }) => tag.streamline),
    ...conflicts.flatMap((conflict) => conflict.streamlines),
  ];
  if (streamlines.includes(name)) return 'a streamline here';
  const sources = [...chains, ...upToDate, ...conflicts].map(({ source }) => source);
  return sources.some((source) => source === name || baseNameOf(source) === name)
    ? 'a dataset here'
    : undefined;
}
