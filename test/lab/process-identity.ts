import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in clock ticks since boot, as /proc/PID/stat has it. */
  readonly startTicks: string;
}

/** The identity of a living process, or `undefined`. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The second field is the program's name in brackets and may hold anything; the 22nd is the start time.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTicks] = [fields[0], fields[19]];
  return state === 'Z' || startTicks === undefined ? undefined : { pid, startTicks };
}

/** Whether the very same process still lives. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identifyProcess(identity.pid)?.startTicks === identity.startTicks;
}

/** Whether the process lives and has the text in its command line. */
export function mentions(pid: number, text: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
  } catch {
    return false;
  }
}

/** Kills the process and waits until it is gone; it need not be a child of ours, so there is no event to wait for. */
export async function killAndWait(pid: number): Promise<void> {
  const identity = identifyProcess(pid);
  if (identity === undefined) return;
  process.kill(pid, 'SIGKILL');
  const deadline = Date.now() + 10_000;
  while (isAlive(identity)) {
    if (Date.now() > deadline) throw new Error(`process ${pid} does not die`);
    await sleep(5);
  }
}
