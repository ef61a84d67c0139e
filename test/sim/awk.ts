import { lastCallLine, onlyWhole } from '../../src/requests/call-script.js';
import { taggedOnly } from '../../src/requests/tagged-only.js';
import { lateProgram, newestProgram } from '../../src/requests/how-far-script.js';
import { endOfDatasets, findOutOfStep, outOfStepProgram } from '../../src/requests/out-of-step.js';
import { tagExpression } from '../../src/streamline/tag.js';
import { heldOnly } from '../../src/tasks/doctor/parse-holds.js';
import { newestSnapshotColumn } from '../../src/zfs/list.js';

/** What a program of awk prints for what it reads, and its exit status. */
export interface AwkResult {
  readonly output: string;
  readonly status: number;
}

/** What a program of awk does with all that it reads. */
type AwkProgram = (text: string) => AwkResult;

/** The programs of awk that zfs-vm has, by their text, and what each does: a table test runs both. */
const programs = new Map<string, AwkProgram>([
  [taggedOnly.join('\n'), keepTagged],
  [outOfStepProgram.join('\n'), (text) => toResult(printOutOfStep(text))],
  [lateProgram, (text) => toResult(quote(pickLate(text)))],
  [newestProgram, (text) => toResult(pickNewest(text))],
  [onlyWhole, (text) => toResult(passWhole(text))],
  [heldOnly, (text) => toResult(linesOf(text).flatMap((line) => pickHeld(line.split('\t'))))],
]);

/** Finds a program of awk that zfs-vm has, by its text. */
export function findAwkProgram(text: string): AwkProgram | undefined {
  return programs.get(text.trim());
}

function toResult(lines: readonly string[]): AwkResult {
  return { output: lines.map((line) => `${line}\n`).join(''), status: 0 };
}

function linesOf(text: string): string[] {
  return text.endsWith('\n') ? text.slice(0, -1).split('\n') : text.split('\n');
}

function pickHeld([count, name = '']: readonly string[]): string[] {
  return Number(count) > 0 ? [name] : [];
}

function quote(names: Iterable<string>): string[] {
  return Array.from(names, (name) => `"${name}"`);
}

/** What is about late names, without the word. */
function pickLate(text: string): string[] {
  return linesOf(text).flatMap((line) => (line.startsWith('late ') ? [line.slice('late '.length)] : []));
}

/** The snapshots that are open, and those that datasets end with. */
function pickNewest(text: string): string[] {
  return linesOf(text).flatMap((line) => {
    if (/^"[^@]*@/.test(line)) return [line];
    const newest = line.split('\t')[newestSnapshotColumn - 1] ?? '';
    return newest.includes('@') ? quote([newest]) : [];
  });
}

/** Of what was asked for and found, tells which datasets aren't in step, and what else is to be asked about those that lag. */
function printOutOfStep(text: string): string[] {
  const lines = linesOf(text).map((line) => line.split('\t'));
  const wordsOf = (kind: string): [name: string, guid: string][] =>
    lines.flatMap(([first = '', guid = '']): [string, string][] =>
      first.startsWith(`${kind} `) ? [[first.slice(kind.length + 1), guid]] : [],
    );
  const found = lines.flatMap(([name = '', guid = '', ...others]): [string, bigint][] =>
    others.length === 1 ? [[name, BigInt(guid)]] : [],
  );
  const { differing, earlier } = findOutOfStep(
    {
      newest: wordsOf('newest').map(([name, guid]) => [name, BigInt(guid)]),
      following: wordsOf('following').map(([name]) => name),
      earlier: wordsOf('earlier').map(([name]) => name),
    },
    new Map(found),
  );
  return [...quote(differing), endOfDatasets, ...quote(earlier)];
}

/** What comes before the last of the lines that are calls; nothing where that doesn't come. */
function passWhole(text: string): string[] {
  const lines = linesOf(text);
  const end = lines.indexOf(lastCallLine);
  return end < 0 ? [] : lines.slice(0, end);
}

/** Of two lists, lets through what has versions or is the origin of something. */
function keepTagged(text: string): AwkResult {
  const [datasets = '', ...rest] = text.split(/^snapshots\n/m);
  const origins = new Set(datasets.split('\n').map((line) => (line.split('\t')[2] ?? '').replace(/@.*/, '')));
  const tagged = new Set<string>();
  const order: { dataset: string; line: string }[] = [];
  let status: number | undefined;
  for (const line of linesOf(rest.join('snapshots\n'))) {
    const end = /^status ([0-9]+)$/.exec(line)?.[1];
    if (end !== undefined) {
      status = Number(end);
      continue;
    }
    const [name = ''] = line.split('\t');
    const dataset = name.replace(/[@#].*/, '');
    order.push({ dataset, line });
    if (new RegExp(tagExpression).test(name)) tagged.add(dataset);
  }
  const kept = order.filter(({ dataset }) => tagged.has(dataset) || origins.has(dataset));
  return { output: kept.map(({ line }) => `${line}\n`).join(''), status: status ?? 1 };
}
