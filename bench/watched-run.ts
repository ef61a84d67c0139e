import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readChildrenTime } from './children-time.js';

/** What one run of a program took. */
export interface WatchedRun {
  readonly seconds: number;
  /** Processor time of the program and all that it has started. */
  readonly cpuSeconds: number;
  /** The most memory that the program itself had (RSS). */
  readonly peakMib: number;
}

const pollMs = 100;

/** How much of what it says is kept, for when it fails. */
const keptCharacters = 2000;

/**
 * Runs a program to its end. The kernel tells a peak only while a process is there, so it is read again and again: only what
 * happened in the last tenth of a second can be missing. Nothing else may be run meanwhile.
 * @throws Error with its last words, unless it ends with status 0
 */
export async function runWatched(
  argv: readonly [string, ...string[]],
  env: Readonly<Record<string, string | undefined>>,
): Promise<WatchedRun> {
  const [program, ...words] = argv;
  const cpuBefore = readChildrenTime('self');
  const beganMs = performance.now();
  const child = spawn(program, words, { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const output of [child.stdout, child.stderr]) {
    output.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-keptCharacters);
    });
  }
  let peakMib = NaN;
  const poll = setInterval(() => {
    peakMib = readPeakMib(child.pid) ?? peakMib;
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
    const cpuSeconds = readChildrenTime('self') - cpuBefore;
    return { seconds: (endedMs - beganMs) / 1000, cpuSeconds, peakMib };
  } finally {
    clearInterval(poll);
  }
}

/** The most memory that a process has had so far; undefined when it has ended. */
function readPeakMib(pid: number | undefined): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid ?? ''}/status`, 'utf8');
    const kib = /^VmHWM:\s*([0-9]+) kB$/m.exec(status)?.[1];
    return kib === undefined ? undefined : Number(kib) / 1024;
  } catch {
    return undefined;
  }
}
