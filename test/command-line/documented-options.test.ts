import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { describeCommand } from '../../src/command-line/describe-command.js';
import { commandClasses } from '../../src/commands/all-commands.js';
import { readLine } from './read-line.js';

const commands = commandClasses.map(({ definition }) => describeCommand(definition));

const optionNames = new Set(commands.flatMap(({ options }) => options.flatMap(({ names }) => names)));

function readPage(name: string): string {
  return readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8');
}

test('every option that docs/usage.md has exists', () => {
  // `--keep-...` stands for several.
  const found = readPage('docs/usage.md').match(/(?<![\w-])--[a-z][a-z-]*/g) ?? [];
  const documented = [...new Set(found)].filter((name) => !name.endsWith('-'));
  assert.ok(documented.length > 40);
  assert.deepEqual(
    documented.filter((name) => !optionNames.has(name)),
    [],
  );
});

test('every option is in docs/usage.md, by one of its names', () => {
  const page = readPage('docs/usage.md');
  const isThere = (name: string): boolean => new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(page);
  const missing = commands.flatMap(({ name, options }) =>
    options.filter(({ names }) => !names.some(isThere)).map(({ names }) => `${name} ${names.join()}`),
  );
  assert.deepEqual(missing, []);
});

const lines = [
  ...commands.flatMap(({ examples }) => examples.map(({ line }) => `zfs-vm ${line}`)),
  ...['README.md', 'docs/usage.md', 'docs/schedules.md', 'docs/scripting.md'].flatMap((page) =>
    Array.from(readPage(page).matchAll(/^ {4}(zfs-vm [^A-Z[|>&.\n]*)$/gm), ([, line = '']) => line),
  ),
];

for (const line of new Set(lines)) {
  test(`the documented "${line}" has no fault`, () => {
    readLine(line.replaceAll('"', "'").replace('zfs-vm ', ''));
  });
}
