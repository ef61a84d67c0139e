import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A test file in which a mutation goes round in circles for this long has noticed it, too. */
const longestMs = 15 * 60 * 1000;

/**
 * Runs a test file until its first failure.
 * @param folder a copy of the project
 * @param file the source of the tests, from there
 * @returns what failed first, in words; undefined when all went well
 */
export async function runTestFile(folder: string, file: string): Promise<string | undefined> {
  const built = `build/${file.replace(/\.ts$/, '.js')}`;
  const child = spawn(
    process.execPath,
    ['--enable-source-maps', '--test-reporter=tap', '--test-reporter-destination=stdout', built],
    // A group of its own, so that what the tests have started ends with them.
    { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'], detached: true },
  );
  const end = (): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // All of them have ended already.
    }
  };
  process.once('exit', end);
  let failed: string | undefined;
  const timer = setTimeout(() => {
    failed ??= `it takes longer than ${longestMs / 60_000} minutes`;
    end();
  }, longestMs);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const name = /^ *not ok [0-9]+ - (.*?)(?: # (?:SKIP|TODO).*)?$/.exec(line)?.[1];
    if (name === undefined) continue;
    failed ??= name;
    end();
  }
  const status = await ended;
  clearTimeout(timer);
  process.off('exit', end);
  return failed ?? (status === 0 ? undefined : `${file} ends with ${status ?? 'a signal'}`);
}
