import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chalk } from 'chalk';
import { formatCommandHelp, formatGeneralHelp } from '../../src/command-line/help.js';
import { commandClasses } from '../../src/commands/all-commands.js';
import { describeCommand } from '../../src/command-line/describe-command.js';
import { groupOptions } from '../../src/command-line/option-groups.js';
import { PushCommand } from '../../src/commands/push.js';
import { TagCommand } from '../../src/commands/tag.js';

const plain = new Chalk({ level: 0 });

test('the help of a command is made of its definition', () => {
  const lines = formatCommandHelp(TagCommand.definition, plain).split('\n');
  assert.deepEqual(lines.slice(0, 4), [
    'zfs-vm tag: create a version of a filesystem or volume',
    '',
    'usage: zfs-vm [-dqsv] tag [-n [NAME:]VERSION] [--new] [-m NOTE]',
    '      [-r|--no-recursive] [--if-changed] filesystem|container-id',
  ]);
  const options = lines.slice(lines.indexOf('Options'), lines.indexOf('Examples') + 3);
  assert.equal(options[0], 'Options');
  const starts = options
    .filter((line) => /^ {2}(-| {4}--)/.test(line))
    .map((line) => line.slice(0, 28).trimEnd());
  assert.deepEqual(starts, [
    '  -n, --name [NAME:]VERSION',
    '      --new',
    '  -m, --message NOTE',
    '  -r, --recursive',
    '      --no-recursive',
    '      --if-changed',
    '  -s, --sudo',
    '      --no-sudo',
    '      --transport NAME',
    '      --config FILE',
    '  -q, --quiet',
    '  -v, --verbose',
    '  -d, --debug',
    '  -h, --help',
  ]);
  assert.deepEqual(options.slice(-3), [
    'Examples',
    '  Start a streamline:',
    '      zfs-vm tag -n debian-7:1 pool/src/OpenVZ/Instance/1007',
  ]);
});

for (const width of [60, 80, 100]) {
  test(`no help is wider than ${width} columns but for the lines of its examples, and no word is broken`, () => {
    const definitions = commandClasses.map(({ definition }) => definition);
    const texts = [
      formatGeneralHelp(definitions, plain, width),
      ...definitions.map((definition) =>
        formatCommandHelp(definition, plain, width).replaceAll(/^ {6}zfs-vm .*\n/gm, ''),
      ),
    ];
    for (const text of texts) {
      // A word that is longer than a line stays whole.
      const isWord = (line: string): boolean =>
        !line
          .trim()
          .replaceAll(/\[[^ ]* [^ ]*\]/g, '')
          .includes(' ');
      assert.deepEqual(
        text.split('\n').filter((line) => line.length > width && !isWord(line)),
        [],
      );
    }
    for (const definition of definitions) {
      const words = (text: string): string => text.replaceAll(/\s+/g, ' ');
      const help = words(formatCommandHelp(definition, plain, width));
      assert.ok(help.includes(words(definition.details.trim())), definition.description);
    }
  });
}

test('the options of a push are in groups, each in one, and nothing is left over', () => {
  for (const name of ['push', 'pull', 'copy', 'sync', 'prune']) {
    const definition = commandClasses
      .map((each) => each.definition)
      .find(({ names }) => names[0]?.[0] === name);
    assert.ok(definition);
    const { options } = describeCommand(definition);
    const groups = groupOptions(options, 'Global options');
    assert.equal(groups.flatMap((group) => group.options).length, options.length, name);
    assert.deepEqual(
      groups.filter(({ title }) => title === 'Other options'),
      [],
      name,
    );
  }
  const help = formatCommandHelp(PushCommand.definition, plain);
  assert.match(help, /^Which versions\n {2}-n, --name PATTERN/m);
  assert.match(help, /^Global options\n/m);
});

test('the general help has every command, and what may stand before it', () => {
  const definitions = commandClasses.map(({ definition }) => definition);
  const lines = formatGeneralHelp(definitions, plain, 120).split('\n');
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
