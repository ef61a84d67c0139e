import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { drained } from '../base/write-all.js';
import type { Exit, HostProcess } from '../host/host.js';
import type { GateContext } from './gate-context.js';

/** Passes on what a process says, until it has said all. @param from its stdout undefined where that goes another way */
export async function passOutputs(
  from: Pick<HostProcess, 'stderr'> & { readonly stdout: Readable | undefined },
  { stdout, stderr }: GateContext,
): Promise<void> {
  await Promise.all([
    from.stdout === undefined ? undefined : pass(from.stdout, stdout),
    pass(from.stderr, stderr),
  ]);
}

async function pass(source: Readable, sink: Writable): Promise<void> {
  try {
    for await (const chunk of source) if (!sink.write(chunk)) await drained(sink);
  } catch {
    // Nobody hears it any more.
  }
}

/** How a process ended whose outputs were passed on, as an exit status. */
export async function conclude({ exit }: Pick<HostProcess, 'exit'>, outputs: Promise<void>): Promise<number> {
  const [end] = await Promise.all([exit, outputs]);
  return toStatus(end);
}

function toStatus(exit: Exit): number {
  switch (exit.kind) {
    case 'exited':
      return exit.code;
    case 'signalled':
      return 128 + ((constants.signals as Partial<Record<string, number>>)[exit.signal] ?? 0);
    case 'stopped':
    case 'lost':
      return 1;
  }
}
