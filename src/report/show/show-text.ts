import type { ChalkInstance } from 'chalk';
import { toPrintable } from '../../base/printable.js';
import { fullNameOf } from '../../streamline/dataset.js';
import { formatTag, formatTagShort } from '../../streamline/tag.js';
import type { HostPlaces, ShowResult, VersionPart, VersionPlace } from '../../tasks/show/show.js';
import { formatAge, formatBytes, formatCount } from '../quantities.js';
import { alignColumns, type Column } from '../terminal/columns.js';

interface Row {
  readonly host: string;
  readonly dataset: string;
  readonly size: string;
  readonly used: string;
  readonly holds: string;
  readonly clones: string;
  readonly state: string;
}

const columns: readonly Column<Row>[] = [
  { title: 'HOST', cell: ({ host }) => host },
  { title: 'DATASET', cut: { least: 16, keeps: 'end' }, cell: ({ dataset }) => dataset },
  { title: 'SIZE', isRightAligned: true, cell: ({ size }) => size },
  { title: 'USED', isRightAligned: true, cell: ({ used }) => used },
  {
    title: 'STATE',
    isOptional: true,
    mayStandBelow: true,
    cell: ({ state }) => state,
  },
  {
    title: 'CLONES',
    isOptional: true,
    mayStandBelow: true,
    cut: { least: 16, keeps: 'begin' },
    cell: ({ clones }) => clones,
  },
  {
    title: 'HOLDS',
    isOptional: true,
    mayStandBelow: true,
    cut: { least: 16, keeps: 'begin' },
    cell: ({ holds }) => holds,
  },
];

/** How a version is shown. */
export interface ShowTextOptions {
  readonly colors: ChalkInstance;
  /** Whether the members of trees have lines of their own. */
  readonly verbose: boolean;
  readonly nowSeconds: number;
  /** How many characters fit into a line; any number if undefined. */
  readonly width: number | undefined;
}

/** A version for people: what it is, and a line for each place that has it. */
export function formatShown(
  result: ShowResult,
  { colors, verbose, nowSeconds, width = Infinity }: ShowTextOptions,
): string {
  const { tag, guid, isNewest, versionCount, hosts } = result;
  const rank = isNewest
    ? `the newest of ${formatCount(versionCount, 'version')}`
    : `one of ${formatCount(versionCount, 'version')}`;
  const first = findFirst(result);
  const facts = [
    ...(first === undefined ? [] : [['created', describeTime(first.createdAtSeconds, nowSeconds)]]),
    ['GUID', String(guid)],
    ...(first?.note === undefined ? [] : [['note', toPrintable(first.note)]]),
  ];
  const rows = hosts.flatMap((host) => toRows(host, result, verbose));
  const [titles = '', ...lines] = alignColumns(columns, rows, width);
  return [
    `${colors.bold(formatTagShort(tag))}  ${colors.dim(rank)}`,
    ...facts.map(([name = '', value = '']) => `${colors.dim(name.padEnd(7))}  ${value}`),
    '',
    colors.dim(titles),
    ...lines,
    '',
  ].join('\n');
}

/** The snapshot that tells what the version is: the first one with its GUID. */
export function findFirst({ hosts }: ShowResult): VersionPart | undefined {
  const places = hosts.flatMap((host) => (host.kind === 'read' ? host.places : []));
  return places.find(({ isSame }) => isSame)?.parts[0];
}

function describeTime(seconds: number, nowSeconds: number): string {
  const time = new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ');
  const age = nowSeconds - seconds;
  return age < 0 ? `${time} UTC` : `${time} UTC, ${formatAge(age)} ago`;
}

function toRows(host: HostPlaces, result: ShowResult, verbose: boolean): Row[] {
  const empty = { host: host.host, dataset: '-', size: '', used: '', holds: '', clones: '' };
  if (host.kind === 'failed') {
    return [{ ...empty, state: host.error.kind === 'connection' ? 'not reached' : 'failed' }];
  }
  if (host.places.length === 0) {
    const { newest } = host;
    const state =
      newest === undefined
        ? `no version of ${result.tag.streamline}`
        : `not there; the newest is ${newest.version.text}`;
    return [{ ...empty, state }];
  }
  return host.places.flatMap((place) => toPlaceRows(host.host, place, result, verbose));
}

function toPlaceRows(host: string, place: VersionPlace, { tag }: ShowResult, verbose: boolean): Row[] {
  const [{ snapshot }, ...members] = place.parts;
  const states = [
    ...(place.isSame ? [] : ['another snapshot of that name']),
    ...(place.isAside ? ['set aside'] : []),
    ...(snapshot.name === formatTag(tag) ? [] : [`renamed to @${snapshot.name}`]),
  ];
  const count = members.length === 0 ? '' : ` (+${members.length})`;
  const row = toRow(host, place.parts);
  const whole = { ...row, dataset: `${snapshot.dataset}${count}`, state: states.join(', ') };
  if (!verbose || members.length === 0) return [whole];
  return [whole, ...place.parts.map((part) => toRow('', [part]))];
}

function toRow(host: string, parts: readonly [VersionPart, ...VersionPart[]]): Row {
  const sum = (of: (part: VersionPart) => number): string =>
    formatBytes(parts.reduce((total, part) => total + of(part), 0));
  return {
    host,
    dataset: fullNameOf(parts[0].snapshot),
    size: sum(({ referencedBytes }) => referencedBytes),
    used: sum(({ usedBytes }) => usedBytes),
    holds: toPrintable([...new Set(parts.flatMap(({ holds }) => holds))].join(', ')),
    clones: parts.flatMap(({ clones }) => clones).join(', '),
    state: '',
  };
}
