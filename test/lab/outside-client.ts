import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { LabHost } from './lab-host.js';
import { findPackageRoot } from './package-root.js';
import { quoteArgv } from './quote.js';
import { runProgram, type ProgramOptions, type ProgramResult } from './run-program.js';

const configName = 'ssh_config';

/**
 * zfs-vm as a program of this machine, to which a lab host's zfs is its own and all hosts can be reached over SSH by their names. What
 * zfs and the other hosts do is the same as when it runs on the lab host; only its own work isn't done by an emulated processor, which
 * takes ten times as long as all else in a small run.
 *
 * For commands that send, tag or list. A local `zfs receive` would lose what ssh reads ahead for it; and what is to be killed, reset
 * or slowed down belongs on a lab host.
 */
export class OutsideClient {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param folder where its files go @param own the host whose zfs it uses @param hosts those that it reaches by name */
  static async make(
    folder: string,
    own: LabHost,
    hosts: readonly LabHost[],
    { identityFile, knownHostsFile }: { readonly identityFile: string; readonly knownHostsFile: string },
  ): Promise<OutsideClient> {
    const client = new OutsideClient(folder);
    await mkdir(join(folder, 'home'), { recursive: true });
    const ssh = quoteArgv(await own.sshArgv());
    for (const program of ['zfs', 'zpool']) {
      const script = `#!/bin/bash\nexec ${ssh} "${program}$(printf ' %q' "$@")"\n`;
      await client.addFile(join('bin', program), script);
    }
    const config = hosts.map(({ name, sshPort }) =>
      [
        `Host ${name}`,
        '  HostName 127.0.0.1',
        `  Port ${sshPort}`,
        `  HostKeyAlias ${name}`,
        `  IdentityFile ${identityFile}`,
        `  UserKnownHostsFile ${knownHostsFile}`,
        '',
      ].join('\n'),
    );
    const configFile = await client.addFile(configName, config.join(''));
    // For programs that know nothing of that file.
    const plainSsh = `#!/bin/sh\nexec /usr/bin/ssh ${quoteArgv(['-F', configFile])} "$@"\n`;
    await client.addFile('bin/ssh', plainSsh);
    return client;
  }

  /** Puts a program or another file into its folder; its shell finds those in `bin`. @returns the path */
  async addFile(name: string, text: string): Promise<string> {
    const path = join(this.#folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { mode: 0o755 });
    return path;
  }

  /** Runs shell text in which `zfs-vm` is a command. @throws ProgramError as `LabHost.run` does */
  run(command: string, options: ProgramOptions = {}): Promise<ProgramResult> {
    const folders = [
      join(this.#folder, 'bin'),
      findPackageRoot(),
      dirname(process.execPath),
      '/usr/bin',
      '/bin',
    ];
    const variables = {
      PATH: folders.join(delimiter),
      HOME: join(this.#folder, 'home'),
      ZFS_VM_SSH_CONFIG: join(this.#folder, configName),
      LANG: 'C.UTF-8',
    };
    const words = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    return runProgram(['env', '-i', ...words, 'sh', '-c', command], options);
  }
}
