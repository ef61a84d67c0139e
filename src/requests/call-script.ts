import { quoteCommand } from '../base/shell.js';
import { printBeginMark, printEndMark } from '../base/mark-lines.js';

/*
 * Several calls of zfs in one command. They are data that a short script reads: a script with thousands of commands is more than some
 * shells take, and bash ends with a segmentation fault at 11,000 in one pair of braces (5.2).
 */

/** Stands before the first call's output, so that what a shell prints at login isn't taken for a part of it. */
export const beginCallsMark = 'zfs-vm: begin';

/** Stands behind each call's output, with its status. */
export const endCallMark = 'zfs-vm: ended';

/** Reads the line that stands behind a call's output: its status. */
export const endedCallPattern = new RegExp(`^${endCallMark} ([0-9]{1,3})$`);

/** Stands behind the calls, so that it is noticed where the way to the host broke in the middle of them. */
export const lastCallLine = 'end of calls';

/** An awk program that lets lines through once the last one of all has come. */
export const onlyWhole = [
  `$0 == "${lastCallLine}" { for (i = 1; i < NR; i++) print line[i]; exit }`,
  '{ line[NR] = $0 }',
].join('\n');

/** Runs a call for each line of stdin, which has its words as a shell reads them. In it, `"$@"` calls zfs. */
export const callEach = [
  `newline='\n'`,
  printBeginMark(beginCallsMark),
  `awk '${onlyWhole}' | while IFS= read -r call; do`,
  `  eval '"$@"' "$call" '</dev/null 2>&1'`,
  `  ${printEndMark(endCallMark, '"$?"')}`,
  'done',
].join('\n');

/** What `callEach` reads: the calls, a line each. A newline within a word is written as the variable that has one. */
export function* toCallLines(calls: Iterable<readonly string[]>): Generator<string> {
  for (const words of calls) yield `${quoteCommand(words).replaceAll('\n', `'"$newline"'`)}\n`;
  yield `${lastCallLine}\n`;
}
