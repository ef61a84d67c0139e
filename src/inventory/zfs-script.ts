import { toCommandError } from '../host/command-error.js';
import { ZfsVmError } from '../base/errors.js';
import type { Endpoint } from '../host/endpoint.js';
import { isSuccess } from '../host/host.js';
import { ask, type BodyOf } from '../host/ask.js';
import { runCommand, type CommandResult, type RunOptions } from '../host/run-command.js';
import { longestList } from '../requests/list-scripts.js';
import {
  endOfAnswer,
  joinParts,
  listParts,
  partMark,
  type ListKind,
  type PartOf,
} from '../requests/render.js';
import type { RequestOf } from '../requests/request.js';

/** What each part printed, and whether something else was printed before: a banner, or what a shell prints at login. */
export type ScriptAnswer<Name extends string> = Record<Name, string> & { readonly hasNoise: boolean };

/** How an answer is taken. */
export interface AnswerOptions<Name extends string> {
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

/**
 * Asks a host for lists, and gives each part of what it answers.
 * @param body gives the records anew each time that it is called
 * @throws ZfsVmError when zfs can't be run there, or the output breaks off
 */
export async function askForLists<Kind extends ListKind>(
  endpoint: Endpoint,
  request: RequestOf<Kind>,
  body: () => BodyOf<Kind>,
  options: AnswerOptions<PartOf<Kind>> = {},
): Promise<ScriptAnswer<PartOf<Kind>>> {
  const names = Object.keys(listParts(request as unknown as RequestOf<ListKind>)) as PartOf<Kind>[];
  return readAnswer(endpoint, names, options, (runOptions) => ask(endpoint, request, body, runOptions));
}

/**
 * Runs a shell script that asks zfs several things in one command, and gives what each part printed. In it, `"$@"` calls zfs.
 * @param parts the lines of the script, by the names of the parts (`joinParts`)
 * @throws ZfsVmError when zfs can't be run there, or the output breaks off
 */
export async function runZfsScript<Name extends string>(
  endpoint: Endpoint,
  parts: Readonly<Record<Name, readonly string[]>>,
  { input, ...options }: AnswerOptions<Name> & Pick<RunOptions, 'input'>,
): Promise<ScriptAnswer<Name>> {
  const argv = ['sh', '-c', joinParts(parts), 'sh', ...endpoint.zfs];
  return readAnswer(endpoint, Object.keys(parts) as Name[], options, (runOptions) =>
    runCommand(endpoint.host, argv, { ...runOptions, ...(input === undefined ? {} : { input }) }),
  );
}

async function readAnswer<Name extends string>(
  { host }: Endpoint,
  names: readonly Name[],
  { onFirst, readLast, signal }: AnswerOptions<Name>,
  run: (options: Omit<RunOptions, 'input'>) => Promise<CommandResult>,
): Promise<ScriptAnswer<Name>> {
  const answer = new AnswerReader(names, { onFirst, readLast });
  const result = await run({
    ...{ signal, limit: readLast === undefined ? longestKept : longestList, what: 'zfs list' },
    onText: (piece) => {
      answer.feed(piece);
    },
  });
  signal?.throwIfAborted();
  if (!isSuccess(result.exit)) throw toCommandError(host.name, 'zfs list', result);
  const texts = answer.end();
  if (texts !== undefined) return texts;
  throw new ZfsVmError('failed', `${host.name}: output of zfs list is incomplete`, {
    hint: 'run the same command again',
  });
}

/** Takes the answer to a script apart, as it comes, in pieces that are cut anywhere. */
class AnswerReader<Name extends string> {
  readonly #names: readonly Name[];
  readonly #options: Pick<AnswerOptions<Name>, 'onFirst' | 'readLast'>;
  readonly #texts: Partial<Record<Name, string>> = {};
  #hasNoise = false;
  /** How many marks have come. */
  #begun = 0;
  /** What has come since the last mark, before the last part. */
  #pieces: string[] = [];
  /** The end of what has come, which may be the beginning of a mark. */
  #tail = '';
  #last: LastPart | undefined;

  constructor(names: readonly Name[], options: Pick<AnswerOptions<Name>, 'onFirst' | 'readLast'>) {
    this.#names = names;
    this.#options = options;
  }

  feed(piece: string): void {
    let rest = piece;
    while (this.#last === undefined) {
      const mark = `\n${partMark(this.#names[this.#begun] ?? endOfAnswer)}\n`;
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
const endMark = `\n${partMark(endOfAnswer)}\n`;

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
