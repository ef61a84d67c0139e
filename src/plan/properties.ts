import type { Dataset } from '../streamline/dataset.js';
import {
  hasProperty,
  isEncryptionProperty,
  noPropertyChanges,
  type Property,
  type PropertyChanges,
} from '../zfs/properties.js';
import type { Step } from './plan.js';

/** What destinations are to get beside their content. */
export interface PropertyRequest extends PropertyChanges {
  /** What new datasets get of the sender's: what is set there, by the dataset. */
  readonly carried: ReadonlyMap<string, readonly Property[]>;
}

/**
 * What a chain does to the properties of its destination: what was asked for, as far as datasets of this type have it, and for a
 * new one what it has on the sender. How a dataset is encrypted can only be said where one is made that isn't a copy of encrypted
 * blocks: zfs refuses it for raw streams and increments.
 */
export function choosePropertyChanges(
  request: PropertyRequest | undefined,
  { name: source, type, encrypted }: Dataset,
  firstStep: Step,
  isNew: boolean,
): PropertyChanges {
  if (request === undefined) return noPropertyChanges;
  const canEncrypt = firstStep.kind === 'full' && !encrypted;
  const applies = (name: string): boolean =>
    hasProperty(type, name) && (canEncrypt || !isEncryptionProperty(name));
  const given = request.set.filter(({ name }) => applies(name));
  const named = new Set([...request.set.map(({ name }) => name), ...request.exclude]);
  const carried = isNew ? (request.carried.get(source) ?? []) : [];
  return {
    set: [...given, ...carried.filter(({ name }) => hasProperty(type, name) && !named.has(name))],
    exclude: request.exclude.filter(applies),
  };
}
