import type { Dataset } from '../streamline/dataset.js';
import { ancestorsOf } from '../zfs/names.js';
import type { PropertyChanges } from '../zfs/properties.js';
import type { StreamOption } from '../zfs/send.js';
import type { ConflictReason } from './conflict.js';
import type { Step } from './plan.js';
import type { ReceiverModel } from './receiver-model.js';
import { chooseOmitted } from './stream-options.js';

/** What a chain is about, for `planArrival`. */
export interface ArrivalRequest {
  readonly source: Dataset;
  /** The dataset of the sender that it lies below, where the destination lies below the copy of that. */
  readonly parent: Dataset | undefined;
  readonly destination: string;
  readonly first: Step;
  /** Whether the destination is made by the chain, or was by the interrupted receive that it goes on with. */
  readonly isNew: boolean;
  readonly properties: PropertyChanges;
  /** Whether filesystems have to be made above the destination. */
  readonly makesParents: boolean;
}

/** How a chain's streams are made, so that they arrive as they should. */
export interface Arrival {
  readonly kind: 'arrival';
  readonly properties: PropertyChanges;
  readonly omitted: readonly StreamOption[];
  readonly parentsInClear: boolean;
  /** What the destination will be. */
  readonly encryption: Encryption;
}

/** What is known of a dataset of the receiver: `open` and `locked` are encrypted, with the key loaded and without. */
export type Encryption = 'none' | 'open' | 'locked';

/**
 * Says how what arrives is stored, and what that asks of its streams. What is encrypted on the sender travels raw and stays so. What isn't
 * becomes encrypted where its place is, unless it lies below an encrypted dataset on the sender already: there it was left in the clear on purpose,
 * and it arrives as it is there, also below a copy whose key the receiver never had. What the person says of encryption comes first.
 */
export function planArrival(
  request: ArrivalRequest,
  model: ReceiverModel,
): Arrival | { readonly kind: 'conflict'; readonly reason: ConflictReason } {
  const { source, destination, first, isNew, properties, makesParents } = request;
  const place = findPlace(destination, model);
  const parentsInClear = makesParents && place.encryption === 'locked';
  const arrive = (encryption: Encryption, set = properties): Arrival => ({
    ...{ kind: 'arrival', properties: set, parentsInClear, encryption },
    omitted: chooseOmitted(source.encrypted, encryption !== 'none'),
  });
  if (source.encrypted) return arrive('locked');
  if (first.kind === 'clone') {
    const origin = first.origin.slice(0, first.origin.indexOf('@'));
    const encryption = model.encryptionOf(origin);
    return encryption === 'locked'
      ? { kind: 'conflict', reason: describeLocked(destination, origin, model) }
      : arrive(encryption);
  }
  const there = model.encryptionOf(destination);
  if (!isNew || first.kind === 'resume') {
    return there === 'locked'
      ? { kind: 'conflict', reason: describeLocked(destination, undefined, model) }
      : arrive(there);
  }
  const chosen = properties.set.find(({ name }) => name === 'encryption')?.value;
  if (chosen !== undefined) return arrive(chosen === 'off' ? 'none' : 'open');
  if (place.name === undefined) return arrive('none');
  if (request.parent?.encrypted === true && !properties.exclude.includes('encryption')) {
    const set = [...properties.set, { name: 'encryption', value: 'off' }];
    return arrive('none', { ...properties, set });
  }
  if (place.isBelowGround) {
    return { kind: 'conflict', reason: { kind: 'place-in-clear', destination, below: place.name } };
  }
  return place.encryption === 'locked'
    ? { kind: 'conflict', reason: describeLocked(destination, place.name, model) }
    : arrive('open');
}

/** What encrypts that which is made somewhere. */
interface Place {
  readonly encryption: Encryption;
  /** The dataset that it lies below and that is encrypted; undefined where there is none. */
  readonly name: string | undefined;
  /** Whether a dataset in between isn't, which was only made to give others a place: nothing below it becomes encrypted by itself. */
  readonly isBelowGround: boolean;
}

/** Finds what will be above a destination: the nearest dataset that is there, or that an earlier chain brings. */
function findPlace(destination: string, model: ReceiverModel): Place {
  let isBelowGround = false;
  for (const name of ancestorsOf(destination).toReversed()) {
    const existing = model.findDataset(name);
    if (existing === undefined && model.findPlannedSource(name) === undefined) continue;
    const encryption = model.encryptionOf(name);
    if (encryption !== 'none') return { encryption, name, isBelowGround };
    if (existing?.isGround !== true) break;
    isBelowGround = true;
  }
  return { encryption: 'none', name: undefined, isBelowGround: false };
}

/** @param below what a new dataset would lie below; undefined for one that is there */
function describeLocked(
  destination: string,
  below: string | undefined,
  model: ReceiverModel,
): ConflictReason {
  const holder = below ?? destination;
  const root = model.findDataset(holder)?.encryptionRoot ?? holder;
  return { kind: 'key-not-loaded', destination, isNew: below !== undefined, root };
}
