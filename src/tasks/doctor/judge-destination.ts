import type { Datasets } from '../../streamline/dataset.js';
import { ancestorsOf } from '../../zfs/names.js';
import type { Finding } from './finding.js';

/** The dataset nearest to a place that is there: itself, or the last one above it; undefined where its pool isn't there. */
export function findExisting(datasets: Datasets, place: string): string | undefined {
  return [...ancestorsOf(place), place].findLast((name) => datasets.has(name));
}

/** What is to be said of the dataset under which new ones go. */
export function judgeDestination(datasets: Datasets, dataset: string): Finding[] {
  const missing = [...ancestorsOf(dataset), dataset].find((name) => !datasets.has(name));
  const existing = datasets.get(findExisting(datasets, dataset) ?? '');
  const findings: Finding[] = [
    {
      ...{ kind: 'destination', dataset, missing },
      level: missing === undefined ? 'ok' : existing === undefined ? 'fault' : 'note',
    },
  ];
  if (existing?.keyStatus === 'unavailable') {
    const { encryptionRoot = existing.name } = existing;
    findings.push({ kind: 'destination-key', level: 'warning', dataset, root: encryptionRoot });
  }
  return findings;
}
