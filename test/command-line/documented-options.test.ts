import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeCommand } from '../../src/command-line/describe-command.js';
import { commandClasses } from '../../src/commands/all-commands.js';
import { listBlocks, listPages, readPage } from '../docs/pages.js';
import { readLine } from './read-line.js';

const commands = commandClasses.map(({ definition }) => describeCommand(definition));

const optionNames = new Set([
  '--version',
  ...commands.flatMap(({ options }) => options.flatMap(({ names }) => names)),
]);

const pages = listPages().filter((path) => path.startsWith('docs/') || path === 'README.md');

/** Pages about the program's own tests and benchmarks, and about options of other programs. */
const isOfOthers = /^docs\/(?:decisions\/|architecture|install|performance|reliability|security)/;

test('every option of zfs-vm that a page has exists', () => {
  for (const path of pages.filter((page) => !isOfOthers.test(page))) {
    // `--keep-...` stands for several; lines with other programs have options of their own.
    const text = readPage(path).replaceAll(/\b(?:systemctl|npm|ssh-keygen|dot|journalctl) [^`\n]*/g, '');
    const found = text.match(/(?<![\w-|])--[a-z][a-z-]*/g) ?? [];
    const unknown = found.filter((name) => !name.endsWith('-') && !optionNames.has(name));
    assert.deepEqual(unknown, [], path);
  }
});

test('every option is on a page that is written by hand, by one of its names', () => {
  const text = pages
    .filter((path) => !readPage(path).startsWith('<!-- written by'))
    .map(readPage)
    .join('\n');
  const isThere = (name: string): boolean => new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(text);
  const missing = commands.flatMap(({ name, options }) =>
    options.filter(({ names }) => !names.some(isThere)).map(({ names }) => `${name} ${names.join()}`),
  );
  assert.deepEqual(missing, []);
});

const isLineOfOurs = /^(?:ssh root@\w+ ')?(zfs-vm [^A-Z[|>&.\n']*)'?$/gm;

const lines = [
  ...commands.flatMap(({ examples }) => examples.map(({ line }) => `zfs-vm ${line}`)),
  ...pages.flatMap((path) =>
    listBlocks(readPage(path)).flatMap(({ text }) =>
      Array.from(text.replaceAll(/ +#.*$/gm, '').matchAll(isLineOfOurs), ([, line = '']) => line),
    ),
  ),
];

for (const line of new Set(lines)) {
  test(`the documented "${line}" has no fault`, () => {
    readLine(line.replaceAll('"', "'").replace('zfs-vm ', ''));
  });
}
