import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';

interface QmpMessage {
  readonly QMP?: unknown;
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
}

/**
 * Gives one command to a running QEMU over its control socket and returns the answer.
 *
 * A connection a command: QEMU takes one at a time, and more than one process may hold the same lab.
 */
export async function commandQemu(
  socketFile: string,
  execute: string,
  args: Readonly<Record<string, unknown>> = {},
): Promise<unknown> {
  const socket = createConnection(socketFile);
  socket.setTimeout(30_000, () => socket.destroy(new Error('QEMU does not answer')));
  const requests = [{ execute: 'qmp_capabilities' }, { execute, arguments: args }];
  try {
    const failed = new Promise<never>((_, reject) => {
      socket.once('error', reject);
    });
    const answered = (async () => {
      let answer: unknown;
      for await (const line of createInterface({ input: socket })) {
        const message = JSON.parse(line) as QmpMessage;
        if (message.error !== undefined) throw new Error(message.error.desc);
        // Events come in between: only the greeting and the answers move us on.
        if (message.QMP === undefined && message.return === undefined) continue;
        answer = message.return;
        const request = requests.shift();
        if (request === undefined) return answer;
        socket.write(`${JSON.stringify(request)}\n`);
      }
      throw new Error('QEMU closed the connection');
    })();
    return await Promise.race([answered, failed]);
  } catch (error) {
    throw new Error(`QEMU: ${execute}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  } finally {
    socket.destroy();
  }
}

/** Gives a command of QEMU's monitor for people, where the machine's protocol has none. */
export async function commandQemuMonitor(socketFile: string, commandLine: string): Promise<string> {
  const answer = await commandQemu(socketFile, 'human-monitor-command', { 'command-line': commandLine });
  return String(answer);
}
