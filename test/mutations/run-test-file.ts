import { spawn } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';

/**
 * Runs a test file until its first failure.
 * @param folder a copy of the project, in which nothing else runs
 * @param file the source of the tests, from there
 * @param longestMs after this time it counts as failed: what is broken goes round in circles, or waits for ever
 * @returns what failed first, in words; undefined when all went well
 */
export async function runTestFile(
  folder: string,
  file: string,
  longestMs: number,
): Promise<string | undefined> {
  const built = `build/${file.replace(/\.ts$/, '.js')}`;
  const words = ['--enable-source-maps', '--test-reporter=tap', '--test-reporter-destination=stdout', built];
  const child = spawn(process.execPath, words, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
  const status = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('exit', resolve);
  });
  let failed: string | undefined;
  const fail = (what: string): void => {
    failed ??= what;
    endAllIn(folder);
  };
  const timer = setTimeout(() => {
    fail(`${file} takes longer than ${Math.round(longestMs / 1000)} s`);
  }, longestMs);
  for await (const line of createInterface({ input: child.stdout })) {
    const name = /^ *not ok [0-9]+ - (.*)$/.exec(line)?.[1];
    if (name !== undefined) fail(name);
  }
  clearTimeout(timer);
  const code = await status;
  return failed ?? (code === 0 ? undefined : `${file} ends with ${code ?? 'a signal'}`);
}

/** Ends all processes that were started in a folder, those of other sessions too: a test that is ended can't clean up. */
export function endAllIn(folder: string): void {
  for (let left = listProcessesIn(folder); left.length > 0; left = listProcessesIn(folder)) {
    for (const pid of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
  }
}

/** Processes by the folder they are in; none where the system doesn't tell. */
function listProcessesIn(folder: string): number[] {
  const names = process.platform === 'linux' ? readdirSync('/proc') : [];
  return names
    .filter((name) => /^[0-9]+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`) === folder;
      } catch {
        return false;
      }
    });
}
