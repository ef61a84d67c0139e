import { fullNameOf, type Dataset, type Datasets, type Point } from '../streamline/dataset.js';
import { datasetOf, walkHistory } from '../streamline/lineage.js';
import { follows } from '../zfs/role.js';
import type { ReasonOf } from './conflict.js';
import type { Step } from './plan.js';
import type { ReceiverModel } from './receiver-model.js';

/*
 * A raw increment brings the key of its blocks, too, wrapped with that of the sender's encryption root (`dsl_crypto_recv_raw_key_sync` in
 * dsl_crypt.c). Whose key opens the copy stays as it is on the receiver: if that isn't the copy of the sender's encryption root, zfs receives the
 * increment with status 0, and nothing opens the copy once its key is unloaded. Seen on OpenZFS 2.3.2, with keys loaded anew and
 * filesystems mounted:
 *
 *  - a copy that is its own encryption root, as every dataset is that arrived raw by itself: opens with the sender's key
 *  - a copy that inherits from the copy of the sender's encryption root (`change-key -i` there, or `zfs send -R -w`): opens
 *  - a clone that inherits from its origin, which arrived raw by itself and has the sender's encryption root in common with it: opens
 *  - a copy that inherits from anything else (`change-key -i` below another encrypted dataset): never opens again
 *  - one that was made its own encryption root again before the increment (`change-key -o keyformat=...`): opens with the sender's key
 */

/** What a raw chain goes on from. */
export interface RawBase {
  /** The sender's dataset. */
  readonly source: Dataset;
  readonly sender: Datasets;
  readonly destination: string;
  readonly first: Step;
  /** Full names of snapshots of the receiver that were encrypted anew there: their blocks are not those of the sender. */
  readonly reencrypted: ReadonlySet<string>;
}

/** What keeps a raw increment, or a raw clone, from what it goes on from; undefined when nothing does, or the base isn't there yet. */
export function findKeyConflict(
  { source, sender, destination, first, reencrypted }: RawBase,
  model: ReceiverModel,
): ReasonOf<'encrypted-anew' | 'encryption-root-changed'> | undefined {
  if (!('from' in first)) return undefined;
  const name = first.kind === 'clone' ? datasetOf(first.origin) : destination;
  const copy = model.findDataset(name);
  if (copy === undefined || model.findPlannedSource(name) !== undefined) return undefined;
  const base = { destination: name, common: first.from };
  const theirs = findTheirs(copy, first.from);
  if (theirs !== undefined && reencrypted.has(fullNameOf(theirs))) return { kind: 'encrypted-anew', ...base };
  const { encryptionRoot: root } = copy;
  const ours = source.encryptionRoot;
  if (root === undefined || root === name || ours === undefined) return undefined;
  return listSameKey(source, sender).some((other) => isCopy(other, root, { sender, model }))
    ? undefined
    : { kind: 'encryption-root-changed', ...base, root, expected: ours };
}

/** The encryption root of a dataset, and what the dataset was cloned from, as far as that has the same one: raw copies of them open with one key. */
function listSameKey(source: Dataset, sender: Datasets): Dataset[] {
  const { encryptionRoot } = source;
  const names = new Set(encryptionRoot === undefined ? [] : [encryptionRoot]);
  for (const { dataset } of walkHistory(sender, source)) if (dataset !== source.name) names.add(dataset);
  const found = [...names].flatMap((name) => sender.get(name) ?? []);
  return found.filter((other) => other.encryptionRoot === encryptionRoot);
}

/** The receiver's snapshot that is the sender's point. */
export function findTheirs({ snapshots }: Dataset, { guid }: Point): Point | undefined {
  return snapshots.find((snapshot) => snapshot.guid === guid);
}

/** Whether a dataset of the receiver is, or will be, a copy of one of the sender, by what they share or by what was written down there. */
export function isCopy(
  source: Dataset | undefined,
  name: string,
  { sender, model }: { readonly sender: Datasets; readonly model: ReceiverModel },
): boolean {
  if (source === undefined) return false;
  if (model.findPlannedSource(name) === source.name) return true;
  const copy = model.findDataset(name);
  if (copy === undefined) return false;
  if (follows(copy.role, source)) return true;
  const guids = new Set(copy.snapshots.map(({ guid }) => guid));
  for (const { guid } of walkHistory(sender, source)) if (guids.has(guid)) return true;
  return false;
}
