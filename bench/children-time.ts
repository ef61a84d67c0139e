import { readFileSync } from 'node:fs';

/** The unit of times in /proc; it has been 100 a second on every Linux for long. */
const ticksPerSecond = 100;

/**
 * The processor time in seconds that all descendants of a process have used which have ended, and were waited for. NaN when the
 * process itself is gone.
 */
export function readChildrenTime(pid: number | 'self'): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, in brackets, may have spaces; user and system time of children are fields 16 and 17.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[13]) + Number(fields[14])) / ticksPerSecond;
  } catch {
    return NaN;
  }
}
