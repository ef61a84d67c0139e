/*
 * As much of the POSIX shell's language as our scripts use. What isn't known is refused with an error that names it.
 */

/** A piece of a word. */
export type WordPart =
  | { readonly kind: 'text'; readonly text: string; readonly quoted: boolean }
  /** `$name`, `${name}`, or with an operator such as `${name%@*}`. */
  | {
      readonly kind: 'parameter';
      readonly name: string;
      readonly operator: string;
      readonly operand: Word;
      readonly quoted: boolean;
    }
  | { readonly kind: 'substitution'; readonly script: Script; readonly quoted: boolean };

/** A word before expansion. */
export type Word = readonly WordPart[];

/** `2>&1`, `</dev/null`, `3>&-`. */
export interface Redirect {
  readonly descriptor: number;
  readonly operator: '<' | '>' | '>&' | '<&';
  readonly target: Word;
}

/** A command. */
export type Command =
  | {
      readonly kind: 'simple';
      readonly assignments: readonly { readonly name: string; readonly value: Word }[];
      readonly words: readonly Word[];
      readonly redirects: readonly Redirect[];
    }
  | {
      readonly kind: 'group' | 'subshell';
      readonly body: Script;
      readonly redirects: readonly Redirect[];
    }
  | {
      readonly kind: 'while';
      readonly condition: Script;
      readonly body: Script;
      readonly redirects: readonly Redirect[];
    }
  | {
      readonly kind: 'case';
      readonly subject: Word;
      readonly arms: readonly { readonly patterns: readonly Word[]; readonly body: Script }[];
    }
  | { readonly kind: 'function'; readonly name: string; readonly body: Command };

/** Commands joined by pipes. */
export type Pipeline = readonly Command[];

/** Pipelines joined by `&&` and `||`. */
export interface AndOr {
  readonly first: Pipeline;
  readonly rest: readonly { readonly operator: '&&' | '||'; readonly pipeline: Pipeline }[];
  /** Whether `&` stands behind it. */
  readonly inBackground: boolean;
}

/** Lines and what `;` or `&` separates. */
export type Script = readonly AndOr[];

const cache = new Map<string, Script>();

const mostCached = 1000;

/** Parses a script; each text once only. @throws Error when it has something that isn't known, or ends in the middle of a command */
export function parseScript(text: string): Script {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const script = new Parser(text).parseAll();
  // Most of the scripts that are written for one plan come once only.
  if (cache.size === mostCached) cache.clear();
  if (text.length < 4000) cache.set(text, script);
  return script;
}

const reserved = new Set([
  '{',
  '}',
  'while',
  'do',
  'done',
  'case',
  'esac',
  'in',
  'if',
  'then',
  'else',
  'fi',
  'for',
  'until',
]);

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parseAll(): Script {
    const script = this.#parseList([]);
    if (this.#at < this.#text.length) throw this.#unknown();
    return script;
  }

  /** Parses up to one of these words or characters, or to the end. */
  #parseList(ends: readonly string[]): Script {
    const list: AndOr[] = [];
    for (;;) {
      this.#skipBlank(true);
      while (this.#text[this.#at] === ';' && this.#text[this.#at + 1] !== ';') {
        this.#at++;
        this.#skipBlank(true);
      }
      if (this.#at >= this.#text.length || ends.some((end) => this.#isAtEnd(end))) return list;
      list.push(this.#parseAndOr());
    }
  }

  #isAtEnd(end: string): boolean {
    if (!this.#text.startsWith(end, this.#at)) return false;
    if (end === ')' || end === ';;') return true;
    return /^(?:[\s;)|&]|$)/.test(this.#text.slice(this.#at + end.length, this.#at + end.length + 1));
  }

  #parseAndOr(): AndOr {
    const first = this.#parsePipeline();
    const rest: { operator: '&&' | '||'; pipeline: Pipeline }[] = [];
    for (;;) {
      this.#skipBlank(false);
      const operator = this.#text.slice(this.#at, this.#at + 2);
      if (operator !== '&&' && operator !== '||') {
        const inBackground = operator.startsWith('&');
        if (inBackground) this.#at++;
        return { first, rest, inBackground };
      }
      this.#at += 2;
      this.#skipBlank(true);
      rest.push({ operator, pipeline: this.#parsePipeline() });
    }
  }

  #parsePipeline(): Pipeline {
    const commands = [this.#parseCommand()];
    for (;;) {
      this.#skipBlank(false);
      if (this.#text[this.#at] !== '|' || this.#text[this.#at + 1] === '|') return commands;
      this.#at++;
      this.#skipBlank(true);
      commands.push(this.#parseCommand());
    }
  }

  #parseCommand(): Command {
    if (this.#takeWord('{')) {
      const body = this.#parseList(['}']);
      this.#expectWord('}');
      return { kind: 'group', body, redirects: this.#parseRedirects() };
    }
    if (this.#text[this.#at] === '(') {
      this.#at++;
      const body = this.#parseList([')']);
      this.#expect(')');
      return { kind: 'subshell', body, redirects: this.#parseRedirects() };
    }
    if (this.#takeWord('while')) {
      const condition = this.#parseList(['do']);
      this.#expectWord('do');
      const body = this.#parseList(['done']);
      this.#expectWord('done');
      return { kind: 'while', condition, body, redirects: this.#parseRedirects() };
    }
    if (this.#takeWord('case')) return this.#parseCase();
    const [, name] = /^([A-Za-z_][A-Za-z0-9_]*)\(\)/.exec(this.#text.slice(this.#at, this.#at + 80)) ?? [];
    if (name !== undefined) {
      this.#at += name.length + 2;
      this.#skipBlank(true);
      return { kind: 'function', name, body: this.#parseCommand() };
    }
    return this.#parseSimple();
  }

  #parseCase(): Command {
    this.#skipBlank(false);
    const subject = this.#parseWord();
    this.#skipBlank(true);
    this.#expectWord('in');
    const arms: { patterns: Word[]; body: Script }[] = [];
    for (;;) {
      this.#skipBlank(true);
      if (this.#takeWord('esac')) return { kind: 'case', subject, arms };
      const patterns = [this.#parseWord()];
      while (this.#text[this.#at] === '|') {
        this.#at++;
        patterns.push(this.#parseWord());
      }
      this.#expect(')');
      const body = this.#parseList([';;', 'esac']);
      if (this.#text.startsWith(';;', this.#at)) this.#at += 2;
      arms.push({ patterns, body });
    }
  }

  #parseSimple(): Command {
    const assignments: { name: string; value: Word }[] = [];
    const words: Word[] = [];
    const redirects: Redirect[] = [];
    for (;;) {
      this.#skipBlank(false);
      const redirect = this.#parseRedirect();
      if (redirect !== undefined) {
        redirects.push(redirect);
        continue;
      }
      if (this.#isAtOperator()) break;
      const [, name] = /^([A-Za-z_][A-Za-z0-9_]*)=/.exec(this.#text.slice(this.#at, this.#at + 80)) ?? [];
      if (name !== undefined && words.length === 0) {
        this.#at += name.length + 1;
        assignments.push({ name, value: this.#isAtOperator() ? [] : this.#parseWord() });
        continue;
      }
      const start = this.#at;
      const word = this.#parseWord();
      const text = this.#text.slice(start, this.#at);
      if (words.length === 0 && assignments.length === 0 && reserved.has(text)) {
        this.#at = start;
        throw this.#unknown();
      }
      words.push(word);
    }
    if (assignments.length + words.length + redirects.length === 0) throw this.#unknown();
    return { kind: 'simple', assignments, words, redirects };
  }

  #parseRedirects(): Redirect[] {
    const redirects: Redirect[] = [];
    for (;;) {
      this.#skipBlank(false);
      const redirect = this.#parseRedirect();
      if (redirect === undefined) return redirects;
      redirects.push(redirect);
    }
  }

  #parseRedirect(): Redirect | undefined {
    const [all, digits, operator] =
      /^([0-9]*)(>&|<&|>>|<<|>|<)/.exec(this.#text.slice(this.#at, this.#at + 8)) ?? [];
    if (all === undefined || operator === undefined) return undefined;
    if (operator === '>>' || operator === '<<') throw this.#unknown();
    this.#at += all.length;
    this.#skipBlank(false);
    const standard = operator.startsWith('<') ? 0 : 1;
    const descriptor = digits === '' ? standard : Number(digits);
    return { descriptor, operator: operator as Redirect['operator'], target: this.#parseWord() };
  }

  #isAtOperator(): boolean {
    const character = this.#text[this.#at];
    return character === undefined || /[\s;|&()<>]/.test(character);
  }

  #parseWord(): Word {
    const parts: WordPart[] = [];
    let plain = '';
    const flush = (): void => {
      if (plain !== '') parts.push({ kind: 'text', text: plain, quoted: false });
      plain = '';
    };
    while (!this.#isAtOperator()) {
      const character = this.#text[this.#at] ?? '';
      if (character === "'") {
        flush();
        const end = this.#text.indexOf("'", this.#at + 1);
        if (end < 0) throw new Error('a quoted string has no end');
        parts.push({ kind: 'text', text: this.#text.slice(this.#at + 1, end), quoted: true });
        this.#at = end + 1;
      } else if (character === '"') {
        flush();
        this.#at++;
        parts.push(...this.#parseUntil('"', true));
      } else if (character === '\\') {
        flush();
        parts.push({ kind: 'text', text: this.#text[this.#at + 1] ?? '', quoted: true });
        this.#at += 2;
      } else if (character === '$') {
        flush();
        parts.push(this.#parseDollar(false));
      } else if (character === '`') {
        throw this.#unknown();
      } else {
        plain += character;
        this.#at++;
      }
    }
    flush();
    if (parts.length === 0) throw this.#unknown();
    return parts;
  }

  /** Parses up to and past a character: what stands between double quotes, or the operand within `${…}`. */
  #parseUntil(end: '"' | '}', quoted: boolean): WordPart[] {
    const parts: WordPart[] = [];
    let text = '';
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined) throw new Error('a quoted string has no end');
      if (character === '`' || (character === "'" && end === '}')) throw this.#unknown();
      if (character === end) break;
      if (character === '"') {
        this.#at++;
        if (text !== '') parts.push({ kind: 'text', text, quoted });
        text = '';
        parts.push(...this.#parseUntil('"', true));
      } else if (character === '\\' && (!quoted || /["\\$`]/.test(this.#text[this.#at + 1] ?? ''))) {
        text += this.#text[this.#at + 1] ?? '';
        this.#at += 2;
      } else if (character === '$') {
        if (text !== '') parts.push({ kind: 'text', text, quoted });
        text = '';
        parts.push(this.#parseDollar(quoted));
      } else {
        text += character;
        this.#at++;
      }
    }
    this.#at++;
    // An empty pair of quotes is a word, too.
    if (text !== '' || (parts.length === 0 && quoted)) parts.push({ kind: 'text', text, quoted });
    return parts;
  }

  #parseDollar(quoted: boolean): WordPart {
    const rest = this.#text.slice(this.#at, this.#at + 80);
    if (rest.startsWith('$((')) throw this.#unknown();
    if (rest.startsWith('$(')) {
      this.#at += 2;
      const script = this.#parseList([')']);
      this.#expect(')');
      return { kind: 'substitution', script, quoted };
    }
    const [plain, name] = /^\$([A-Za-z_][A-Za-z0-9_]*|[0-9@$?#!])/.exec(rest) ?? [];
    if (plain !== undefined && name !== undefined) {
      this.#at += plain.length;
      return { kind: 'parameter', name, operator: '', operand: [], quoted };
    }
    const [braced, inner, operator] =
      /^\$\{([A-Za-z_][A-Za-z0-9_]*|[0-9@?])(:-|%%|%|##|#|\})/.exec(rest) ?? [];
    if (braced === undefined || inner === undefined || operator === undefined) throw this.#unknown();
    this.#at += braced.length;
    if (operator === '}') return { kind: 'parameter', name: inner, operator: '', operand: [], quoted };
    return { kind: 'parameter', name: inner, operator, operand: this.#parseUntil('}', false), quoted };
  }

  #takeWord(word: string): boolean {
    if (!this.#isAtEnd(word)) return false;
    this.#at += word.length;
    return true;
  }

  #expectWord(word: string): void {
    this.#skipBlank(true);
    if (!this.#takeWord(word)) throw this.#unknown();
  }

  #expect(text: string): void {
    this.#skipBlank(true);
    if (!this.#text.startsWith(text, this.#at)) throw this.#unknown();
    this.#at += text.length;
  }

  #skipBlank(withNewlines: boolean): void {
    const blank = withNewlines ? /[ \t\n]/ : /[ \t]/;
    while (blank.test(this.#text[this.#at] ?? '') || this.#text.startsWith('\\\n', this.#at)) this.#at++;
  }

  #unknown(): Error {
    if (this.#at >= this.#text.length) return new Error('more has to come');
    const before = this.#text.slice(Math.max(0, this.#at - 40), this.#at);
    const after = this.#text.slice(this.#at, this.#at + 40);
    return new Error(`the simulated shell doesn't know what stands here: ${before}>>>${after}`);
  }
}
