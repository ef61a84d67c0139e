import { printBeginMark } from '../base/mark-lines.js';
import { forEachName } from '../base/shell.js';
import { joinPieces } from '../base/write-all.js';
import { destroySnapshotsArguments, reclaimArguments } from '../zfs/destroy.js';
import {
  listCreationArguments,
  listDetailedSnapshotsArguments,
  listGuidsArguments,
  listHoldsArguments,
  listNamedSnapshotsArguments,
  listReferencedArguments,
  listSnapshotsArguments,
  listSnapshotsOfArguments,
  listWithinArguments,
} from '../zfs/list.js';
import { getNotesArguments } from '../zfs/notes.js';
import { getPointPropertiesArguments } from '../zfs/point-properties.js';
import { getPropertiesArguments, getPropertiesOfArguments } from '../zfs/properties.js';
import { bookmarkArguments, holdArguments, releaseArguments } from '../zfs/protect.js';
import { abortReceiveArguments, createParentArguments } from '../zfs/receive.js';
import { estimateArguments } from '../zfs/send.js';
import { listHoldTagsArguments, listSnapshotFactsArguments } from '../zfs/version-facts.js';
import { bookmarkScript, forNamesScript, guardedScript, noteScript, roleScript } from './action-scripts.js';
import { callEach, toCallLines } from './call-script.js';
import { howFarScript } from './how-far-script.js';
import { receiveScript, sendScript } from './lane-scripts.js';
import { datasetLines, propertyLines, snapshotLines, tokenLines, type Within } from './list-scripts.js';
import type { KindWithBody, RecordOf, Request, RequestKind, RequestOf } from './request.js';
import { fromSentStream } from './streams.js';

/*
 * How requests are said to a host that has a shell: a script, and what it reads from stdin. In the scripts, `"$@"` calls zfs.
 */

/** The parts of what is answered to a list. */
interface ListParts {
  inventory: 'datasets' | 'tokens' | 'properties' | 'snapshots';
  datasets: 'datasets' | 'tokens';
  snapshots: 'snapshots';
  'how-far': 'found' | 'datasets' | 'tokens' | 'newest';
  about: 'lines';
}

/** Requests that are answered by lists. */
export type ListKind = keyof ListParts;

/** The names of the parts of an answer. */
export type PartOf<Kind extends ListKind> = ListParts[Kind];

/** Requests that are several calls of zfs, a record each, of which every one is answered. */
export type CallKind = 'referenced' | 'estimate' | 'reclaim' | 'destroy' | 'bookmark' | 'make-parents';

/** What a request is about more than it says itself, as a gate has it. */
export interface Limits {
  /** The part of the host that lists are about. */
  readonly within?: Within;
  /** Whether notes and roles are only given to what has none. */
  readonly onlyNew?: boolean;
  /** Whether all datasets are listed where it is asked for how far copies are. */
  readonly listsAll?: boolean;
}

/** Records of a body: all of them, or those that are known at once and then the others. */
export type Body<Kind extends KindWithBody> =
  Iterable<RecordOf<Kind>> | AsyncIterable<readonly RecordOf<Kind>[]>;

/** The command of a host with a shell that does what is asked for. @param zfs the words that call zfs */
export function renderRequest(request: Request, zfs: readonly string[], limits: Limits = {}): string[] {
  if (request.kind === 'zstd') return ['zstd', '-V'];
  // `sudo -n zfs`, or how else zfs is run as root.
  if (request.kind === 'sudo-rules') return [...zfs.slice(0, -1), '-l'];
  return ['sh', '-c', renderScript(request, limits), 'sh', ...zfs];
}

/** The script that does what is asked for. In it, `"$@"` calls zfs. */
export function renderScript(
  request: Exclude<Request, { kind: 'zstd' | 'sudo-rules' }>,
  limits: Limits,
): string {
  switch (request.kind) {
    case 'inventory':
    case 'datasets':
    case 'snapshots':
    case 'how-far':
    case 'about':
      return joinParts(listParts(request, limits));
    case 'referenced':
    case 'estimate':
    case 'reclaim':
    case 'destroy':
    case 'bookmark':
    case 'make-parents':
      return callEach;
    case 'bookmark-all':
      return bookmarkScript;
    case 'hold':
      return forNamesScript(holdArguments(request.tag), request.pools);
    case 'release':
      return forNamesScript(releaseArguments(request.tag), request.pools);
    case 'set-notes':
      return noteScript(limits.onlyNew);
    case 'set-roles':
      return roleScript(limits.onlyNew);
    case 'abort': {
      const { dataset, token: value } = request;
      const changed = `cannot receive: ${dataset} contains partially-complete state of another receive by now, or none`;
      const guard = { dataset, property: 'receive_resume_token', value, changed };
      return guardedScript(guard, abortReceiveArguments(dataset));
    }
    case 'send-lane':
      return sendScript(request);
    case 'receive-lane':
      return receiveScript(request);
  }
}

/** What stands at the end of an answer, so that one which was cut is noticed. */
export const endOfAnswer = 'end';

/** The line that stands before a part. */
export function partMark(name: string): string {
  return `zfs-vm: ${name}`;
}

/**
 * A script of several parts, with a line of its own before each, so that a banner, or what a shell prints at login, is taken for no answer.
 * @param parts the lines of the script, by the names of the parts; what prints values that anybody may have written comes last, as
 *   they could have such lines in them
 */
export function joinParts(parts: Readonly<Record<string, readonly string[]>>): string {
  const lines = Object.entries(parts).flatMap(([name, own]) => [printBeginMark(partMark(name)), ...own]);
  return [...lines, printBeginMark(partMark(endOfAnswer))].join('\n');
}

/** What is answered where there is nothing to be listed. */
export function emptyAnswer(request: RequestOf<ListKind>): string {
  return [...Object.keys(listParts(request)), endOfAnswer].map((name) => `\n${partMark(name)}\n`).join('');
}

/** The parts of the script that answers a request with lists. */
export function listParts(
  request: RequestOf<ListKind>,
  { within, listsAll }: Limits = {},
): Readonly<Record<string, readonly string[]>> {
  switch (request.kind) {
    case 'inventory': {
      const { columns, snapshots, scope, properties } = request;
      const list =
        snapshots === 'quick'
          ? listSnapshotsArguments
          : listDetailedSnapshotsArguments({ withNotes: snapshots === 'noted' });
      return {
        ...{ datasets: datasetLines(columns, within), tokens: tokenLines },
        properties: propertyLines(properties, within),
        snapshots: snapshotLines(list, scope, within),
      };
    }
    case 'datasets':
      return { datasets: datasetLines(request.columns, within), tokens: tokenLines };
    case 'snapshots':
      return { snapshots: snapshotLines(listSnapshotsArguments, 'all', within) };
    case 'how-far':
      return howFarScript(request.columns, within, listsAll);
    case 'about': {
      const { words, orElse } = questionAbout(request);
      return { lines: [`${forEachName(words, []).script} ${orElse}`] };
    }
  }
}

/** Shell words after a call of zfs with names: it ends with 1 when a name isn't there, and xargs then with 123. */
const ignoreMissing = '2>/dev/null; status=$?; case $status in 0|1|123) ;; *) exit $status;; esac';

/** What zfs is called with before the names, and what the shell does where that fails. */
function questionAbout({ what, properties }: RequestOf<'about'>): {
  words: readonly string[];
  orElse: string;
} {
  switch (what) {
    case 'snapshots':
      return { words: listNamedSnapshotsArguments, orElse: ignoreMissing };
    case 'creation':
      return { words: listCreationArguments, orElse: ignoreMissing };
    case 'holds':
      return { words: listHoldsArguments, orElse: ignoreMissing };
    case 'guids':
      return { words: listGuidsArguments, orElse: ignoreMissing };
    case 'within':
      return { words: listWithinArguments, orElse: ignoreMissing };
    case 'snapshots-of':
      return { words: listSnapshotsOfArguments, orElse: '|| exit' };
    case 'properties':
      return { words: getPropertiesOfArguments(properties), orElse: ignoreMissing };
    case 'set-properties':
      return { words: getPropertiesArguments(properties), orElse: ignoreMissing };
    case 'notes':
      return { words: getNotesArguments, orElse: ignoreMissing };
    case 'facts':
    case 'noted-facts':
      return {
        words: listSnapshotFactsArguments({ withNotes: what === 'noted-facts' }),
        orElse: ignoreMissing,
      };
    case 'hold-tags':
      return { words: listHoldTagsArguments, orElse: ignoreMissing };
    case 'points':
      return { words: getPointPropertiesArguments, orElse: '2>/dev/null || :' };
  }
}

/** The arguments of zfs for a record of a request that is several calls. */
export function callOf<Kind extends CallKind>(kind: Kind, record: RecordOf<Kind>): readonly string[] {
  return callsByKind[kind](record);
}

const callsByKind: { readonly [Kind in CallKind]: (record: RecordOf<Kind>) => readonly string[] } = {
  referenced: ({ datasets }) => [...listReferencedArguments, ...datasets],
  estimate: (stream) => estimateArguments(fromSentStream(stream)),
  reclaim: ({ dataset, names }) => reclaimArguments(dataset, names),
  destroy: ({ dataset, names }) => destroySnapshotsArguments(dataset, names),
  bookmark: ({ name }) => bookmarkArguments(name),
  'make-parents': ({ dataset, inClear }) => createParentArguments(dataset, inClear),
};

/** Whether a request is several calls of zfs. */
export function isCallKind(kind: RequestKind): kind is CallKind {
  return Object.hasOwn(callsByKind, kind);
}

/** What the script of a request reads. */
export function renderBody<Kind extends KindWithBody>(
  kind: Kind,
  body: Body<Kind>,
): Iterable<string> | AsyncIterable<string> {
  if (Symbol.asyncIterator in body) return renderLots(kind, body);
  return joinPieces(renderRecords(kind, body, true));
}

/** The first lot is what can be done at once. */
async function* renderLots<Kind extends KindWithBody>(
  kind: Kind,
  lots: AsyncIterable<readonly RecordOf<Kind>[]>,
): AsyncGenerator<string> {
  let isFirst = true;
  for await (const lot of lots) {
    yield* joinPieces(renderRecords(kind, lot, isFirst));
    isFirst = false;
  }
}

function renderRecords(kind: KindWithBody, records: Iterable<unknown>, isFirst: boolean): Iterable<string> {
  switch (kind) {
    case 'how-far':
      return questionLines(records as Iterable<RecordOf<'how-far'>>, isFirst);
    case 'about':
    case 'bookmark-all':
      return nameLines(records as Iterable<{ name: string }>);
    case 'hold':
    case 'release':
      return nameLines(records as Iterable<{ name: string }>, 'end\n');
    case 'set-notes':
      return noteLines(records as Iterable<RecordOf<'set-notes'>>);
    case 'set-roles':
      return roleLines(records as Iterable<RecordOf<'set-roles'>>);
    case 'referenced':
    case 'estimate':
    case 'reclaim':
    case 'destroy':
    case 'bookmark':
    case 'make-parents':
      return toCallLines(callsOf(kind, records as Iterable<RecordOf<CallKind>>));
  }
}

function* callsOf(kind: CallKind, records: Iterable<RecordOf<CallKind>>): Generator<readonly string[]> {
  for (const record of records) yield callOf(kind, record);
}

function* nameLines(records: Iterable<{ readonly name: string }>, last = ''): Generator<string> {
  for (const { name } of records) yield `${name}\n`;
  if (last !== '') yield last;
}

function* noteLines(records: Iterable<RecordOf<'set-notes'>>): Generator<string> {
  for (const { note, names } of records) yield [note, ...names, ''].map((line) => `${line}\n`).join('');
}

function* roleLines(records: Iterable<RecordOf<'set-roles'>>): Generator<string> {
  for (const { dataset, role } of records) yield `${dataset}\n${role}\n`;
}

/** What is expected stands in one line, in quotes, to be asked for while the rest is waited for. */
function* questionLines(records: Iterable<RecordOf<'how-far'>>, isFirst: boolean): Generator<string> {
  const all = [...records];
  if (isFirst) {
    const expected = all.filter(({ as }) => as === 'expected');
    yield `${expected.map(({ name }) => `"${name}"`).join(' ')}\n`;
  }
  const rest = all.filter(({ as }) => as !== 'expected');
  for (const { as, name, guid } of rest) yield `${as} ${name}${guid === undefined ? '' : `\t${guid}`}\n`;
}
