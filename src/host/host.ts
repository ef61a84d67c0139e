import type { Readable, Writable } from 'node:stream';
import type { Transport } from '../base/transports.js';
import type { PipeEnd } from './pipe-ends.js';

/** How a command ended. */
export type Exit =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: string }
  /** We ended it: it was aborted, its host was closed, or its output wasn't wanted any more. */
  | { readonly kind: 'stopped' }
  /** Its host went away before, and nobody knows how it ended. */
  | { readonly kind: 'lost'; readonly reason: string };

/** Whether a command ended well. */
export function isSuccess(exit: Exit): boolean {
  return exit.kind === 'exited' && exit.code === 0;
}

/**
 * A command that runs on a host. Both outputs must be drained by whoever started it, or it blocks.
 * `exit` always fulfils, after both outputs have ended; a lost host is a kind of exit, not an exception.
 */
export interface HostProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly exit: Promise<Exit>;
}

/** Who hears of what a host does. */
export interface CommandTelling {
  /** Takes lines about what is being done; printable text, without secrets. */
  readonly debug: (line: string) => void;
  /** Hears of each command before it is started. */
  readonly onCommand?: ((argv: readonly string[]) => void) | undefined;
}

/** What may go along with a command. */
export interface StartOptions {
  /** Aborting it ends the command: its pipes are closed and it receives SIGTERM. */
  readonly signal?: AbortSignal;
  /** One that waits for this one, and so never ends before: where it has the only channel, that is an error. */
  readonly waiting?: HostProcess | undefined;
  /** Whether it ends only when its host is closed: where it has the only channel, others can't be started. */
  readonly isLasting?: boolean | undefined;
  /** Its stdin, where the host joins pipes; that of the process is nothing then. */
  readonly input?: PipeEnd | undefined;
  /** Its stdout, where the host joins pipes; that of the process is empty then. */
  readonly output?: PipeEnd | undefined;
}

/** Connections to a host for large streams, each for one stream at a time. */
export interface BulkConnections {
  /** Begins to open one, if none is there or on its way that nobody uses. */
  prepare(): void;
  /**
   * Gives the host by such a connection, maybe a new one; undefined where there is none to be had. Whoever has it closes it when
   * their stream is over: another one may get it then. Never rejects.
   */
  open(): Promise<Host | undefined>;
}

/** How a host over SSH is connected. */
export interface Link {
  readonly transport: Transport;
  /** The fingerprint of the host's key; undefined where the ssh of this machine has checked it. */
  readonly hostKeyFingerprint: string | undefined;
}

/**
 * A place where commands run: this machine, one over SSH, or a simulated one. Whoever uses one needn't know which.
 */
export interface Host {
  /** The host as the person named it, e.g. `local` or `fjoe@remote-host`. For messages, never for a shell. */
  readonly name: string;
  /**
   * Whether its commands are processes of this machine that take the ends of a pipe (`openPipe`) as their input and output, so that
   * no byte comes through here.
   */
  readonly joinsPipes: boolean;
  /** How it is connected; undefined where it isn't a host over SSH. */
  readonly link?: Link | undefined;
  /** The host that runs its commands, by an ssh of its own; undefined where this machine does. */
  readonly via?: Host;
  /**
   * Starts a command. `argv` is never interpreted by a shell: every word arrives as it is, wherever the host is.
   * The program is looked up in PATH and in the sbin folders, where zfs often is.
   * @throws ZfsVmError when the host can't start commands any more; a program that isn't there exits with 127.
   */
  start(argv: readonly string[], options?: StartOptions): Promise<HostProcess>;
  /** Connections beside this one that carry large streams faster; closed with it. Undefined where there can be none. */
  readonly bulk?: BulkConnections;
  /** Closes the connection, if there is one; commands still running there are ended. */
  close(): Promise<void>;
}
