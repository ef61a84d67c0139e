import type { Call } from './call.js';
import { findBuiltin } from './builtins.js';
import { Collector, nullDevice, Pipe, ReadEnd, WriteEnd, type Input, type Output } from './pipe.js';
import { ProcessEnd, type Process } from './process.js';
import type { Session } from './session.js';
import {
  parseScript,
  type AndOr,
  type Command,
  type Redirect,
  type Script,
  type Word,
} from './shell-parser.js';
import type { User } from './user.js';

/** What a descriptor leads to. */
export type Descriptor = Input | Output;

/** The open descriptors of a shell, by number. */
export type Descriptors = ReadonlyMap<number, Descriptor>;

/** Ends a function of the shell. */
class FunctionReturn extends Error {
  readonly status: number;

  constructor(status: number) {
    super('return');
    this.status = status;
  }
}

/** Runs scripts of the POSIX shell within a simulated host. */
export class Shell {
  readonly session: Session;
  readonly process: Process;
  readonly user: User;
  readonly variables: Map<string, string>;
  readonly #functions: Map<string, Command>;
  readonly #runProgram: (program: string, call: Call) => Promise<number>;
  /** `$1` and so on. */
  arguments: readonly string[];
  status = 0;
  /** `$!` */
  #lastBackground = 0;
  /** How the last `$(…)` ended. */
  #substitutedStatus = 0;
  descriptors: Descriptors;

  constructor(options: {
    readonly session: Session;
    readonly process: Process;
    readonly user: User;
    readonly arguments: readonly string[];
    readonly descriptors: Descriptors;
    readonly runProgram: (program: string, call: Call) => Promise<number>;
    readonly parent?: Shell;
  }) {
    this.session = options.session;
    this.process = options.process;
    this.user = options.user;
    this.arguments = options.arguments;
    this.descriptors = options.descriptors;
    this.#runProgram = options.runProgram;
    this.variables = new Map(options.parent?.variables);
    this.#functions = new Map(options.parent === undefined ? [] : options.parent.#functions);
    this.status = options.parent?.status ?? 0;
  }

  /** Runs a script's text, and gives its status. @throws ProcessEnd when it ends itself, or is ended */
  async run(text: string): Promise<number> {
    return this.#runList(parseScript(text));
  }

  /** Ends the function that runs. */
  return(status: number): never {
    throw new FunctionReturn(status);
  }

  /** The input with that number. @throws Error when it isn't open to be read */
  input(descriptor: number): Input {
    const found = this.descriptors.get(descriptor);
    if (found !== undefined && 'read' in found) return found;
    throw new Error(`descriptor ${descriptor} of a simulated shell isn't open to be read`);
  }

  /** The output with that number. @throws Error when it isn't open to be written */
  output(descriptor: number): Output {
    const found = this.descriptors.get(descriptor);
    if (found !== undefined && 'write' in found) return found;
    throw new Error(`descriptor ${descriptor} of a simulated shell isn't open to be written`);
  }

  /** Runs a program in the place of this shell, or in a process of its own. */
  async call(words: readonly string[], process = this.process): Promise<number> {
    const [program = '', ...rest] = words;
    return this.#runProgram(program, {
      ...{ session: this.session, process, user: this.user, words: rest },
      stdin: (this.descriptors.get(0) ?? nullDevice) as Input,
      stdout: (this.descriptors.get(1) ?? nullDevice) as Output,
      stderr: (this.descriptors.get(2) ?? nullDevice) as Output,
    });
  }

  async #runList(script: Script): Promise<number> {
    for (const item of script) await this.#runAndOr(item);
    return this.status;
  }

  async #runAndOr(item: AndOr): Promise<void> {
    const { first, rest, inBackground } = item;
    if (inBackground) {
      void this.#inSubshell(this.descriptors, (shell) => {
        this.#lastBackground = shell.process.pid;
        return shell.#runList([{ ...item, inBackground: false }]);
      });
      this.status = 0;
      return;
    }
    this.status = await this.#runPipeline(first);
    for (const { operator, pipeline } of rest) {
      if ((operator === '&&') === (this.status === 0)) this.status = await this.#runPipeline(pipeline);
    }
  }

  async #runPipeline(commands: readonly Command[]): Promise<number> {
    const [only] = commands;
    if (only !== undefined && commands.length === 1) return this.#runCommand(only);
    const pipes = commands.slice(1).map(() => new Pipe());
    const statuses = await Promise.all(
      commands.map(async (command, index) => {
        const [before, after] = [pipes[index - 1], pipes[index]];
        const descriptors = new Map(this.descriptors);
        if (before !== undefined) descriptors.set(0, new ReadEnd(before));
        if (after !== undefined) descriptors.set(1, new WriteEnd(after));
        const status = await this.#inSubshell(descriptors, (shell) => shell.#runCommand(command));
        before?.closeReader();
        after?.closeWriter();
        return status;
      }),
    );
    return statuses.at(-1) ?? 0;
  }

  /** Runs something in a process of its own that begins as a copy of this one. */
  async #inSubshell(descriptors: Descriptors, work: (shell: Shell) => Promise<number>): Promise<number> {
    return this.session.runChild(this.process, (process) =>
      work(
        new Shell({
          ...{ session: this.session, process, user: this.user, arguments: this.arguments },
          ...{ descriptors, runProgram: this.#runProgram, parent: this },
        }),
      ),
    );
  }

  async #runCommand(command: Command): Promise<number> {
    switch (command.kind) {
      case 'simple':
        return this.#runSimple(command);
      case 'group':
        return this.#redirected(command.redirects, () => this.#runList(command.body));
      case 'subshell':
        return this.#redirected(command.redirects, () =>
          this.#inSubshell(this.descriptors, (shell) => shell.#runList(command.body)),
        );
      case 'while':
        return this.#redirected(command.redirects, async () => {
          let status = 0;
          while ((await this.#runList(command.condition)) === 0) status = await this.#runList(command.body);
          this.status = status;
          return status;
        });
      case 'case': {
        const subject = await this.#expandToText(command.subject);
        for (const { patterns, body } of command.arms) {
          for (const pattern of patterns) {
            if (!(await this.#toPattern(pattern)).test(subject)) continue;
            this.status = 0;
            return this.#runList(body);
          }
        }
        return 0;
      }
      case 'function':
        this.#functions.set(command.name, command.body);
        return 0;
    }
  }

  async #runSimple(command: Extract<Command, { kind: 'simple' }>): Promise<number> {
    this.#substitutedStatus = 0;
    const words: string[] = [];
    for (const word of command.words) words.push(...(await this.#expand(word)));
    const assignments = new Map<string, string>();
    for (const { name, value } of command.assignments) assignments.set(name, await this.#expandToText(value));
    const [name, ...rest] = words;
    if (name === undefined) {
      for (const [variable, value] of assignments) this.variables.set(variable, value);
      // A command that is nothing but an assignment ends as what was substituted in it did.
      return this.#substitutedStatus;
    }
    if (name === 'exec') return this.#exec(rest, command.redirects);
    return this.#redirected(command.redirects, async () => {
      const body = this.#functions.get(name);
      if (body !== undefined) return this.#callFunction(body, rest);
      const builtin = findBuiltin(name);
      if (builtin !== undefined) return builtin(this, rest, assignments);
      if (assignments.size > 0) throw new Error(`no simulated program takes variables: ${name}`);
      return this.session.runChild(this.process, (process) => this.call(words, process));
    });
  }

  async #exec(words: readonly string[], redirects: readonly Redirect[]): Promise<number> {
    this.descriptors = await this.#redirect(redirects);
    if (words.length === 0) return 0;
    throw new ProcessEnd({ status: await this.call(words) });
  }

  async #callFunction(body: Command, words: readonly string[]): Promise<number> {
    const outer = this.arguments;
    this.arguments = words;
    try {
      return await this.#runCommand(body);
    } catch (error) {
      if (error instanceof FunctionReturn) return error.status;
      throw error;
    } finally {
      this.arguments = outer;
    }
  }

  async #redirected(redirects: readonly Redirect[], work: () => Promise<number>): Promise<number> {
    if (redirects.length === 0) return work();
    const before = this.descriptors;
    this.descriptors = await this.#redirect(redirects);
    try {
      return await work();
    } finally {
      this.descriptors = before;
    }
  }

  async #redirect(redirects: readonly Redirect[]): Promise<Descriptors> {
    const descriptors = new Map(this.descriptors);
    for (const { descriptor, operator, target } of redirects) {
      const where = await this.#expandToText(target);
      if (operator === '<' || operator === '>') {
        if (where !== '/dev/null') throw new Error(`a simulated host has no file ${where}`);
        descriptors.set(descriptor, nullDevice);
      } else if (where === '-') {
        descriptors.delete(descriptor);
      } else {
        const other = descriptors.get(Number(where));
        if (other === undefined) throw new Error(`descriptor ${where} of a simulated shell isn't open`);
        descriptors.set(descriptor, other);
      }
    }
    return descriptors;
  }

  /** The words that a word becomes. */
  async #expand(word: Word): Promise<string[]> {
    const [first] = word;
    if (word.length === 1 && first?.kind === 'parameter' && first.name === '@' && first.quoted) {
      return [...this.arguments];
    }
    const fields: string[] = [];
    let open: string | undefined;
    for (const part of word) {
      const text = await this.#expandPart(part);
      if (part.quoted || part.kind === 'text') {
        if (!part.quoted && /[*?[]/.test(text) && text !== '[') {
          throw new Error(`a simulated shell matches no files: ${text}`);
        }
        open = (open ?? '') + text;
        continue;
      }
      const pieces = text.split(/[ \t\n]+/);
      const [head = '', ...others] = pieces;
      if (head !== '') open = (open ?? '') + head;
      for (const piece of others) {
        if (open !== undefined) fields.push(open);
        open = piece === '' ? undefined : piece;
      }
    }
    if (open !== undefined) fields.push(open);
    return fields;
  }

  async #expandToText(word: Word): Promise<string> {
    let text = '';
    for (const part of word) text += await this.#expandPart(part);
    return text;
  }

  async #expandPart(part: Word[number]): Promise<string> {
    switch (part.kind) {
      case 'text':
        return part.text;
      case 'substitution':
        return this.#substitute(part.script);
      case 'parameter': {
        const value = this.#valueOf(part.name);
        switch (part.operator) {
          case '':
            return value;
          case ':-':
            return value === '' ? this.#expandToText(part.operand) : value;
          case '%':
          case '%%': {
            const suffix = await this.#toPattern(part.operand);
            const starts = indexesOf(value);
            if (part.operator === '%') starts.reverse();
            return value.slice(
              0,
              starts.find((start) => suffix.test(value.slice(start))),
            );
          }
          case '#':
          case '##': {
            const prefix = await this.#toPattern(part.operand);
            const ends = indexesOf(value);
            if (part.operator === '##') ends.reverse();
            return value.slice(ends.find((end) => prefix.test(value.slice(0, end))) ?? 0);
          }
          default:
            throw new Error(`a simulated shell has no \${${part.name}${part.operator}…}`);
        }
      }
    }
  }

  #valueOf(name: string): string {
    if (name === '?') return String(this.status);
    if (name === '$') return String(this.process.pid);
    if (name === '!') return String(this.#lastBackground);
    if (name === '#') return String(this.arguments.length);
    if (name === '@') return this.arguments.join(' ');
    if (/^[0-9]+$/.test(name)) return this.arguments[Number(name) - 1] ?? '';
    return this.variables.get(name) ?? '';
  }

  async #substitute(script: Script): Promise<string> {
    const collector = new Collector();
    const descriptors = new Map(this.descriptors).set(1, collector);
    this.#substitutedStatus = await this.#inSubshell(descriptors, (shell) => shell.#runList(script));
    return collector.text.replace(/\n+$/, '');
  }

  async #toPattern(word: Word): Promise<RegExp> {
    let source = '';
    for (const part of word) {
      const text = await this.#expandPart(part);
      const wild = part.quoted ? /(?!)/ : /^(?:[*?]|\[[a-z0-9-]+\])$/i;
      for (const [piece] of text.matchAll(/\[[a-z0-9-]+\]|./gis)) {
        if (wild.test(piece)) source += piece === '*' ? '.*' : piece === '?' ? '.' : piece;
        else source += piece.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
      }
    }
    return new RegExp(`^${source}$`, 's');
  }
}

/** Of all places in a text, its end included. */
function indexesOf(text: string): number[] {
  return Array.from({ length: text.length + 1 }, (_, index) => index);
}
