import type { Plan } from '../../plan/plan.js';
import { fullNameOf } from '../../streamline/dataset.js';
import { findUnplanned } from '../around/find-unplanned.js';
import { verifyArrivals } from '../around/verify-arrivals.js';
import { writeRoles } from '../around/write-roles.js';
import type { Arrival } from '../event.js';
import type { ReceiverRecord } from './receiver-record.js';
import type { TransferContext } from './transfer-context.js';

/**
 * Asks a receiver in the end whether it has what was sent, and does what then is to be done on both sides.
 * @returns how many versions it has that it didn't have before
 * @throws ZfsVmError when a host can't start commands
 */
export async function concludeReceiver(
  record: ReceiverRecord,
  plan: Plan,
  context: TransferContext,
): Promise<number> {
  const { done } = record;
  const notThere = new Set<string>();
  await record.unlessLost(async () => {
    // One asks the receiver, another the sender.
    const bookmarking = context.bookmarks?.make(findTips(done));
    const noting = context.notes.finish();
    const marking = writeRolesOf(done, plan, context);
    const verifying = verifyArrivals(done, context);
    const looking = findUnplanned(
      done.map(({ chain }) => chain),
      plan,
      context,
    );
    const [missing, unplanned] = await Promise.all([verifying, looking, bookmarking, noting, marking]);
    for (const error of unplanned) record.report(error);
    for (const { destination, error } of missing) {
      record.report(error);
      notThere.add(destination);
    }
  });
  await record.unlessLost(() => destroyReplaced(done, notThere, plan, context));
  return done.filter(({ chain }) => !notThere.has(chain.destination)).length;
}

/** The last snapshot that came of each dataset of the sender, by full name. */
function findTips(done: readonly Arrival[]): string[] {
  return [...new Map(done.map(({ chain, step }) => [chain.source, fullNameOf(step.to)])).values()];
}

/** Writes down whose copies those are that something came to, or that were found to be copies. */
async function writeRolesOf(
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
async function destroyReplaced(
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
