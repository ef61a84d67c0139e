import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readLine } from '../command-line/read-line.js';
import { formatCatalogue, listConflicts } from './catalogue.js';

test('docs/messages.md is what the code says: npm run docs writes it', () => {
  const page = readFileSync(new URL('../../../docs/messages.md', import.meta.url), 'utf8');
  assert.equal(page, formatCatalogue());
});

for (const { kind, resolution } of listConflicts()) {
  test(`what resolves "${kind}" is a command of ours or of zfs, or an option`, () => {
    const commands = Array.from(resolution.matchAll(/"([^"]+)"/g), ([, command = '']) => command);
    for (const command of commands) {
      if (command.startsWith('zfs-vm ')) readLine(command.slice('zfs-vm '.length));
      else assert.match(command, /^(?:zfs [a-z][a-z-]+( |$)|-o [a-z]+=)/);
    }
    for (const [option] of resolution.matchAll(/--?[a-z][a-z-]*(?=[ ,;]|$)/g)) {
      if (commands.some((command) => command.includes(option))) continue;
      const value = ['-d', '-n'].includes(option) ? ' x' : '';
      readLine(`push ${option}${value} b`);
    }
  });
}
