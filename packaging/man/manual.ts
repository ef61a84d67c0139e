import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeCommand, describeGlobalOptions } from '../../src/command-line/describe-command.js';
import { commandClasses } from '../../src/commands/all-commands.js';
import { findPackageRoot } from '../../test/lab/package-root.js';
import { formatCommandPage, formatMainPage, type Edition, type PageFile } from './command-pages.js';
import { formatConfigPage } from './config-page.js';

/** All pages of the manual, made from the definitions of the commands. */
export function makeManual(edition: Edition): PageFile[] {
  const commands = commandClasses.map(({ definition }) => describeCommand(definition));
  const example = readFileSync(join(findPackageRoot(), 'packaging/files/zfs-vm.toml'), 'utf8');
  return [
    formatMainPage(commands, describeGlobalOptions(), edition),
    ...commands.map((command) => formatCommandPage(command, edition)),
    formatConfigPage(example, edition),
  ];
}
