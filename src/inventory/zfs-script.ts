import { toCommandError } from '../host/command-error.js';
import { ZfsVmError } from '../base/errors.js';
import type { Endpoint } from '../host/endpoint.js';
import { isSuccess } from '../host/host.js';
import { printBeginMark } from '../host/marks.js';
import { runCommand, type RunOptions } from '../host/run-command.js';

/** What each part printed, and whether something else was printed before: a banner, or what a shell prints at login. */
export type ScriptAnswer<Name extends string> = Record<Name, string> & { readonly hasNoise: boolean };

/** How a script may be run. */
export interface ScriptOptions<Name extends string> {
  /** What it reads from stdin. */
  readonly input?: RunOptions['input'];
  /** Told of what the first part printed when the second begins. */
  readonly onFirst?: ((text: string) => void) | undefined;
  /**
   * Takes what the last part prints as it comes, in pieces that are cut anywhere, so that nobody keeps all of it: the answer has none of
   * it then. Called once, with what the others printed.
   */
  readonly readLast?: ((before: Readonly<Record<Name, string>>) => (piece: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How many characters an answer may have that is kept in memory: a zfs that prints without end must be ended somewhere. */
const longestKept = 2 ** 28;

/** How many it may have where the last part is read as it comes. */
export const longestList = 2 ** 29;

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
  { input, onFirst, readLast, signal }: ScriptOptions<Name>,
): Promise<ScriptAnswer<Name>> {
  const names = Object.keys(parts) as Name[];
  const lines = names.flatMap((name) => [printBeginMark(markOf(name)), ...parts[name]]);
  const script = [...lines, printBeginMark(markOf(end))].join('\n');
  const answer = new AnswerReader(names, { onFirst, readLast });
  const result = await runCommand(host, ['sh', '-c', script, 'sh', ...zfs], {
    ...{ signal, limit: readLast === undefined ? longestKept : longestList, what: 'zfs list' },
    ...(input === undefined ? {} : { input }),
    onText: (piece) => {
      answer.feed(piece);
    },
  });
  signal?.throwIfAborted();
  if (!isSuccess(result.exit)) throw toCommandError(host.name, 'zfs list', result);
  const texts = answer.end();
  if (texts !== undefined) return texts;
  throw new ZfsVmError('failed', `${host.name}: the lists from zfs broke off in the middle`, {
    hint: 'try again',
  });
}

/** The line that stands before a part. */
function markOf(name: string): string {
  return `zfs-vm: ${name}`;
}

/** Takes the answer to a script apart, as it comes, in pieces that are cut anywhere. */
class AnswerReader<Name extends string> {
  readonly #names: readonly Name[];
  readonly #options: Pick<ScriptOptions<Name>, 'onFirst' | 'readLast'>;
  readonly #texts: Partial<Record<Name, string>> = {};
  #hasNoise = false;
  /** How many marks have come. */
  #begun = 0;
  /** What has come since the last mark, before the last part. */
  #pieces: string[] = [];
  /** The end of what has come, which may be the beginning of a mark. */
  #tail = '';
  #last: LastPart | undefined;

  constructor(names: readonly Name[], options: Pick<ScriptOptions<Name>, 'onFirst' | 'readLast'>) {
    this.#names = names;
    this.#options = options;
  }

  feed(piece: string): void {
    let rest = piece;
    while (this.#last === undefined) {
      const mark = `\n${markOf(this.#names[this.#begun] ?? end)}\n`;
      const window = this.#tail + rest;
      const index = window.indexOf(mark);
      this.#pieces.push(rest);
      if (index < 0) {
        this.#tail = window.slice(1 - mark.length);
        return;
      }
      rest = window.slice(index + mark.length);
      this.#begin(this.#pieces.join('').slice(0, -rest.length - mark.length));
    }
    this.#last.feed(rest);
  }

  /** What each part printed; undefined when it broke off. */
  end(): ScriptAnswer<Name> | undefined {
    const isWhole = (text: unknown): boolean => text === '' || String(text).endsWith('\n');
    const last = this.#last?.end();
    if (last === undefined || !isWhole(last) || !Object.values(this.#texts).every(isWhole)) return undefined;
    const { readLast } = this.#options;
    const name = this.#names.at(-1);
    if (name !== undefined) this.#texts[name] = readLast === undefined ? last : '';
    return { ...(this.#texts as Record<Name, string>), hasNoise: this.#hasNoise };
  }

  /** Begins the next part. @param before what came since the mark before, or before the first one */
  #begin(before: string): void {
    const { onFirst, readLast } = this.#options;
    const name = this.#names[this.#begun - 1];
    if (name === undefined) this.#hasNoise = before !== '';
    else this.#texts[name] = before;
    if (this.#begun === 1) onFirst?.(before);
    this.#begun++;
    [this.#pieces, this.#tail] = [[], ''];
    if (this.#begun < this.#names.length) return;
    this.#last = new LastPart(readLast?.(this.#texts as Record<Name, string>));
  }
}

/** The line at the end of an answer. */
const endMark = `\n${markOf(end)}\n`;

/**
 * The last part, which ends at the last end mark: there may be lines like it in values that anybody has written. What may be the mark,
 * and what comes after it, is kept back.
 */
class LastPart {
  readonly #take: (piece: string) => void;
  readonly #kept: string[] = [];
  /** The end of what was taken: all that tells whether it is whole. */
  #lastTaken = '';
  /** What came since the last mark, with it; undefined when none has come. */
  #afterMark: string[] | undefined;
  #tail = '';

  /** @param take gets what comes; it is kept when that is left out */
  constructor(take: ((piece: string) => void) | undefined) {
    this.#take = take ?? ((piece) => this.#kept.push(piece));
  }

  feed(piece: string): void {
    let window = this.#tail + piece;
    const index = window.lastIndexOf(endMark);
    if (index >= 0) {
      for (const before of this.#afterMark ?? []) this.#pass(before);
      this.#pass(window.slice(0, index));
      this.#afterMark = [endMark];
      window = window.slice(index + endMark.length);
    }
    const length = Math.max(0, window.length - endMark.length + 1);
    this.#tail = window.slice(length);
    if (this.#afterMark === undefined) this.#pass(window.slice(0, length));
    else this.#afterMark.push(window.slice(0, length));
  }

  /** What was kept, or else the end of what was taken; undefined when it broke off. */
  end(): string | undefined {
    if (this.#afterMark === undefined) return undefined;
    return this.#kept.length > 0 ? this.#kept.join('') : this.#lastTaken;
  }

  #pass(piece: string): void {
    if (piece === '') return;
    this.#lastTaken = piece.slice(-1);
    this.#take(piece);
  }
}
