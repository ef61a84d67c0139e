import { finished, pipeline, Readable, Writable, type Transform } from 'node:stream';
import { quoteCommand } from '../base/shell.js';
import type { Exit, Host, HostProcess } from './host.js';
import { printEndMark } from '../base/mark-lines.js';
import { UntilMark } from './marks.js';

/*
 * Two commands that a shell of another machine joins by a pipe, through one channel of ours: no byte of the pipe comes here. The
 * channel's stderr is that of the writer, its stdout is what the reader says, stdout and stderr, and each ends with a line that tells
 * the status. Its stdin stays open as long as we are there: when it ends, we are gone or want no more, and the shell ends all that it
 * has started. sshd doesn't do that (seen with 9.2), and neither command would notice by itself.
 */

/** Stands before the status of a command. */
const mark = 'zfs-vm: ended with';

/** Two commands that are joined by a pipe, each as a process of its own: without a stdin, and the writer without stdout. */
export interface PipedCommands {
  readonly writer: HostProcess;
  /** All that it says is in its stdout. */
  readonly reader: HostProcess;
}

/** Starts two commands of which the first writes into the second. Aborting the signal ends both. */
export type StartPiped = (
  writer: readonly string[],
  reader: readonly string[],
  options: { readonly signal: AbortSignal },
) => Promise<PipedCommands>;

/**
 * Starts two commands on a host, joined by a pipe there.
 * @throws ZfsVmError when the host can't start commands
 */
export async function startPiped(
  host: Host,
  writer: readonly string[],
  reader: readonly string[],
  { signal }: { readonly signal: AbortSignal },
): Promise<PipedCommands> {
  const both = await host.start(['sh', '-c', pipeScript(writer, reader)], { signal });
  const [said, complaints] = [new UntilMark(mark), new UntilMark(mark)];
  passOn(both.stdout, said);
  passOn(both.stderr, complaints);
  return {
    writer: { stdin: nowhere(), stdout: nothing(), stderr: complaints, exit: exitOf(complaints, both) },
    reader: { stdin: nowhere(), stdout: said, stderr: nothing(), exit: exitOf(said, both) },
  };
}

/** Passes a stream on; breaks are symptoms, and exits tell the cause. */
export function passOn(source: Readable, sink: Transform): void {
  pipeline(source, sink, () => undefined);
}

/** Fulfils when a stream has ended or was given up. */
export function isOver(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    finished(stream, { writable: false }, () => {
      resolve();
    });
  });
}

function pipeScript(writer: readonly string[], reader: readonly string[]): string {
  const writing = `${quoteCommand(writer)} </dev/null 3<&-; ${printEndMark(mark, '"$?"')} >&2`;
  const reading = `${quoteCommand(reader)} 2>&1 3<&-; ${printEndMark(mark, '"$?"')}`;
  return [
    'exec 3<&0',
    // All that it has started is of its process group.
    '{ read -r line; kill -s TERM 0; } <&3 >/dev/null 2>&1 &',
    'watcher=$!',
    `{ ${writing}; } | { ${reading}; }`,
    'kill -s TERM "$watcher"',
  ].join('\n');
}

/** How one of the two ended: as the shell there tells, or else as both did. */
async function exitOf(output: UntilMark, both: HostProcess): Promise<Exit> {
  const [status] = await Promise.all([output.status, isOver(output)]);
  if (status !== undefined) return { kind: 'exited', code: status };
  const exit = await both.exit;
  return exit.kind === 'exited' ? { kind: 'lost', reason: 'its exit status was lost' } : exit;
}

function nothing(): Readable {
  return Readable.from([]);
}

function nowhere(): Writable {
  return new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
}
