import { toPrintable } from '../../base/printable.js';
import type { Pair } from '../../streamline/comparison.js';
import { fullNameOf, type Point } from '../../streamline/dataset.js';
import { formatTagShort } from '../../streamline/tag.js';
import type { ChangeKind, PathChange } from '../../zfs/diff.js';
import type { DiffResult } from '../../tasks/diff/diff.js';
import type { TaskEvent } from '../../tasks/event.js';
import type { PairResult } from '../../tasks/pair-result.js';
import { formatBytes } from '../quantities.js';

/** The version of what `diff --json` prints; it changes when something in it is renamed or removed. */
const schemaVersion = 1;

/** What is printed of comparisons. */
export interface DiffView {
  /** Whether JSON is printed. */
  readonly json: boolean;
  /** Whether every path is printed. */
  readonly list: boolean;
}

/** What is printed of comparisons while they go on, a line each. */
export function describeDiffEvent(event: TaskEvent, { json, list }: DiffView): string[] {
  if (event.kind === 'paths-changed') {
    const { pair, changes } = event;
    return list ? changes.map((change) => (json ? listChange(pair, change) : describeChange(change))) : [];
  }
  if (json) return [];
  if (event.kind === 'comparing') return [describePair(event.pair)];
  return event.kind === 'compared' ? describeResult(event.result) : [];
}

/** What is printed of comparisons in the end. */
export function formatDiffResult(result: DiffResult, { json, list }: DiffView): string {
  const { compared, onlyEarlier, onlyLater } = result;
  if (!json) return describeMissing(result);
  if (list) return '';
  const document = { schemaVersion, members: compared.map(listResult), onlyEarlier, onlyLater };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** What is compared, e.g. `web:1 -> web:2 of tank/vm`. */
function describePair({ from, to, dataset }: Pair): string {
  const end = to === undefined ? 'now' : formatTagShort(to.tag);
  return `${formatTagShort(from.tag)} -> ${end} of ${dataset.name}`;
}

const marks: Readonly<Record<ChangeKind, string>> = { added: '+', removed: '-', modified: 'M', renamed: 'R' };

/** A change as a line for people. */
function describeChange({ kind, path, newPath }: PathChange): string {
  return toPrintable(`${marks[kind]} ${path}${newPath === undefined ? '' : ` -> ${newPath}`}`);
}

/** A comparison in numbers, a line or two. */
function describeResult({ pair, changes, writtenBytes, incrementBytes }: PairResult): string[] {
  const sizes = [
    ...(writtenBytes === undefined ? [] : [`${formatBytes(writtenBytes)} written`]),
    ...(incrementBytes === undefined ? [] : [`an increment of ${formatBytes(incrementBytes)}`]),
  ].join(', ');
  if (pair.dataset.type === 'volume') return [`  a volume: ${sizes || 'size unknown'}`];
  if (changes === undefined) return [`  changed paths unknown; ${sizes || 'size unknown'}`];
  const { added, removed, modified, renamed } = changes.counts;
  const numbers = `${added} added, ${removed} removed, ${modified} modified, ${renamed} renamed`;
  const folders = changes.folders.map(({ path, changes: count }) => `${toPrintable(path)} (${count})`);
  return [
    `  ${numbers}${sizes === '' ? '' : `; ${sizes}`}`,
    ...(folders.length < 2 ? [] : [`  most in ${folders.join(', ')}`]),
  ];
}

/** What of a tree has nothing to be compared with; that there is nothing at all to compare. */
function describeMissing({ compared, onlyEarlier, onlyLater }: DiffResult): string {
  const [first] = compared;
  if (first === undefined) return 'no changes: both versions are the same snapshot\n';
  const from = formatTagShort(first.pair.from.tag);
  const lines = [
    ...onlyEarlier.map((path) => `${path}: only in ${from}`),
    ...onlyLater.map((path) => `${path}: not in ${from}`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** A comparison as `diff --json` gives it. */
function listResult({ pair, changes, failure, writtenBytes, incrementBytes }: PairResult): object {
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
function listChange({ dataset }: Pair, { kind, type, path, newPath }: PathChange): string {
  return JSON.stringify({ dataset: dataset.name, change: kind, type, path, newPath: newPath ?? null });
}

function listPoint(point: Point): object {
  return { name: fullNameOf(point), guid: point.guid.toString() };
}
