import { watch } from 'node:fs';
import { open, stat } from 'node:fs/promises';

/** The size of a guest's console log: what a wait for the next boot passes over. */
export async function measureConsole(logFile: string): Promise<number> {
  return (await stat(logFile)).size;
}

/** The last lines that a guest wrote on its console. */
export async function readConsoleTail(logFile: string, fromBytes = 0): Promise<string> {
  const text = await readFrom(logFile, fromBytes);
  return text.trimEnd().split('\n').slice(-15).join('\n');
}

/**
 * Waits until a guest's console log, read from `fromBytes` on, has the text.
 *
 * @throws when the signal aborts first, with the end of the log in its message.
 */
export async function waitForConsole(
  logFile: string,
  text: string,
  { fromBytes = 0, signal }: { fromBytes?: number; signal: AbortSignal },
): Promise<void> {
  const hasText = async (): Promise<boolean> => (await readFrom(logFile, fromBytes)).includes(text);
  // QEMU appends to the file, and each write is an event.
  const watcher = watch(logFile);
  try {
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        hasText().then((found) => {
          if (found) resolve();
        }, reject);
      };
      const abort = (): void => {
        reject(signal.reason as Error);
      };
      watcher.on('change', look);
      watcher.once('error', reject);
      signal.addEventListener('abort', abort, { once: true });
      if (signal.aborted) abort();
      // The first look comes when the watch is on, so that no line slips through between the two.
      look();
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`no "${text}" on the console: ${why}\n${await readConsoleTail(logFile, fromBytes)}`, {
      cause: error,
    });
  } finally {
    watcher.close();
  }
}

async function readFrom(file: string, fromBytes: number): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const buffer = Buffer.alloc(Math.max(0, size - fromBytes));
    await handle.read(buffer, 0, buffer.length, fromBytes);
    return buffer.toString('latin1');
  } finally {
    await handle.close();
  }
}
