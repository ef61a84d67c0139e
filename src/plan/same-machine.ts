import { fullNameOf, type Datasets } from '../streamline/dataset.js';

/**
 * Whether two lists of datasets are of one machine, which was reached under two names: all datasets are the same ones, by name and GUID, the
 * roots of their pools among them. Machines that were made from one image have pools with the same GUIDs, until one of them makes a dataset.
 */
export function isSameMachine(datasets: Datasets, others: Datasets): boolean {
  if (datasets.size === 0 || datasets.size !== others.size) return false;
  for (const { name, guid } of datasets.values()) {
    if (guid === undefined || others.get(name)?.guid !== guid) return false;
  }
  return true;
}

/**
 * Whether what little is known of another host looks like this very one: a snapshot of it has not only the GUID, but was made in the same
 * transaction group as here. One that was received has the group of its receive.
 */
export function seemsSameMachine(datasets: Datasets, others: Datasets): boolean {
  for (const { name, snapshots } of others.values()) {
    const own = datasets.get(name)?.snapshots ?? [];
    const [first] = snapshots;
    if (first === undefined || own.length === 0) continue;
    return own.some(
      (snapshot) =>
        fullNameOf(snapshot) === fullNameOf(first) &&
        snapshot.guid === first.guid &&
        snapshot.createtxg === first.createtxg,
    );
  }
  return false;
}
