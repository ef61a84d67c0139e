import { appendFile, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  formatRunLine,
  joinRunLines,
  parseRunLine,
  type RunLine,
  type RunRecord,
} from '../base/run-record.js';
import { findStateFolder } from '../base/state-folder.js';

/** How large the newer of both files gets: some thousand runs. */
const mostBytes = 2 ** 20;

/** After this time, whoever was about to move the files is dead. */
const longestMoveMs = 60_000;

/** Where runs are written down. Never is anything of it a reason to fail. */
export interface RunJournal {
  /** Writes a line down. */
  readonly write: (line: RunLine) => Promise<void>;
  /** The runs that are written down, the oldest first. */
  readonly read: () => Promise<RunRecord[]>;
  /** What a line says of the process that writes it. */
  readonly identify: () => Promise<{ readonly pid: number; readonly bootId: string }>;
}

/**
 * The journal of this user on this machine: two files in the state folder, each a line of JSON for the begin and one for the end of each
 * run. When the newer one is full, it becomes the older one, and what that had is forgotten.
 */
export class RunJournalFiles implements RunJournal {
  readonly #folder: string;

  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.#folder = join(findStateFolder(env), 'log');
  }

  readonly write = async (line: RunLine): Promise<void> => {
    try {
      await mkdir(this.#folder, { recursive: true });
      if (line.kind === 'begin') await this.#makeRoom();
      await appendFile(this.#newer, formatRunLine(line), { mode: 0o600 });
    } catch {
      // A folder that can't be written to, or a full disk.
    }
  };

  readonly read = async (): Promise<RunRecord[]> => {
    const texts = await Promise.all([this.#older, this.#newer].map(readText));
    const lines = texts
      .join('')
      .split('\n')
      .map(parseRunLine)
      .filter((line) => line !== undefined);
    const bootId = await readBootId();
    return joinRunLines(lines, (begin) => begin.bootId === bootId && isAlive(begin.pid));
  };

  readonly identify = async (): Promise<{ pid: number; bootId: string }> => {
    return { pid: process.pid, bootId: await readBootId() };
  };

  get #newer(): string {
    return join(this.#folder, 'runs.jsonl');
  }

  get #older(): string {
    return join(this.#folder, 'runs.1.jsonl');
  }

  /** Makes the newer file the older one when it is full. Of several runs that find it so, one does it. */
  async #makeRoom(): Promise<void> {
    if (!(await this.#isFull())) return;
    const lock = join(this.#folder, 'runs.lock');
    const lockedAtMs = await stat(lock).then(
      ({ mtimeMs }) => mtimeMs,
      () => undefined,
    );
    if (lockedAtMs !== undefined && Date.now() - lockedAtMs > longestMoveMs) await rm(lock, { force: true });
    const file = await open(lock, 'wx', 0o600).catch(() => undefined);
    if (file === undefined) return;
    try {
      if (await this.#isFull()) await rename(this.#newer, this.#older);
    } finally {
      await file.close();
      await rm(lock, { force: true });
    }
  }

  async #isFull(): Promise<boolean> {
    return stat(this.#newer).then(
      ({ size }) => size > mostBytes,
      () => false,
    );
  }
}

/** What tells this start of the machine from any other; the same for all where the system has no such thing. */
async function readBootId(): Promise<string> {
  return (await readText('/proc/sys/kernel/random/boot_id')).trim();
}

/** What a file says; nothing where there is none. */
function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
