import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chalk } from 'chalk';
import { formatCommandHelp, formatGeneralHelp } from '../../src/command-line/help.js';
import { commandClasses } from '../../src/commands/all-commands.js';
import { TagCommand } from '../../src/commands/tag.js';

const plain = new Chalk({ level: 0 });

test('the help of a command is made of its definition', () => {
  const lines = formatCommandHelp(TagCommand.definition, plain).split('\n');
  assert.deepEqual(lines.slice(0, 3), [
    'zfs-vm tag: make a version of a filesystem or volume',
    '',
    'usage: zfs-vm [-dqsv] tag [-n [NAME:]VERSION] [--new] [-m NOTE] [-r|--no-recursive] [--if-changed] filesystem|container-id',
  ]);
  const options = lines.slice(lines.indexOf('Options'), lines.indexOf('Examples') + 3);
  assert.deepEqual(options, [
    'Options',
    '  -n, --name [NAME:]VERSION  the version, and the streamline if it is a new one',
    '      --new                  begin the streamline that -n names on a dataset that has versions of another one',
    '  -m, --message NOTE         a line that is kept with the version',
    '  -r, --recursive            with everything below it, all at one moment: one version of the whole tree',
    '      --no-recursive         of the dataset alone, though its newest version is one of a tree',
    '      --if-changed           only if something was written since the newest version',
    '  -s, --sudo                 run zfs through sudo on the remote side',
    '      --no-sudo              do not use sudo, even if configured',
    '      --transport NAME       SSH client: ssh2 (built in) or openssh, the ssh of this machine (ssh2 where it can)',
    '      --config FILE          the configuration, instead of ~/.config/zfs-vm/config.toml',
    '  -q, --quiet                only errors, warnings and questions',
    '  -v, --verbose              more output',
    '  -d, --debug                debug output, with stacks; -d only before the command',
    '  -h, --help                 show help, of a command after its name',
    '',
    'Examples',
    '  Begin a streamline:',
    '      zfs-vm tag -n debian-7:1 pool/src/OpenVZ/Instance/1007',
  ]);
});

test('the general help has every command, and what may stand before it', () => {
  const definitions = commandClasses.map(({ definition }) => definition);
  const lines = formatGeneralHelp(definitions, plain).split('\n');
  assert.equal(lines[2], 'usage: zfs-vm [-dqsv] [--transport NAME] [--config FILE] COMMAND ...');
  for (const { names } of definitions) {
    const [[name = ''] = []] = names;
    assert.ok(
      lines.some((line) => `${line} `.startsWith(`  ${name} `)),
      name,
    );
  }
  assert.ok(lines.includes('  plan push|pull|sync|restore|copy|prune|untag|rename ...'));
});
