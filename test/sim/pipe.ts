import { ProcessEnd, type Process } from './process.js';

/** How many bytes a pipe holds, as in Linux. */
const defaultCapacityBytes = 65_536;

/** A pipe between simulated processes. It is bounded, and each end belongs to one of them and to what that one waits for. */
export class Pipe {
  readonly #capacityBytes: number;
  #chunks: Buffer[] = [];
  #length = 0;
  #hasReader = true;
  #hasWriter = true;
  #wakers: (() => void)[] = [];

  constructor(capacityBytes = defaultCapacityBytes) {
    this.#capacityBytes = capacityBytes;
  }

  get hasReader(): boolean {
    return this.#hasReader;
  }

  /** Whether nothing is left in it, and nothing will come. */
  get isEnded(): boolean {
    return !this.#hasWriter && this.#length === 0;
  }

  get isFull(): boolean {
    return this.#length >= this.#capacityBytes;
  }

  get length(): number {
    return this.#length;
  }

  closeReader(): void {
    this.#hasReader = false;
    this.#chunks = [];
    this.#length = 0;
    this.#wake();
  }

  closeWriter(): void {
    this.#hasWriter = false;
    this.#wake();
  }

  /** Calls this once at the next change of any kind. */
  onChange(listener: () => void): void {
    this.#wakers.push(listener);
  }

  put(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    this.#wake();
  }

  /** Takes what is there, up to so many bytes. */
  take(limit: number): Buffer {
    const [first] = this.#chunks;
    if (first === undefined) return Buffer.alloc(0);
    const taken = first.subarray(0, limit);
    if (taken.length === first.length) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(limit);
    this.#length -= taken.length;
    this.#wake();
    return taken;
  }

  #wake(): void {
    if (this.#wakers.length === 0) return;
    const wakers = this.#wakers;
    this.#wakers = [];
    for (const wake of wakers) wake();
  }
}

/** What a process reads from. */
export interface Input {
  /** At least a byte and at most the limit; nothing at the end. */
  read: (process: Process, limit: number) => Promise<Buffer>;
  close: () => void;
}

/** What a process writes to. */
export interface Output {
  /** @throws ProcessEnd by PIPE when nobody reads any more */
  write: (process: Process, data: Buffer) => Promise<void>;
  close: () => void;
}

/** The end of a pipe that is read. */
export class ReadEnd implements Input {
  readonly #pipe: Pipe;

  constructor(pipe: Pipe) {
    this.#pipe = pipe;
  }

  async read(process: Process, limit: number): Promise<Buffer> {
    const pipe = this.#pipe;
    process.check();
    while (pipe.length === 0 && !pipe.isEnded) {
      await process.wait((wake) => {
        pipe.onChange(wake);
      });
    }
    return pipe.take(limit);
  }

  close(): void {
    this.#pipe.closeReader();
  }
}

/** The end of a pipe that is written. */
export class WriteEnd implements Output {
  readonly #pipe: Pipe;

  constructor(pipe: Pipe) {
    this.#pipe = pipe;
  }

  async write(process: Process, data: Buffer): Promise<void> {
    const pipe = this.#pipe;
    process.check();
    while (pipe.hasReader && pipe.isFull) {
      await process.wait((wake) => {
        pipe.onChange(wake);
      });
    }
    if (!pipe.hasReader) throw new ProcessEnd({ signal: 'PIPE' });
    pipe.put(data);
  }

  close(): void {
    this.#pipe.closeWriter();
  }
}

/** Keeps what is written to it. */
export class Collector implements Output {
  readonly #chunks: Buffer[] = [];

  write(process: Process, data: Buffer): Promise<void> {
    process.check();
    this.#chunks.push(data);
    return Promise.resolve();
  }

  close(): void {
    // It takes no more, and keeps what it has.
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}

/** An input that is there already. */
export function inputOf(text: string): Input {
  let rest = Buffer.from(text);
  return {
    read: (_process, limit) => {
      const taken = rest.subarray(0, limit);
      rest = rest.subarray(limit);
      return Promise.resolve(taken);
    },
    close: () => undefined,
  };
}

/** An input that is read ahead: what nobody has taken of it by then is lost. */
export function readAhead(input: Input): Input {
  let rest = Buffer.alloc(0);
  return {
    read: async (process, limit) => {
      if (rest.length === 0) rest = Buffer.from(await input.read(process, defaultCapacityBytes));
      const taken = rest.subarray(0, limit);
      rest = rest.subarray(limit);
      return taken;
    },
    close: () => {
      input.close();
    },
  };
}

/** /dev/null. */
export const nullDevice: Input & Output = {
  read: () => Promise.resolve(Buffer.alloc(0)),
  write: () => Promise.resolve(),
  close: () => undefined,
};

/** Reads exactly so many bytes, or fewer when the input ends before. */
export async function readExactly(input: Input, process: Process, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let missing = length;
  while (missing > 0) {
    const chunk = await input.read(process, missing);
    if (chunk.length === 0) break;
    chunks.push(chunk);
    missing -= chunk.length;
  }
  const [only] = chunks;
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks);
}

/** Reads all that comes. */
export async function readToEnd(input: Input, process: Process): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = await input.read(process, defaultCapacityBytes);
    if (chunk.length === 0) return Buffer.concat(chunks);
    chunks.push(chunk);
  }
}

/** Reads up to the end of a line, without it, and not a byte more; undefined at the end of the input. */
export async function readLine(
  input: Input,
  process: Process,
): Promise<{ line: string; isWhole: boolean } | undefined> {
  const bytes: number[] = [];
  for (;;) {
    const [byte] = await input.read(process, 1);
    if (byte === undefined) {
      return bytes.length === 0 ? undefined : { line: Buffer.from(bytes).toString(), isWhole: false };
    }
    if (byte === 0x0a) return { line: Buffer.from(bytes).toString(), isWhole: true };
    bytes.push(byte);
  }
}
