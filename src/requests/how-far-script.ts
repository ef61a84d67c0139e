import { quoteCommand } from '../base/shell.js';
import {
  cutDatasets,
  datasetLines,
  datasetsArguments,
  longestDatasets,
  tokenLines,
  type ListedColumns,
  type Within,
} from './list-scripts.js';
import { listNamedSnapshotsArguments, newestSnapshotColumn } from '../zfs/list.js';
import { endOfDatasets, outOfStepProgram } from './out-of-step.js';

/** Stands below what a zfs has listed that did not come to its end. */
export const brokenOff = 'broken off';

/** Stands in place of the datasets where all are in step. */
export const allInStep = 'in step';

/*
 * The names that these programs of awk print are for xargs, to which a space means something: they stand in quotes. The shell takes no
 * list apart itself: to find something in a text, it goes over what is before it again for each character.
 */

/** Picks the snapshots that weren't expected from what was asked for. */
export const lateProgram = String.raw`sub(/^late /, "") { print "\"" $0 "\"" }`;

/** Picks the snapshots from what is open, and the newest snapshot of each dataset from a list of them. */
export const newestProgram = String.raw`/^"[^@]*@/ { print; next } $${newestSnapshotColumn} ~ /@/ { print "\"" $${newestSnapshotColumn} "\"" }`;

/**
 * The parts of the script that asks a host how far its copies are. On stdin it reads a line with what is expected, in quotes, to be asked for
 * while the rest is waited for: the names that are late, and what `outOfStepProgram` reads.
 * @param listsAll whether all datasets are listed, wherever the copies are
 */
export function howFarScript(
  columns: ListedColumns,
  within?: Within,
  listsAll = false,
): Record<'found' | 'datasets' | 'tokens' | 'newest', readonly string[]> {
  return {
    found: [
      // zfs ends with 1 where a name isn't there. With anything else it has not listed all that is: what is not in its list would look as
      // if it weren't there. If zfs can't be run at all, the list of datasets says why.
      `named() { { xargs sh -c '"$@" 2>/dev/null; case $? in 0|1) ;; *) exit 2 ;; esac' sh "$@" ${quoteCommand(listNamedSnapshotsArguments)} ||`,
      `  { echo; echo '${brokenOff}'; }; } | head -c ${longestDatasets}; }`,
      'IFS= read -r expected; found=',
      `case $expected in *\\"*) found=$(echo "$expected" | named "$@") ;; esac`,
      'asked=$(cat)',
      `case $asked in 'late '*)`,
      `  late=$(echo "$asked" | awk -F '\\t' '${lateProgram}' | named "$@")`,
      '  found="$found\n$late" ;; esac',
      `open=$({ echo "$found"; echo "$asked"; } | awk -F '\\t' '`,
      ...outOfStepProgram,
      `')`,
      `echo "$found"`,
    ],
    datasets: listsAll ? ['newest=', ...datasetLines(columns, within)] : openLines(columns, within),
    tokens: tokenLines,
    newest: [`case $newest in *\\"*) echo "$newest" | named "$@" ;; esac`],
  };
}

/** Lists the datasets that are open, and where one of them isn't there, all. */
function openLines(columns: ListedColumns, within: Within | undefined): string[] {
  return [
    'datasets=; newest=; case $open in \\"*)',
    `  some=$({ echo "$open" | xargs -E ${endOfDatasets} "$@" ${quoteCommand(datasetsArguments(columns))} 2>/dev/null`,
    `    echo "status $?"; } | ${cutDatasets})`,
    '  case $some in',
    '  *\'status 0\') datasets=${some%status 0}; echo "$datasets"',
    `    newest=$({ echo "$open"; echo "$datasets"; } | awk -F '\\t' '${newestProgram}') ;;`,
    '  *)',
    ...datasetLines(columns, within),
    '  ;;',
    '  esac ;;',
    `*) echo '${allInStep}' ;;`,
    'esac',
  ];
}
