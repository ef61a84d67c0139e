import type { Endpoint } from '../host/endpoint.js';
import { quoteCommand } from '../base/shell.js';
import { datasetOf } from '../streamline/lineage.js';
import {
  listNamedSnapshotsArguments,
  newestSnapshotColumn,
  parseDatasets,
  parseSnapshots,
  type SnapshotRow,
} from '../zfs/list.js';
import {
  cutDatasets,
  datasetLines,
  datasetsArguments,
  longestDatasets,
  tokenLines,
  type ListedColumns,
} from './list-scripts.js';
import { parseTokens, readDespiteValues, understand, type DatasetList } from './read-inventory.js';
import { runZfsScript } from './zfs-script.js';

/** What tells how far copies on a host are. */
export interface HowFar {
  /** Full names of those of the newest and the following that weren't expected. */
  readonly late: readonly string[];
  /** Full names of snapshots that copies in step have, with the GUIDs; each dataset is a copy. */
  readonly newest: ReadonlyMap<string, bigint>;
  /** Full names that only snapshots of copies have which are ahead. */
  readonly following: readonly string[];
  /** Full names of snapshots to ask for where a copy lacks a newest one. */
  readonly earlier: readonly string[];
}

/** What some datasets of a host end with. */
export interface Heads extends DatasetList {
  /** Whether one of those that were asked for isn't there: then all datasets of the host are listed. */
  readonly isWhole: boolean;
}

/**
 * Asks a host how far its copies are, and of those that aren't exactly in step, what they are and end with: an opening of the dataset
 * and one of its newest snapshot, where a list of its snapshots opens the dataset anew for each. One command, of few processes, that
 * begins with what is known already.
 * @param expected full names of snapshots that `asked` will most likely have as newest or following
 * @param asked what is asked, as soon as that is known
 * @returns the snapshots that are there, of those that were asked for and of those that datasets end with; and the datasets that aren't
 *   in step, undefined when all are
 * @throws ZfsVmError when zfs can't be run there, or its answer can't be understood; what `asked` rejects with
 */
export async function readHowFar(
  endpoint: Endpoint,
  expected: readonly string[],
  asked: Promise<HowFar>,
  signal?: AbortSignal,
): Promise<HowFarAnswer> {
  return readDespiteValues((columns) => ask(endpoint, { expected, asked, columns }, signal));
}

interface HowFarAnswer {
  readonly found: SnapshotRow[];
  readonly heads: Heads | undefined;
}

interface HowFarQuestion {
  readonly expected: readonly string[];
  readonly asked: Promise<HowFar>;
  readonly columns: ListedColumns;
}

async function ask(
  endpoint: Endpoint,
  { expected, asked, columns }: HowFarQuestion,
  signal: AbortSignal | undefined,
): Promise<HowFarAnswer> {
  const parts = {
    found: [
      // If zfs can't be run, the list of datasets says why.
      `named() { xargs "$@" ${quoteCommand(listNamedSnapshotsArguments)} 2>/dev/null | head -c ${longestDatasets}; }`,
      'IFS= read -r expected; found=',
      `case $expected in *\\"*) found=$(echo "$expected" | named "$@") ;; esac`,
      'asked=$(cat)',
      `case $asked in 'late '*)`,
      `  late=$(echo "$asked" | awk -F '\\t' '${quotedLate}' | named "$@")`,
      '  found="$found\n$late" ;; esac',
      `open=$({ echo "$found"; echo "$asked"; } | awk -F '\\t' '`,
      ...whatIsOpen,
      `')`,
      `echo "$found"`,
    ],
    datasets: [
      'datasets=; newest=; case $open in \\"*)',
      `  some=$({ echo "$open" | xargs -E ${endOfDatasets} "$@" ${quoteCommand(datasetsArguments(columns))} 2>/dev/null`,
      `    echo "status $?"; } | ${cutDatasets})`,
      '  case $some in',
      '  *\'status 0\') datasets=${some%status 0}; echo "$datasets"',
      `    newest=$({ echo "$open"; echo "$datasets"; } | awk -F '\\t' '${quotedHeads}') ;;`,
      '  *)',
      ...datasetLines(columns),
      '  ;;',
      '  esac ;;',
      `*) echo '${inStep}' ;;`,
      'esac',
    ],
    tokens: tokenLines,
    newest: [`case $newest in *\\"*) echo "$newest" | named "$@" ;; esac`],
  };
  const failed = new AbortController();
  const stop = AbortSignal.any([failed.signal, ...(signal === undefined ? [] : [signal])]);
  asked.catch(() => {
    failed.abort();
  });
  // The one that fails first says why.
  const [{ newest }, texts] = await Promise.all([
    asked,
    runZfsScript(endpoint, parts, { input: writeQuestion(expected, asked), signal: stop }),
  ]);
  return understand(endpoint, () => {
    const found = [...parseSnapshots(texts.found), ...parseSnapshots(texts.newest)];
    if (texts.datasets.trim() === inStep) return { found, heads: undefined };
    const rows = parseDatasets(texts.datasets);
    const places = new Set(Array.from(newest.keys(), datasetOf));
    const isWhole = rows.some(({ name }) => !places.has(name));
    return { found, heads: { rows, tokens: parseTokens(texts.tokens), isWhole } };
  });
}

/** What the script reads: what is expected on one line, to be asked for while the rest is waited for. */
async function* writeQuestion(expected: readonly string[], asked: Promise<HowFar>): AsyncGenerator<string> {
  yield `${expected.map((name) => `"${name}"`).join(' ')}\n`;
  const { late, newest, following, earlier } = await asked;
  yield [
    ...late.map((name) => `late ${name}\n`),
    ...Array.from(newest, ([name, guid]) => `newest ${name}\t${guid}\n`),
    ...following.map((name) => `following ${name}\n`),
    ...earlier.map((name) => `earlier ${name}\n`),
  ].join('');
}

/** Stands in place of the datasets where all are in step. */
const inStep = 'in step';

/*
 * What follows are programs of awk. The names that they print are for xargs, to which a space means something: they stand in quotes.
 * The shell takes no list apart itself: to find something in a text, it goes over what is before it again for each character.
 */

/** Picks the snapshots that weren't expected from what was asked for. */
export const quotedLate = String.raw`sub(/^late /, "") { print "\"" $0 "\"" }`;

/** Picks the snapshots from what is open, and what datasets end with from a list of them. */
export const quotedHeads = String.raw`/^"[^@]*@/ { print; next } $${newestSnapshotColumn} ~ /@/ { print "\"" $${newestSnapshotColumn} "\"" }`;

/** What stands between the datasets and the snapshots that are open: no name is like that. */
const endOfDatasets = '@';

/**
 * Reads what was found and what was asked for. Prints the datasets that aren't in step, and after a line between them what else to ask
 * about those that lack a newest snapshot. As numbers, GUIDs would not be exact.
 */
export const whatIsOpen = [
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
