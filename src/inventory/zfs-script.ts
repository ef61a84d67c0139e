import { toCommandError } from '../command-error.js';
import { ZfsVmError } from '../errors.js';
import type { Endpoint } from '../host/endpoint.js';
import { isSuccess } from '../host/host.js';
import { printBeginMark } from '../host/marks.js';
import { runCommand, type RunOptions } from '../host/run-command.js';

/** What each part printed, and whether something else was printed before: a banner, or what a shell prints at login. */
export type ScriptAnswer<Name extends string> = Record<Name, string> & { readonly hasNoise: boolean };

/** How a script may be run. */
export interface ScriptOptions {
  /** What it reads from stdin. */
  readonly input?: RunOptions['input'];
  /** Told of what the first part printed when the second begins. */
  readonly onFirst?: ((text: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * How many characters the lists of a host may have, as many as those of two million snapshots. All of it is kept in memory until
 * it is read, here and partly there: a zfs that prints without end must be ended somewhere.
 */
export const longestAnswer = 256 * 2 ** 20;

/** What stands at the end of the output, so that one which was cut is noticed. */
const end = 'end';

/**
 * Runs a shell script that asks zfs several things in one command, and gives what each part printed. In it, `"$@"` calls zfs.
 * A line of its own stands before each part, so that a banner, or what a shell prints at login, is taken for no answer.
 * @param parts the lines of the script, by the names of the parts; what prints values that anybody may have written comes last, as
 *   they could have such lines in them
 * @throws ZfsVmError when zfs can't be run there, or the output breaks off
 */
export async function runZfsScript<Name extends string>(
  { host, zfs }: Endpoint,
  parts: Readonly<Record<Name, readonly string[]>>,
  { input, onFirst, signal }: ScriptOptions,
): Promise<ScriptAnswer<Name>> {
  const names = Object.keys(parts) as Name[];
  const lines = names.flatMap((name) => [printBeginMark(markOf(name)), ...parts[name]]);
  const script = [...lines, printBeginMark(markOf(end))].join('\n');
  const result = await runCommand(host, ['sh', '-c', script, 'sh', ...zfs], {
    ...{ signal, limit: longestAnswer, what: 'zfs list' },
    ...(input === undefined ? {} : { input }),
    ...(onFirst === undefined ? {} : { onText: hearFirst([...names, end], onFirst) }),
  });
  signal?.throwIfAborted();
  if (!isSuccess(result.exit)) throw toCommandError(host.name, 'zfs list', result);
  const texts = splitAtMarks(result.stdout, [...names, end]);
  const isWhole = (text: unknown): boolean => text === '' || String(text).endsWith('\n');
  if (texts !== undefined && Object.values(texts).every(isWhole)) {
    return { ...texts, hasNoise: !result.stdout.startsWith(`\n${markOf(names[0] ?? end)}\n`) };
  }
  throw new ZfsVmError('failed', `${host.name}: the lists from zfs broke off in the middle`, {
    hint: 'try again',
  });
}

/** The line that stands before a part. */
function markOf(name: string): string {
  return `zfs-vm: ${name}`;
}

/** Takes an output as it comes, in pieces that are cut anywhere, and tells of its first part when the mark of the second is there. */
function hearFirst(names: readonly string[], onFirst: (text: string) => void): (text: string) => void {
  const [begin = '', next = ''] = names.map((name) => `\n${markOf(name)}\n`);
  let pieces: string[] | undefined = [];
  let tail = '';
  return (text) => {
    if (pieces === undefined) return;
    pieces.push(text);
    const end = tail + text;
    tail = end.slice(-next.length);
    if (!end.includes(next)) return;
    const heard = pieces.join('');
    pieces = undefined;
    const [start, stop] = [heard.indexOf(begin), heard.indexOf(next)];
    if (start >= 0 && start < stop) onFirst(heard.slice(start + begin.length, stop));
  };
}

function splitAtMarks<Name extends string>(
  output: string,
  names: readonly Name[],
): Record<Name, string> | undefined {
  const texts: Partial<Record<Name, string>> = {};
  let [name, start]: [Name | undefined, number] = [undefined, 0];
  for (const next of names) {
    const line = `\n${markOf(next)}\n`;
    const index = next === end ? output.lastIndexOf(line) : output.indexOf(line, start);
    if (index < start) return undefined;
    if (name !== undefined) texts[name] = output.slice(start, index);
    [name, start] = [next, index + line.length];
  }
  return texts as Record<Name, string>;
}
