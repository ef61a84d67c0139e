import type { Dataset, Point } from '../streamline/dataset.js';
import type { Step } from './plan.js';

/**
 * `zfs send -I` looks at every snapshot of the dataset before it begins. For so many, that takes less time than the two processes
 * that a step less saves (OpenZFS 2.3.2, emulated: 4 ms a snapshot, 0.3 s a step).
 */
const snapshotsPerStep = 50;

/**
 * Marks the increments that can travel in one stream with the step before them: each begins where the other ends, and no
 * snapshot that isn't wanted lies between, as `zfs send -I` takes all. Where that wouldn't pay, none is marked.
 * @param dataset what the steps are sent from
 */
export function shareStreams(
  steps: readonly [Step, ...Step[]],
  dataset: Dataset,
): readonly [Step, ...Step[]] {
  const [first, ...rest] = steps;
  if (rest.length === 0) return steps;
  const positions = new Map(dataset.snapshots.map((snapshot, index): [Point, number] => [snapshot, index]));
  const isGapless = (step: Step | undefined): boolean => {
    if (step?.kind !== 'incremental') return false;
    const from = positions.get(step.from);
    return from !== undefined && positions.get(step.to) === from + 1;
  };
  // `steps[index]` is the one before `rest[index]`.
  const shares = rest.map((step, index) => isGapless(step) && isGapless(steps[index]));
  const savedSteps = shares.filter(Boolean).length;
  if (savedSteps * snapshotsPerStep < dataset.snapshots.length) return steps;
  return [
    first,
    ...rest.map((step, index): Step => {
      if (shares[index] !== true || step.kind !== 'incremental') return step;
      // There may be a million: an object to which a field is added takes several times the memory.
      const { kind, from, to } = step;
      return { kind, from, to, sharesStream: true };
    }),
  ];
}
