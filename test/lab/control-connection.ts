import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from './run-program.js';
import type { ControlKeys } from './seed.js';

/** Where a guest's sshd is reached from this machine, and with which keys. */
export interface ControlAddress extends ControlKeys {
  readonly hostName: string;
  readonly sshPort: number;
  readonly folder: string;
}

/**
 * One kept OpenSSH connection to a guest for one user, opened on first use: a handshake with an emulated processor takes
 * about a second, a command over a connection that is open does not.
 */
export class ControlConnection {
  readonly #address: ControlAddress;
  readonly #user: string;
  readonly #socket: string;
  #opening: Promise<void> | undefined;

  constructor(address: ControlAddress, user: string) {
    this.#address = address;
    this.#user = user;
    this.#socket = join(address.folder, `ssh-${user}`);
  }

  /** The ssh command line that uses the kept connection; options and a command may follow. */
  async open(): Promise<readonly [string, ...string[]]> {
    // The socket goes away with the connection, as after a reset: then it is opened anew.
    if (!existsSync(this.#socket)) {
      this.#opening ??= this.#connect().finally(() => {
        this.#opening = undefined;
      });
      await this.#opening;
    }
    // Where the connection has gone meanwhile, ssh would quietly make another of its own, which nobody closes at a reset.
    return this.#ssh('-o', 'ControlMaster=no', '-o', 'ProxyCommand=false');
  }

  /** Ends the kept connection, and with it what runs over it. */
  async close(): Promise<void> {
    if (!existsSync(this.#socket)) return;
    await runProgram(this.#ssh('-O', 'exit'), { check: false });
  }

  async #connect(): Promise<void> {
    // -f: the command ends when the connection stands; a process that keeps it stays in the background.
    await runProgram(
      this.#ssh('-f', '-N', '-o', 'ControlMaster=yes', '-E', join(this.#address.folder, 'ssh.log')),
      { timeoutMs: 30_000 },
    );
  }

  #ssh(...options: readonly string[]): readonly [string, ...string[]] {
    const { hostName, sshPort, identityFile, knownHostsFile } = this.#address;
    const settings = {
      BatchMode: 'yes',
      ConnectTimeout: '30',
      ControlPath: this.#socket,
      GlobalKnownHostsFile: 'none',
      HostKeyAlias: hostName,
      IdentitiesOnly: 'yes',
      IdentityFile: identityFile,
      LogLevel: 'ERROR',
      // Two guests may have one port one after the other; the address says nothing here.
      CheckHostIP: 'no',
      // A host that was reset behind our back answers that it knows no such connection; a frozen one may take a minute.
      ServerAliveCountMax: '12',
      ServerAliveInterval: '5',
      StrictHostKeyChecking: 'yes',
      UserKnownHostsFile: knownHostsFile,
    };
    return [
      'ssh',
      // The person's own configuration has no say here.
      ...['-F', 'none', '-p', String(sshPort)],
      ...Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]),
      ...options,
      `${this.#user}@127.0.0.1`,
    ];
  }
}
