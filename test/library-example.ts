import { makeSurroundings, planPush, push, type Surroundings } from '../src/index.js';

/** Pushes all versions to a host, unless a person has to decide something first. Gives a line about it. */
export async function bringUpToDate(
  host: string,
  surroundings: Surroundings = makeSurroundings(),
): Promise<string> {
  const request = { hosts: [host] };
  const { plans } = await planPush(request, surroundings);
  const conflicts = plans.flatMap(({ plan }) => plan.conflicts);
  if (conflicts.length > 0) {
    return `${host}: ${conflicts.map(({ source, reason }) => `${source}: ${reason.kind}`).join(', ')}`;
  }
  const [outcome] = await push(request, surroundings);
  const versions = outcome?.ending?.result.versions ?? 0;
  return outcome?.error === undefined
    ? `${host}: ${versions} new versions`
    : `${host}: ${outcome.error.message}`;
}
