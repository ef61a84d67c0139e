import { ZfsVmError } from '../../base/errors.js';
import { readDatasetNamesWithin } from '../../inventory/read-about.js';
import type { Chain, Plan } from '../../plan/plan.js';
import { ancestorsOf, isWithin } from '../../zfs/names.js';
import type { LaneContext } from '../lanes/run-lane.js';

/**
 * Looks below what a run has made of somebody else's streams, in one command, for datasets that nobody planned: a stream may have had them
 * in it. What was there before isn't looked at, as others may be at work there.
 * @param made the chains that have brought something
 * @returns an error for each
 * @throws ZfsVmError when the receiver can't be asked
 */
export async function findUnplanned(
  made: readonly Chain[],
  { chains, upToDate }: Pick<Plan, 'chains' | 'upToDate'>,
  { receiver, isForeign, signal }: Pick<LaneContext, 'receiver' | 'isForeign' | 'signal'>,
): Promise<ZfsVmError[]> {
  const places = isForeign ? findOutermost(made.filter(isNew).map(({ destination }) => destination)) : [];
  if (places.length === 0) return [];
  const planned = new Set(
    [...chains, ...upToDate].flatMap(({ destination }) => [destination, ...ancestorsOf(destination)]),
  );
  const there = await readDatasetNamesWithin(receiver, places, signal);
  return there
    .filter((name) => places.some((place) => isWithin(name, place)) && !planned.has(name))
    .map((name) => describe(receiver.host.name, name));
}

/** Whether a chain makes its destination. */
function isNew({ steps: [first], by }: Chain): boolean {
  return first.kind === 'full' || first.kind === 'clone' || (first.kind === 'resume' && by === undefined);
}

/** Those that lie below none of the others. */
function findOutermost(names: readonly string[]): string[] {
  const all = new Set(names);
  return [...all].filter((name) => !ancestorsOf(name).some((above) => all.has(above)));
}

function describe(host: string, name: string): ZfsVmError {
  const message = `${host}: unexpected dataset ${name} below the received datasets`;
  return new ZfsVmError('failed', message, {
    hint: 'unless someone on that host just created it, it came with a stream: inspect it, and do not mount it',
  });
}
