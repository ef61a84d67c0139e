import { quoteCommand } from '../base/shell.js';
import {
  getEncryptionArguments,
  listDatasetsArguments,
  listDatasetsOldArguments,
  listDatasetsPlainArguments,
  resumeTokenColumn,
  untoldEncryption,
} from '../zfs/list.js';
import { ancestorsOf } from '../zfs/names.js';
import { getPropertiesArguments } from '../zfs/properties.js';
import { explainTokenArguments } from '../zfs/resume-token.js';
import { taggedOnly } from './tagged-only.js';

/*
 * Lines of the scripts that list what a host has. In them, `"$@"` calls zfs.
 */

/** The part of a host that is listed: what is at and below some datasets, of which none lies below another. */
export interface Within {
  readonly roots: readonly string[];
}

/** Has zfs list or get something of a part of the host only. */
function limit(
  [subcommand = '', ...words]: readonly string[],
  within: Within | undefined,
): readonly string[] {
  return within === undefined ? [subcommand, ...words] : [subcommand, '-r', ...words, ...within.roots];
}

/** What is listed: also what anybody may have written, or only what zfs says itself. */
export type ListedColumns = 'all' | 'plain';

/** How many characters an answer may have where its last part is read as it comes. */
export const longestList = 2 ** 29;

/** How many bytes the list of datasets may have: that of half a million. */
export const longestDatasets = 2 ** 26;

/**
 * Lets the list of datasets through as far as a shell can keep it and give it out again, with `echo`, which takes backslashes for more
 * than that in some shells. ZFS has none of its own in any column; `printf` is no part of mksh and posh, so that it takes no long list.
 */
export const cutDatasets = `head -c ${longestDatasets} | tr '\\\\' '?'`;

/**
 * Asks for the datasets. A zfs that lacks columns ends with 2, as for any words that it doesn't know, and is asked for fewer; one that
 * failed otherwise is asked for the same again, to hear why. Which column it was that it lacks, nobody knows: so it is asked for encryption by
 * itself, or what is encrypted would look as if it weren't. The list stays in the shell's memory, and a pipe hides the
 * status of zfs: so it is cut at some length, and its last line is the status.
 */
export function datasetLines(columns: ListedColumns, within?: Within): string[] {
  if (within !== undefined) return datasetLinesWithin(columns, within);
  const list = quoteCommand(datasetsArguments(columns));
  return [
    `ask() { { "$@" </dev/null; echo "status $?"; } | ${cutDatasets}; }`,
    `datasets=$(ask "$@" ${list} 2>/dev/null)`,
    'case $datasets in',
    "  *'status 0') ;;",
    `  *'status 2') datasets=$(ask "$@" ${quoteCommand(listDatasetsOldArguments)})`,
    `    encryption=$(ask "$@" ${quoteCommand(getEncryptionArguments)} 2>/dev/null)`,
    '    case $encryption in',
    `    *'status 0') datasets=$({ echo "\${encryption%status 0}"; echo "$datasets"; } | awk -F '\t' '${joinEncryption}') ;;`,
    "    *'status 2') ;;",
    `    *) ask "$@" ${quoteCommand(getEncryptionArguments)} >/dev/null`,
    "      echo 'zfs does not report which datasets are encrypted' >&2; exit 1 ;;",
    '    esac ;;',
    `  *'status '*) datasets=$(ask "$@" ${list}) ;;`,
    'esac',
    'case $datasets in',
    "  *'status 0') datasets=${datasets%status 0} ;;",
    '  *\'status \'[0-9]*) exit "${datasets##*status }" ;;',
    "  *) echo 'the list of datasets is incomplete or too long' >&2; exit 1 ;;",
    'esac',
    'echo "$datasets"',
  ];
}

/**
 * The same for a part of the host: with the datasets above it, whose properties matter to those in it, and none of what else is below those.
 * The zfs has to know all columns (0.8).
 */
function datasetLinesWithin(columns: ListedColumns, within: Within): string[] {
  const list = datasetsArguments(columns);
  const above = [...new Set(within.roots.flatMap(ancestorsOf))];
  return [
    `datasets=$({ "$@" ${quoteCommand(limit(list, within))} </dev/null; echo "status $?"; } | ${cutDatasets})`,
    'case $datasets in',
    "  *'status 0') datasets=${datasets%status 0} ;;",
    '  *\'status \'[0-9]*) exit "${datasets##*status }" ;;',
    "  *) echo 'the list of datasets broke off, or has no end' >&2; exit 1 ;;",
    'esac',
    ...(above.length === 0
      ? []
      : [
          `above=$("$@" ${quoteCommand([...list, ...above])} </dev/null) || exit`,
          'datasets="$above\n$datasets"',
        ]),
    'echo "$datasets"',
  ];
}

/** Writes to each dataset in a list of them how it is encrypted, of which lines come before. */
const joinEncryption =
  `NF == 3 && $2 == "encryption" { of[$1] = $3; next } ` +
  `NF == 5 { print $0 "\t" ($1 in of ? of[$1] : "${untoldEncryption}"); next } { last = $0 } END { print last }`;

/** What zfs is asked for its datasets with. */
export function datasetsArguments(columns: ListedColumns): readonly string[] {
  return columns === 'all' ? listDatasetsArguments : listDatasetsPlainArguments;
}

/** For each resume token, which has no white space: the token, and what zfs says of it. */
export const tokenLines = [
  "case $datasets in *'\t'[0-9]-[0-9a-f]*)",
  `echo "$datasets" | sed -n 's/^\\([^\t]*\t\\)\\{${resumeTokenColumn - 1}\\}\\([0-9]-[0-9a-f-]*\\).*$/\\2/p' | while read -r token; do`,
  `  printf 'token %s\\n' "$token"`,
  `  "$@" ${quoteCommand(explainTokenArguments('').slice(0, -1))} "$token" </dev/null 2>&1`,
  'done ;; esac',
];

/** A zfs that lacks one of the properties says so in its first line, and then lists all that it has, which is left out. */
export function propertyLines(names: readonly string[], within?: Within): string[] {
  if (names.length === 0) return [];
  const call = `"$@" ${quoteCommand(limit(getPropertiesArguments(names), within))} </dev/null`;
  return [`${call} 2>/dev/null || { ${call} 2>&1 >/dev/null | sed -n '1s/^/zfs get: /p' >&2; exit 1; }`];
}

/** The list of all snapshots, or of those of datasets that have versions or that others were cloned from. */
export function snapshotLines(list: readonly string[], scope: 'tagged' | 'all', within?: Within): string[] {
  const call = `"$@" ${quoteCommand(limit(list, within))} </dev/null`;
  if (scope === 'all') return [`${call} || exit`];
  return [
    `{ echo "\${datasets}snapshots"; ${call}; printf 'status %s\\n' "$?"; } | head -c ${longestList} | awk -F '\\t' '`,
    ...taggedOnly,
    `' || exit`,
  ];
}
