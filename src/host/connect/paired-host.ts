import { describeThrown } from '../../base/printable.js';
import type { BulkConnections, Host, HostProcess, Link, StartOptions } from '../host.js';

/** How many connections there are beside; sshd begins to refuse some when ten wait for their login (MaxStartups). */
const mostConnections = 8;

/** How long a connection may take to be there: streams go the other way after that. */
const patienceMs = 15_000;

/** A host by a connection of its own. */
export interface BesideHost extends Host {
  /** Whether the connection is gone, as far as is known. */
  readonly isLost: boolean;
}

/** Opens a connection beside; the signal is aborted when that isn't wanted any more. */
export type OpenBeside = (signal: AbortSignal) => Promise<BesideHost>;

/**
 * A host that is reached by one connection, and for large streams by others beside it, of which each encrypts in a process of its own. Where
 * those can't be had, the first one carries these streams, too.
 */
export class PairedHost implements Host {
  readonly joinsPipes: boolean;
  readonly bulk: BulkConnections;
  readonly #control: Host;
  readonly #beside: Beside;

  constructor(control: Host, open: OpenBeside, debug: (line: string) => void) {
    this.joinsPipes = control.joinsPipes;
    this.#control = control;
    this.#beside = new Beside(open, (reason) => {
      debug(`${control.name}: no separate connection for large streams: ${reason}`);
    });
    this.bulk = this.#beside;
  }

  get name(): string {
    return this.#control.name;
  }

  get link(): Link | undefined {
    return this.#control.link;
  }

  start(argv: readonly string[], options?: StartOptions): Promise<HostProcess> {
    return this.#control.start(argv, options);
  }

  async close(): Promise<void> {
    await Promise.all([this.#control.close(), this.#beside.close()]);
  }
}

/** A connection, maybe still being opened. */
interface Connection {
  readonly host: Promise<BesideHost | undefined>;
  isTaken: boolean;
}

/** Opens connections as they are needed; one that can't be opened is the last that is tried. */
class Beside implements BulkConnections {
  readonly #open: OpenBeside;
  readonly #tellRefusal: (reason: string) => void;
  readonly #closed = new AbortController();
  readonly #connections = new Set<Connection>();
  #isRefused = false;

  constructor(open: OpenBeside, tellRefusal: (reason: string) => void) {
    this.#open = open;
    this.#tellRefusal = tellRefusal;
  }

  prepare(): void {
    if (this.#findFree() === undefined) this.#add();
  }

  async open(): Promise<Host | undefined> {
    if (this.#closed.signal.aborted) return undefined;
    // Where the first one is refused, no others knock at the door.
    const isFirst = this.#connections.size === 0;
    const connection = this.#findFree() ?? (isFirst || (await this.#hasAny()) ? this.#add() : undefined);
    if (connection === undefined) return undefined;
    connection.isTaken = true;
    const host = await connection.host;
    if (host?.isLost === false) return new Lease(host, connection);
    this.#connections.delete(connection);
    return host === undefined ? undefined : this.open();
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await Promise.all([...this.#connections].map(async ({ host }) => (await host)?.close()));
  }

  /** One that nobody uses. */
  #findFree(): Connection | undefined {
    return [...this.#connections].find(({ isTaken }) => !isTaken);
  }

  /** Whether one of those that are there, or on their way, has come about. */
  async #hasAny(): Promise<boolean> {
    const hosts = await Promise.all([...this.#connections].map(({ host }) => host));
    return hosts.some((host) => host !== undefined);
  }

  #add(): Connection | undefined {
    if (this.#isRefused || this.#closed.signal.aborted || this.#connections.size >= mostConnections) {
      return undefined;
    }
    const connection: Connection = { host: this.#tryToOpen(), isTaken: false };
    this.#connections.add(connection);
    return connection;
  }

  async #tryToOpen(): Promise<BesideHost | undefined> {
    try {
      return await this.#open(AbortSignal.any([this.#closed.signal, AbortSignal.timeout(patienceMs)]));
    } catch (error) {
      this.#isRefused = true;
      this.#tellRefusal(describeThrown(error));
      return undefined;
    }
  }
}

/** A connection for as long as a stream needs it. */
class Lease implements Host {
  readonly name: string;
  readonly joinsPipes: boolean;
  readonly #host: Host;
  readonly #connection: Connection;

  constructor(host: Host, connection: Connection) {
    this.name = host.name;
    this.joinsPipes = host.joinsPipes;
    this.#host = host;
    this.#connection = connection;
  }

  start(argv: readonly string[], options?: StartOptions): Promise<HostProcess> {
    return this.#host.start(argv, options);
  }

  close(): Promise<void> {
    this.#connection.isTaken = false;
    return Promise.resolve();
  }
}
