import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What one run of a program took. */
export interface WatchedRun {
  readonly seconds: number;
  /** Processor time of the program itself, without what it has started. */
  readonly cpuSeconds: number;
  /** The most memory that the program itself had (RSS). */
  readonly peakMib: number;
}

const pollMs = 100;

/** How much of what it says is kept, for when it fails. */
const keptCharacters = 2000;

/** The unit of times in /proc; it has been 100 a second on every Linux for long. */
const ticksPerSecond = 100;

/**
 * Runs a program to its end. What Linux keeps of a process is gone with it, so it is read again and again: the peak can only have been
 * higher, and the time longer, by what happened in the last tenth of a second.
 * @throws Error with its last words, unless it ends with status 0
 */
export async function runWatched(
  argv: readonly [string, ...string[]],
  env: Readonly<Record<string, string | undefined>>,
): Promise<WatchedRun> {
  const [program, ...words] = argv;
  const beganMs = performance.now();
  const child = spawn(program, words, { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const output of [child.stdout, child.stderr]) {
    output.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-keptCharacters);
    });
  }
  let usage = { cpuSeconds: NaN, peakMib: NaN };
  const poll = setInterval(() => {
    usage = readUsage(child.pid) ?? usage;
  }, pollMs);
  let endedMs = NaN;
  try {
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', () => {
        endedMs = performance.now();
      });
      child.once('close', resolve);
    });
    if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${status ?? 'a signal'}:\n${said}`);
    return { ...usage, seconds: (endedMs - beganMs) / 1000 };
  } finally {
    clearInterval(poll);
  }
}

/** What a process has used so far; undefined when it is gone. */
function readUsage(pid: number | undefined): Omit<WatchedRun, 'seconds'> | undefined {
  try {
    const status = readFileSync(`/proc/${pid ?? ''}/status`, 'utf8');
    const peakKib = /^VmHWM:\s*([0-9]+) kB$/m.exec(status)?.[1];
    // A process that has ended and waits for its parent has no memory any more.
    if (peakKib === undefined) return undefined;
    const stat = readFileSync(`/proc/${pid ?? ''}/stat`, 'utf8');
    // The second field, in brackets, may have spaces; user and system time are fields 14 and 15.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    return { cpuSeconds: ticks / ticksPerSecond, peakMib: Number(peakKib) / 1024 };
  } catch {
    return undefined;
  }
}
