import { setTimeout as sleep } from 'node:timers/promises';
import { quoteArgv } from './quote.js';
import { runProgram } from './run-program.js';

/** What a terminal shows. */
export interface Screen {
  /** What was typed. */
  readonly command: string;
  /** The rows of what the command printed, without blanks at their ends; a line that does not fit goes on in the next row. */
  readonly rows: readonly string[];
  /** The lines as they were printed. */
  readonly lines: readonly string[];
  /** How the command ended. */
  readonly status: number;
}

/** Whatever the shell was going to ask with, it asks with this: the status of the command before. */
const prompt = /^\[(\d+)\] # $/;

/** A shell in a real terminal, 80 columns wide unless told otherwise: tmux draws it, and is typed to. */
export class Terminal {
  /** All screens so far, as they were drawn, also of programs that have not ended. */
  readonly screens: string[] = [];
  readonly #socket: string;

  private constructor(socket: string) {
    this.#socket = socket;
  }

  /**
   * @param socket a path for the socket of tmux
   * @param argv a command that starts a POSIX shell
   */
  static async open(
    socket: string,
    argv: readonly string[],
    { columns = 80, rows = 50 }: { readonly columns?: number; readonly rows?: number } = {},
  ): Promise<Terminal> {
    const terminal = new Terminal(socket);
    const size = ['-x', String(columns), '-y', String(rows)];
    await terminal.#tmux('-f', '/dev/null', 'new-session', '-d', ...size, quoteArgv(argv));
    // What is typed before the shell is there is shown twice.
    await terminal.waitFor(/[#$] *\s*$/);
    await terminal.#type("PS1='[$?] # '");
    await terminal.#waitForPrompt(60_000);
    return terminal;
  }

  /** Types a command, answers what it asks, and waits for its end. @param answers a question each, and what is typed then */
  async run(
    command: string,
    {
      answers = [],
      timeoutMs = 120_000,
    }: { readonly answers?: readonly (readonly [RegExp, string])[]; readonly timeoutMs?: number } = {},
  ): Promise<Screen> {
    await this.start(command);
    for (const [question, answer] of answers) {
      await this.waitFor(question, timeoutMs);
      await this.#type(answer);
    }
    return this.finish(command, timeoutMs);
  }

  /** Types a command on an empty screen. */
  async start(command: string): Promise<void> {
    await this.#type('clear');
    await this.#waitForPrompt(30_000);
    await this.#tmux('clear-history');
    await this.#type(command);
  }

  /** Waits until the screen shows something. @returns the screen */
  async waitFor(wanted: RegExp, timeoutMs = 60_000): Promise<string> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const screen = await this.#capture();
      if (wanted.test(screen)) {
        this.screens.push(screen);
        return screen;
      }
      if (Date.now() > end) throw new Error(`the terminal does not show ${String(wanted)}:\n${screen}`);
      await sleep(100);
    }
  }

  /** Waits until the command that was started has ended. */
  async finish(command: string, timeoutMs = 120_000): Promise<Screen> {
    const status = await this.#waitForPrompt(timeoutMs);
    const screen = await this.#capture();
    this.screens.push(screen);
    const cut = (text: string): string[] => text.trimEnd().split('\n').slice(1, -1);
    return { command, rows: cut(screen), lines: cut(await this.#capture('-J')), status };
  }

  /** Ends the shell and what runs in it. */
  async close(): Promise<void> {
    await this.#tmux('kill-server');
  }

  /** @returns the status of the command before */
  async #waitForPrompt(timeoutMs: number): Promise<number> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const [last = ''] = (await this.#capture()).trimEnd().split('\n').slice(-1);
      const [, status] = prompt.exec(`${last} `) ?? [];
      if (status !== undefined) return Number(status);
      if (Date.now() > end) throw new Error(`no prompt:\n${await this.#capture()}`);
      await sleep(100);
    }
  }

  async #type(text: string): Promise<void> {
    await this.#tmux('send-keys', '-l', text);
    // Before it is there, the screen ends with a prompt, as it does when a command has ended.
    while (!(await this.#capture('-J')).trimEnd().endsWith(text)) await sleep(50);
    await this.#tmux('send-keys', 'Enter');
  }

  async #capture(...options: readonly string[]): Promise<string> {
    return (await this.#tmux('capture-pane', '-p', '-S', '-', ...options)).stdout;
  }

  #tmux(...words: readonly string[]): ReturnType<typeof runProgram> {
    return runProgram(['tmux', '-S', this.#socket, ...words]);
  }
}

/** The rows of a screen that go on in the next one within a word. */
export function findBrokenWords({ rows, lines }: Screen, columns = 80): string[] {
  const whole = new Set(lines);
  return rows.filter(
    (row, index) => row.length === columns && !whole.has(row) && !(rows[index + 1] ?? ' ').startsWith(' '),
  );
}
