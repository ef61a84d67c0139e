import { localName, type Config, type Remote } from '../config/config.js';
import { ZfsVmError } from '../base/errors.js';
import { toEndpoint, type Endpoint } from '../host/endpoint.js';
import type { Host } from '../host/host.js';
import type { Prompter } from '../host/ssh/prompt.js';
import { ViaHost } from '../host/via-host.js';
import type { BaseCommand } from './base-command.js';

export { localName };

/** The hosts that a command works with: one connection each, all closed at its end. */
export class Hosts {
  /** Who answers questions. */
  readonly prompter: Prompter;
  readonly #command: BaseCommand;
  readonly #config: Config;
  /** This machine, as often as it was asked for. */
  readonly #local: Host[] = [];
  /** Those over SSH, by what people call them. */
  readonly #remote = new Map<string, Promise<Endpoint>>();
  /** Gives up those that are being connected to. */
  #connecting = new AbortController();

  private constructor(command: BaseCommand, config: Config) {
    this.#command = command;
    this.#config = config;
    this.prompter = command.context.surroundings.prompter;
  }

  /** Does something with hosts, and closes them whatever comes of it. */
  static async use<T>(command: BaseCommand, work: (hosts: Hosts) => Promise<T>): Promise<T> {
    const hosts = new Hosts(command, await command.readConfig());
    try {
      return await work(hosts);
    } finally {
      await Promise.all([hosts.disconnect(), ...hosts.#local.map((host) => host.close())]);
    }
  }

  /** This machine, where zfs is run as whoever we are. */
  openLocal(): Endpoint {
    const host = this.#command.context.surroundings.openLocal();
    this.#local.push(host);
    return toEndpoint(host, { sudo: false });
  }

  /**
   * A host as people name it: `local`, a remote of the configuration, or an SSH address. There, zfs is run through sudo if that
   * was asked for, on the command line or else in the configuration.
   * @throws ZfsVmError when it can't be reached or doesn't let us in
   */
  open(target: string): Promise<Endpoint> {
    if (target === localName) return Promise.resolve(this.openLocal());
    const opened = this.#remote.get(target) ?? this.#connect(target);
    this.#remote.set(target, opened);
    return opened;
  }

  /**
   * A host that another one reaches by its own ssh, with sudo as with `open`. Nothing is connected to before it is used.
   * @throws ZfsVmError when the other one can't be reached or doesn't let us in
   */
  async openVia(other: Promise<Endpoint>, target: string): Promise<Endpoint> {
    const { host } = await other;
    const remote = this.#config.remotes.get(target);
    return toEndpoint(new ViaHost(remote?.address ?? target, host, target), { sudo: this.#usesSudo(remote) });
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

  async #connect(target: string): Promise<Endpoint> {
    const { context, debug, verbose, transport } = this.#command;
    const write = (line: string): void => {
      context.stderr.write(`${line}\n`);
    };
    const ignore = (): void => undefined;
    const { remotes, groups } = this.#config;
    if (groups.has(target)) {
      throw new ZfsVmError('usage', `${target} is a group of hosts, and one is wanted`, {
        hint: `name one of them: ${groups.get(target)?.join(', ') ?? ''}`,
      });
    }
    const remote = remotes.get(target);
    const host = await context.surroundings.connect(remote?.address ?? target, {
      name: target,
      transport: transport ?? remote?.transport,
      prompter: this.prompter,
      warn: write,
      tell: debug || verbose ? write : ignore,
      debug: debug ? write : ignore,
      signal: AbortSignal.any([context.signal, this.#connecting.signal]),
    });
    return toEndpoint(host, { sudo: this.#usesSudo(remote) });
  }

  #usesSudo(remote: Remote | undefined): boolean {
    return this.#command.sudo ?? remote?.sudo ?? false;
  }
}
