import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { LabHost } from './lab-host.js';
import { findPackageRoot } from './package-root.js';
import { quoteArgv } from './quote.js';
import { runProgram, type ProgramOptions, type ProgramResult } from './run-program.js';

/**
 * zfs-vm as a program of this machine, to which a lab host's zfs is its own and the other hosts are reached over SSH. What zfs and
 * the other hosts do is the same as when it runs on the lab host; only its own work isn't done by an emulated processor, which takes
 * ten times as long as all else in a small run.
 *
 * For commands that send, tag or list. A local `zfs receive` would lose what ssh reads ahead for it; and what is to be killed, reset
 * or slowed down belongs on a lab host.
 */
export class OutsideClient {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param folder where its files go @param own the host whose zfs it uses @param others those that it reaches by name */
  static async make(
    folder: string,
    own: LabHost,
    others: readonly LabHost[],
    { identityFile, knownHostsFile }: { readonly identityFile: string; readonly knownHostsFile: string },
  ): Promise<OutsideClient> {
    await mkdir(join(folder, 'bin'), { recursive: true });
    await mkdir(join(folder, 'home'), { recursive: true });
    const ssh = quoteArgv(await own.sshArgv());
    for (const program of ['zfs', 'zpool']) {
      const script = `#!/bin/bash\nexec ${ssh} "${program}$(printf ' %q' "$@")"\n`;
      await writeFile(join(folder, 'bin', program), script, { mode: 0o755 });
    }
    const config = others.map(({ name, sshPort }) =>
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
    await writeFile(join(folder, 'ssh_config'), config.join(''));
    return new OutsideClient(folder);
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
      ZFS_VM_SSH_CONFIG: join(this.#folder, 'ssh_config'),
      LANG: 'C.UTF-8',
    };
    const words = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    return runProgram(['env', '-i', ...words, 'sh', '-c', command], options);
  }
}
