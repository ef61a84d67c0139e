import { ZfsVmError } from '../base/errors.js';
import { didYouMean } from '../base/similar.js';
import { localName } from '../base/local-name.js';
import type { Config } from '../config/config.js';
import { resolveRemote, type ResolvedRemote } from '../config/resolve-remote.js';
import { toEndpoint, type Endpoint } from '../host/endpoint.js';
import type { Host } from '../host/host.js';
import { elevate } from '../host/sudo/elevate.js';
import { ViaHost } from '../host/via-host.js';
import type { TaskEvent } from './event.js';
import type { Surroundings } from './surroundings.js';

/** The hosts that a task works with: one connection each, all closed at its end. */
export class Hosts {
  readonly #surroundings: Surroundings;
  /** This machine, as often as it was asked for. */
  readonly #local: Host[] = [];
  /** Those over SSH, by what people call them. */
  readonly #remote = new Map<string, Promise<Endpoint>>();
  /** Gives up those that are being connected to. */
  #connecting = new AbortController();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** Does something with hosts, and closes them whatever comes of it. */
  static async use<T>(surroundings: Surroundings, work: (hosts: Hosts) => Promise<T>): Promise<T> {
    const hosts = new Hosts(surroundings);
    try {
      return await work(hosts);
    } finally {
      await hosts.close();
    }
  }

  /** This machine, where zfs is run as whoever we are. */
  openLocal(): Endpoint {
    const host = this.#surroundings.openLocal({ onCommand: this.#tellCommandsOf(localName) });
    this.#local.push(host);
    return toEndpoint(host);
  }

  /**
   * A host as people name it: `local`, a remote of the configuration, or an SSH address. There, zfs is run through sudo if that
   * was asked for, by the task's surroundings or else in the configuration.
   * @throws ZfsVmError when it cannot be reached or refuses the login
   */
  open(target: string): Promise<Endpoint> {
    if (target === localName) return Promise.resolve(this.openLocal());
    const opened = this.#remote.get(target) ?? this.#connect(target);
    this.#remote.set(target, opened);
    return opened;
  }

  /**
   * A host that another one reaches by its own ssh, with sudo as with `open`. Without sudo, nothing is connected to before it is used.
   * @throws ZfsVmError when the other one cannot be reached or refuses the login
   */
  async openVia(other: Promise<Endpoint>, target: string): Promise<Endpoint> {
    const { host } = await other;
    const remote = resolveRemote(this.#surroundings.config, target);
    return this.#toEndpoint(new ViaHost(remote.address, host, target), remote);
  }

  /** Gives up the connections to other hosts, also those that are only being made; opening one again connects anew. */
  async disconnect(): Promise<void> {
    this.#connecting.abort();
    this.#connecting = new AbortController();
    const remote = [...this.#remote.values()];
    this.#remote.clear();
    await Promise.all(
      remote.map(async (opening) => opening.then(({ host }) => host.close()).catch(() => undefined)),
    );
  }

  /** Closes all of them. */
  async close(): Promise<void> {
    await Promise.all([this.disconnect(), ...this.#local.splice(0).map((host) => host.close())]);
  }

  async #connect(target: string): Promise<Endpoint> {
    const { config, access, connect, prompter, signal, emit } = this.#surroundings;
    const members = config.groups.get(target);
    if (members !== undefined) {
      throw new ZfsVmError('usage', `${target} is a group of hosts, but one host is needed`, {
        hint: `use one of its members: ${members.join(', ')}`,
      });
    }
    type Level = Extract<TaskEvent, { kind: 'connection' }>['level'];
    const tellAt =
      (level: Level) =>
      (line: string): void => {
        emit({ kind: 'connection', level, line });
      };
    const remote = resolveRemote(config, target);
    const host = await connect(remote.address, {
      name: target,
      transport: access.transport ?? remote.transport,
      prompter,
      warn: tellAt('warning'),
      tell: tellAt('verbose'),
      debug: tellAt('debug'),
      onCommand: this.#tellCommandsOf(target),
      signal: AbortSignal.any([signal, this.#connecting.signal]),
    }).catch((error: unknown) => {
      throw config.remotes.has(target) ? error : explainLookUp(error, target, config);
    });
    emit({ kind: 'connected', host: target });
    return this.#toEndpoint(host, remote).catch(async (error: unknown) => {
      await host.close();
      throw error;
    });
  }

  #tellCommandsOf(host: string): (argv: readonly string[]) => void {
    return (argv) => {
      this.#surroundings.emit({ kind: 'command', host, argv });
    };
  }

  async #toEndpoint(host: Host, { sudo, gate }: ResolvedRemote): Promise<Endpoint> {
    const { access, prompter, signal, emit } = this.#surroundings;
    // A gate calls zfs in its own way.
    if (gate || !(access.sudo ?? sudo)) return toEndpoint(host, { gate });
    const debug = (line: string): void => {
      emit({ kind: 'connection', level: 'debug', line });
    };
    const stop = AbortSignal.any([signal, this.#connecting.signal]);
    return toEndpoint(host, { zfs: await elevate(host, { prompter, signal: stop, debug }) });
  }
}

/** Says of a name that is no host that it is no remote, either, and which remote may have been meant. */
function explainLookUp(error: unknown, target: string, { remotes, groups }: Config): unknown {
  if (!(error instanceof ZfsVmError) || !isLookUpFailure(error)) return error;
  const meant = didYouMean(target, [...remotes.keys(), ...groups.keys()]);
  return error.withDetail(`no remote "${target}" is configured${meant}`);
}

/** Whether a host could not be connected to as its name can't be resolved; the ssh of the machine says so in words only. */
function isLookUpFailure({ kind, message, cause }: ZfsVmError): boolean {
  if (kind !== 'connection') return false;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return code === 'ENOTFOUND' || code === 'EAI_AGAIN' || /could not resolve hostname/i.test(message);
}
