import { datasetOf } from '../streamline/lineage.js';

/*
 * The rule that says which copies are in step stands here twice, since it is applied on both machines: by awk on the receiver, so that
 * one command can go on with what it found, and here when the answer is read. A table test runs both on the same cases.
 */

/** What tells which copies are in step. */
export interface InStep {
  /** Full names of snapshots that copies in step have, with the GUIDs. */
  readonly newest: Iterable<readonly [name: string, guid: bigint]>;
  /** Full names that only snapshots of copies have which are ahead. */
  readonly following: readonly string[];
  /** Full names of snapshots to ask for where a copy lacks a newest one. */
  readonly earlier: readonly string[];
}

/** What is open about copies when it is known which snapshots they have. */
export interface OutOfStep {
  /** The datasets that differ: they lack one of the newest, have another one under its name, or have one that follows. */
  readonly differing: ReadonlySet<string>;
  /** Full names of what else to ask for: the earlier versions of those that lag, as they lack one of the newest. */
  readonly earlier: readonly string[];
}

/**
 * Finds which datasets aren't in step, and what else to ask about them.
 * @param found the GUIDs of the receiver's snapshots that were asked for, by full name
 */
export function findOutOfStep(
  { newest, following, earlier }: InStep,
  found: ReadonlyMap<string, bigint>,
): OutOfStep {
  const lagging = new Set<string>();
  for (const [name, guid] of newest) if (found.get(name) !== guid) lagging.add(datasetOf(name));
  const differing = new Set(lagging);
  for (const name of following) if (found.has(name)) differing.add(datasetOf(name));
  return { differing, earlier: earlier.filter((name) => lagging.has(datasetOf(name))) };
}

/** Stands between the datasets and the names that the program prints: no dataset is called so. */
export const endOfDatasets = '@';

/**
 * `findOutOfStep` as a program of awk. It reads the snapshots that were found, as zfs lists them, and what was asked for
 * (`renderBody`); it prints the datasets that differ, and after a line between them what else to ask for. What it prints is for xargs, to
 * which a space means something: it stands in quotes. As numbers, GUIDs would not be exact.
 */
export const outOfStepProgram = [
  'NF == 3 { guid[$1] = $2; next }',
  '{ dataset = $0; sub(/^[a-z]* /, "", dataset); sub(/@.*/, "", dataset) }',
  'sub(/^newest /, "") { if (guid[$1] "" != $2 "") isDiffering[dataset] = isLagging[dataset] = 1; next }',
  'sub(/^following /, "") { if ($0 in guid) isDiffering[dataset] }',
  'sub(/^earlier /, "") { earlier[$0] = dataset }',
  'END {',
  String.raw`  for (dataset in isDiffering) print "\"" dataset "\""`,
  `  print "${endOfDatasets}"`,
  String.raw`  for (name in earlier) if (earlier[name] in isLagging) print "\"" name "\""`,
  '}',
];
