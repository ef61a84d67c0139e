import { Transform, type TransformCallback } from 'node:stream';

/** How much may come before the mark that something begins with: login shells and banners print less. */
const longestBefore = 2 ** 20;

/** How much of the end is kept, for the last line. */
const tailLength = 4096;

/** A mark line that ends something has two words and a status: nothing longer need be kept back. */
const longestEndLine = 80;

/** Of an output, lets through what comes behind a mark (`printBeginMark`). */
export class BehindMark extends Transform {
  /** Whether the mark has come; false when the output ends without it, or says too much before. */
  readonly hasCome: Promise<boolean>;
  readonly #mark: string;
  #resolve: (hasCome: boolean) => void = () => undefined;
  #isBehind = false;
  /** How much came before the mark. */
  #lengthBefore = 0;
  /** The end of what has come: before the mark, or, once that is there, behind it. */
  #tail = '';

  constructor(mark: string) {
    super();
    this.#mark = `\n${mark}\n`;
    this.hasCome = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** The last lines that came, before the mark or behind it. */
  get lastLines(): string[] {
    return Buffer.from(this.#tail, 'latin1')
      .toString()
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (this.#isBehind) this.#pass(chunk);
    else this.#search(chunk);
    done();
  }

  override _flush(done: TransformCallback): void {
    this.#resolve(false);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#resolve(false);
    done(error);
  }

  #search(chunk: Buffer): void {
    // Bytes as characters, so that nothing is changed wherever a chunk was cut.
    const text = this.#tail + chunk.toString('latin1');
    const index = text.indexOf(this.#mark);
    if (index < 0) {
      this.#tail = text.slice(-tailLength);
      this.#lengthBefore += chunk.length;
      if (this.#lengthBefore > longestBefore) this.#resolve(false);
      return;
    }
    this.#isBehind = true;
    this.#tail = '';
    this.#resolve(true);
    this.#pass(Buffer.from(text.slice(index + this.#mark.length), 'latin1'));
  }

  #pass(chunk: Buffer): void {
    this.#tail = (this.#tail + chunk.toString('latin1')).slice(-tailLength);
    if (chunk.length > 0) this.push(chunk);
  }
}

/** Of an output, lets through what comes before a mark with a status (`printEndMark`), and a newline, and ends there. */
export class UntilMark extends Transform {
  /** The status beside the mark; undefined when the output ends without it. */
  readonly status: Promise<number | undefined>;
  readonly #pattern: RegExp;
  #resolve: (status: number | undefined) => void = () => undefined;
  #hasEnded = false;
  /** The line that has begun and may become the mark; what came before it ended with a newline. */
  #held: string | undefined = '';

  constructor(mark: string) {
    super();
    this.#pattern = new RegExp(`\\n${mark} ([0-9]{1,3})\\n`);
    this.status = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    // What comes after it is nobody's, and mustn't keep its writer from ending.
    if (!this.#hasEnded) this.#take(chunk.toString('latin1'));
    done();
  }

  override _flush(done: TransformCallback): void {
    if (!this.#hasEnded) {
      this.#pass(this.#held ?? '');
      this.#resolve(undefined);
    }
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#resolve(undefined);
    done(error);
  }

  #take(piece: string): void {
    // A newline that was passed on already stands before what was held.
    const before = this.#held === undefined ? '' : '\n';
    const text = `${before}${this.#held ?? ''}${piece}`;
    const found = this.#pattern.exec(text);
    if (found !== null) {
      this.#pass(text.slice(before.length, found.index + 1));
      this.#hasEnded = true;
      this.#resolve(Number(found[1]));
      this.push(null);
      return;
    }
    const lineStart = text.lastIndexOf('\n') + 1;
    const mayBecomeMark = lineStart > 0 && text.length - lineStart < longestEndLine;
    const end = mayBecomeMark ? lineStart : text.length;
    this.#pass(text.slice(before.length, end));
    this.#held = mayBecomeMark ? text.slice(end) : undefined;
  }

  #pass(text: string): void {
    if (text !== '') this.push(Buffer.from(text, 'latin1'));
  }
}
