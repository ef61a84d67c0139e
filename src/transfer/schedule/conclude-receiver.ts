import type { Plan } from '../../plan/plan.js';
import { writeRoles } from '../around/write-roles.js';
import type { Arrival } from '../event.js';
import type { TransferContext } from './receiver-run.js';

/** Writes down whose copies those are that something came to, or that were found to be copies. */
export async function writeRolesOf(
  done: readonly Arrival[],
  { upToDate }: Plan,
  { receiver, signal }: Pick<TransferContext, 'receiver' | 'signal'>,
): Promise<void> {
  const copies = [...done.map(({ chain }) => chain), ...upToDate];
  const roles = new Map(
    copies.flatMap(({ destination, role }) => (role === undefined ? [] : [[destination, role] as const])),
  );
  if (roles.size > 0) await writeRoles(receiver, roles, signal);
}

/**
 * Destroys what was moved aside where all is there that was to come.
 * @param done what has come
 * @param notThere destinations that lack what was sent
 */
export async function destroyReplaced(
  done: readonly Arrival[],
  notThere: ReadonlySet<string>,
  { chains, upToDate }: Plan,
  { receiver, replaced, emit, signal }: TransferContext,
): Promise<void> {
  const missing = new Set(notThere);
  const last = new Map(chains.map(({ destination, steps }) => [destination, steps.at(-1)?.to.guid]));
  const arrived = new Set(done.map(({ chain, step }) => `${chain.destination} ${step.to.guid}`));
  for (const [destination, guid] of last) {
    if (!arrived.has(`${destination} ${guid ?? ''}`)) missing.add(destination);
  }
  const there = new Set([...last.keys(), ...upToDate.map(({ destination }) => destination)]);
  const isThere = (destination: string): boolean => there.has(destination) && !missing.has(destination);
  await replaced.destroyReplaced(receiver, isThere, { emit, signal });
}
