import { findOutOfStep } from '../../requests/out-of-step.js';
import type { Probe } from './probes.js';

/**
 * The receiver's datasets about which more has to be known: the one that is expected to be the copy hasn't exactly the newest versions.
 * @param found as for `findOutOfStep`
 */
export function findDiffering(probes: readonly Probe[], found: ReadonlyMap<string, bigint>): string[] {
  const differing = new Set<string>();
  for (const { places, isExpected, newest, following } of probes) {
    const [first = ''] = places;
    const inStep = {
      newest: newest.map(({ name, guid }) => [`${first}@${name}`, guid] as const),
      following: following.map((name) => `${first}@${name}`),
      earlier: [],
    };
    const isInStep = findOutOfStep(inStep, found).differing.size === 0;
    // Of namesakes that lag, whatever is known of them tells nothing: all has to be read.
    if (isExpected && !isInStep) for (const place of places) differing.add(place);
  }
  return [...differing];
}
