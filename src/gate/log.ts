import { spawn, spawnSync } from 'node:child_process';

/** What the lines are found by in the log: `journalctl -t zfs-vm-gate`. */
const logName = 'zfs-vm-gate';

/** How long the log is waited for. */
const options = { stdio: 'ignore', timeout: 2000 } as const;

/** The words that write the line behind them to the log. */
export const logWords = ['logger', '-t', logName, '-p', 'auth.notice', '--'] as const;

const [logger, ...loggerWords] = logWords;

/**
 * Writes a line to the log of the system, by `logger`, which every system with sshd has (POSIX). Where it isn't there, nothing is written: what was
 * refused stays refused.
 */
export function writeLog(line: string): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn(logger, [...loggerWords, line], options);
    child.once('error', () => {
      resolve();
    });
    child.once('close', () => {
      resolve();
    });
  });
}

/** The same, which is waited for at once. */
export function writeLogNow(line: string): void {
  spawnSync(logger, [...loggerWords, line], options);
}
