import { execFile } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** One end of a pipe, to be handed to a process. */
export class PipeEnd {
  readonly descriptor: number;
  #isOpen = true;

  constructor(descriptor: number) {
    this.descriptor = descriptor;
  }

  /** Lets go of it; a process that was started with it has its own. */
  close(): void {
    if (this.#isOpen) closeSync(this.descriptor);
    this.#isOpen = false;
  }
}

/** Both ends of a pipe. */
export interface PipeEnds {
  readonly read: PipeEnd;
  readonly write: PipeEnd;
}

/**
 * A pipe as a shell makes it, for two processes that have nothing to do with us in between; undefined where that can't be. What
 * Node.js calls a pipe is a pair of sockets: a writer whose reader goes away gets ECONNRESET from it, if anything was left unread,
 * instead of the SIGPIPE and EPIPE that zfs knows. Node.js itself can't make a pipe, but open one that has a name.
 */
export async function openPipe(): Promise<PipeEnds | undefined> {
  let folder: string | undefined;
  const opened: PipeEnd[] = [];
  const open = (path: string, flags: number): PipeEnd => {
    const end = new PipeEnd(openSync(path, flags));
    opened.push(end);
    return end;
  };
  try {
    folder = await mkdtemp(join(tmpdir(), 'zfs-vm-'));
    const path = join(folder, 'pipe');
    await promisify(execFile)('mkfifo', [path]);
    // Each end waits for somebody to open the other one; this is both.
    const both = open(path, constants.O_RDWR);
    const ends = { read: open(path, constants.O_RDONLY), write: open(path, constants.O_WRONLY) };
    both.close();
    return ends;
  } catch {
    for (const end of opened) end.close();
    return undefined;
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}
