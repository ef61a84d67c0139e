import { exitCodes } from '../base/errors.js';
import { defineCommand } from '../command-line/command-definition.js';
import { BaseCommand } from './base-command.js';

/** Shows the version of the program. */
export class VersionCommand extends BaseCommand<typeof VersionCommand.definition> {
  static readonly definition = defineCommand({
    names: [['version']],
    description: 'show the version of zfs-vm',
    details: `
      Prints the version, as \`zfs-vm --version\` does; with \`-v\`, also those of Node.js and its OpenSSL, and the system.
    `,
    examples: [
      ['Show the version', 'version'],
      ['For a bug report', 'version -v'],
    ],
    options: {},
    operands: {},
  });

  execute(): Promise<number> {
    const { node, openssl } = process.versions;
    const { stdout, readProgramVersion } = this.context;
    stdout.write(`zfs-vm ${readProgramVersion()}\n`);
    if (this.verbose) {
      stdout.write(`Node.js ${node}, OpenSSL ${openssl}, ${process.platform} ${process.arch}\n`);
    }
    return Promise.resolve(exitCodes.done);
  }
}
