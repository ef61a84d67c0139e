import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { configTables } from '../../packaging/man/config-page.js';
import { exitStatuses } from '../../packaging/man/command-pages.js';
import { makeManual } from '../../packaging/man/manual.js';
import { formatExample, formatProse } from '../../packaging/man/roff.js';
import { exitCodes } from '../../src/base/errors.js';
import { describeCommand } from '../../src/command-line/describe-command.js';
import { commandClasses } from '../../src/commands/all-commands.js';
import { parseConfig } from '../../src/config/parse-config.js';

const pages = makeManual({ version: '1.2.3', date: new Date('2026-01-31T12:00:00Z') });

function render(text: string): { text: string; complaints: string } {
  const { stdout, stderr } = spawnSync('groff', ['-man', '-ww', '-Tascii', '-P-cbou', '-rLL=100n'], {
    ...{ input: text, encoding: 'utf8' },
  });
  return { text: stdout, complaints: stderr };
}

const whyNotGroff = spawnSync('groff', ['--version']).status === 0 ? false : "groff isn't installed here";

test('there is a page for the program, for each command and for the configuration', () => {
  const names = commandClasses.map(({ definition }) => describeCommand(definition).name);
  assert.deepEqual(
    pages.map(({ file }) => file),
    ['zfs-vm.1', ...names.map((name) => `zfs-vm-${name.replaceAll(' ', '-')}.1`), 'zfs-vm.toml.5'],
  );
});

for (const { file, text } of pages) {
  test(`groff and mandoc have nothing to say against ${file}`, { skip: whyNotGroff }, (t) => {
    assert.equal(render(text).complaints, '');
    const { stdout, error } = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning'], {
      input: text,
      encoding: 'utf8',
    });
    if (error !== undefined) t.diagnostic("mandoc isn't installed here");
    else assert.equal(stdout, '');
  });
}

test(
  'a page of a command has its synopsis, every option with its help, and the examples',
  { skip: whyNotGroff },
  () => {
    for (const { definition } of commandClasses) {
      const command = describeCommand(definition);
      const page = pages.find(({ file }) => file === `zfs-vm-${command.name.replaceAll(' ', '-')}.1`);
      const shown = render(page?.text ?? '').text.replace(/\s+/g, ' ');
      const wanted = [
        `zfs-vm ${command.synopsis}`,
        command.description,
        ...command.options.flatMap(({ names, help }) => [names.join(', '), help]),
        ...command.examples.map(({ line }) => `zfs-vm ${line}`),
      ];
      for (const words of wanted) {
        assert.ok(
          shown.includes(words.replaceAll('`', '').replace(/\s+/g, ' ')),
          `${command.name}: ${words}\n${shown}`,
        );
      }
    }
  },
);

test('what is text in roff stays text', { skip: whyNotGroff }, () => {
  const hostile = ".so /etc/passwd\n'br\n\\fBbold\\fP \\n(yr a-b ~/x `code`";
  const { text, complaints } = render(`.TH X 1\n.SH X\n${formatExample(hostile)}`);
  assert.equal(complaints, '');
  for (const line of hostile.split('\n')) assert.ok(text.includes(line), text);
  assert.match(render(`.TH X 1\n.SH X\n${formatProse('`.hidden` one\ntwo')}`).text, /^ +\.hidden one two$/m);
});

test('the exit statuses of the manual are those of the program', () => {
  assert.deepEqual(
    exitStatuses.map(([code]) => code),
    Object.values(exitCodes),
  );
});

test('the configuration page has the keys that there are, and no other', () => {
  const values: Readonly<Record<string, string>> = {
    ...{
      host: '"a"',
      dest: '"tank"',
      sudo: 'true',
      relay: 'false',
      gate: 'false',
      transport: '"ssh2"',
      bwlimit: '"1M"',
      retention: '{ "*" = { keep-last = 1 } }',
    },
    ...{ 'keep-within': '"30d"', keep: '["a:1"]' },
  };
  const [remote, , retention] = configTables.map(({ keys }) =>
    keys.map(([key]) => `${key} = ${values[key] ?? '1'}`),
  );
  parseConfig(
    `[remotes.x]\n${remote?.join('\n') ?? ''}\n[retention."*"]\n${retention?.join('\n') ?? ''}\n`,
    'x',
  );
  for (const [header, keys] of [
    ['[remotes.x]\nhost = "a"', configTables[0]?.keys],
    ['[retention."*"]\nkeep-last = 1', configTables[2]?.keys],
  ] as const) {
    assert.throws(
      () => parseConfig(`${header}\nnope = 1\n`, 'x'),
      (error: Error) => {
        const [, listed = ''] = /known keys: (.*)$/.exec(error.message) ?? [];
        assert.deepEqual(listed.split(', ').sort(), keys?.map(([key]) => key).sort());
        return true;
      },
    );
  }
});

test('the example of a configuration has no fault', () => {
  const text = readFileSync(new URL('../../../packaging/files/zfs-vm.toml', import.meta.url), 'utf8');
  const { remotes } = parseConfig(text, 'zfs-vm.toml');
  assert.equal(remotes.get('backup')?.destination, 'tank/vm');
});
