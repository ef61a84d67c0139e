import type { ZfsVmError } from '../../base/errors.js';
import { toPrintable } from '../../base/printable.js';
import type { Comparison, Pair } from '../../streamline/comparison.js';
import { fullNameOf, type Point } from '../../streamline/dataset.js';
import { formatTagShort } from '../../streamline/tag.js';
import type { ChangeKind, PathChange } from '../../zfs/diff.js';
import type { ChangeSummary } from './change-counter.js';
import { formatBytes } from '../quantities.js';

/** What is known of a pair beside its paths. */
export interface PairSizes {
  /** How many bytes were written between them; what was written again counts once. */
  readonly writtenBytes: number | undefined;
  /** The estimated size of the stream that brings one to the other; none for what is in no snapshot yet. */
  readonly incrementBytes: number | undefined;
}

/** What became of a comparison. */
export interface PairResult extends PairSizes {
  readonly pair: Pair;
  /** Undefined for a volume, which has no paths, and where they could not be read. */
  readonly changes: ChangeSummary | undefined;
  /** Why they could not be read. */
  readonly failure: ZfsVmError | undefined;
}

/** What is compared, e.g. `web:1 -> web:2 of tank/vm`. */
export function describePair({ from, to, dataset }: Pair): string {
  const end = to === undefined ? 'now' : formatTagShort(to.tag);
  return `${formatTagShort(from.tag)} -> ${end} of ${dataset.name}`;
}

const marks: Readonly<Record<ChangeKind, string>> = { added: '+', removed: '-', modified: 'M', renamed: 'R' };

/** A change as a line for people. */
export function describeChange({ kind, path, newPath }: PathChange): string {
  return toPrintable(`${marks[kind]} ${path}${newPath === undefined ? '' : ` -> ${newPath}`}`);
}

/** A comparison in numbers, a line or two. */
export function describeResult({ pair, changes, writtenBytes, incrementBytes }: PairResult): string[] {
  const sizes = [
    ...(writtenBytes === undefined ? [] : [`${formatBytes(writtenBytes)} written`]),
    ...(incrementBytes === undefined ? [] : [`an increment of ${formatBytes(incrementBytes)}`]),
  ].join(', ');
  if (pair.dataset.type === 'volume') return [`  a volume: ${sizes || 'size unknown'}`];
  if (changes === undefined) return [`  what changed is not known; ${sizes || 'size unknown'}`];
  const { added, removed, modified, renamed } = changes.counts;
  const numbers = `${added} added, ${removed} removed, ${modified} modified, ${renamed} renamed`;
  const folders = changes.folders.map(({ path, changes: count }) => `${toPrintable(path)} (${count})`);
  return [
    `  ${numbers}${sizes === '' ? '' : `; ${sizes}`}`,
    ...(folders.length < 2 ? [] : [`  most in ${folders.join(', ')}`]),
  ];
}

/** What of a tree has nothing to be compared with; that there is nothing at all to compare. */
export function describeMissing({
  pairs,
  onlyEarlier,
  onlyLater,
}: Pick<Extract<Comparison, { kind: 'pairs' }>, 'onlyEarlier' | 'onlyLater'> & {
  readonly pairs: readonly Pair[];
}): string {
  const [first] = pairs;
  if (first === undefined) return 'nothing changed: both are the same snapshot\n';
  const from = formatTagShort(first.from.tag);
  const lines = [
    ...onlyEarlier.map((path) => `${path}: only in ${from}`),
    ...onlyLater.map((path) => `${path}: not in ${from}`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** A comparison as `diff --json` gives it. */
export function listResult({ pair, changes, failure, writtenBytes, incrementBytes }: PairResult): object {
  return {
    path: pair.path,
    dataset: pair.dataset.name,
    type: pair.dataset.type,
    from: listPoint(pair.from),
    to: pair.to === undefined ? null : listPoint(pair.to),
    writtenBytes: writtenBytes ?? null,
    incrementBytes: incrementBytes ?? null,
    changes: changes === undefined ? null : { ...changes.counts, folders: changes.folders },
    error: failure === undefined ? null : toPrintable(failure.message),
  };
}

/** A change as a line of `diff --list --json`. */
export function listChange({ dataset }: Pair, { kind, type, path, newPath }: PathChange): string {
  return JSON.stringify({ dataset: dataset.name, change: kind, type, path, newPath: newPath ?? null });
}

function listPoint(point: Point): object {
  return { name: fullNameOf(point), guid: point.guid.toString() };
}
