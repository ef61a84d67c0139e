import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../src/config/parse-config.js';
import { readCommandWords } from '../command-line/read-line.js';
import { listCommands, listDocuments, listExamples } from './examples.js';
import { listBlocks, listPages, readPage } from './pages.js';

/** Pages for users; decisions quote what is no more, too. */
const pages = listPages().filter((path) => !path.startsWith('docs/decisions/'));

/** The commands of a page, without `sudo` and variables before them. */
function listOwnCommands(path: string): string[][] {
  return listExamples(readPage(path))
    .flatMap(({ script }) => listCommands(script))
    .map((words) => words.slice(words.findIndex((word) => word !== 'sudo' && !/^[A-Z_]+=/.test(word))))
    .filter(([program]) => program === 'zfs-vm');
}

test('a script is taken apart as a shell does it', () => {
  const script = [
    "zfs-vm tag -m 'a note; with | signs' 1007   # the next version",
    'made=$(zfs-vm tag --if-changed x) && zfs-vm push "b" > /dev/null 2>&1 | cat',
    'ssh root@b \'zfs-vm list -n "my web"; true\'',
    "cat > config.toml <<'END'",
    'zfs-vm no command',
    'END',
    'zfs-vm push \\',
    '  b',
  ].join('\n');
  assert.deepEqual(
    listCommands(script).filter(([program]) => program === 'zfs-vm'),
    [
      ['zfs-vm', 'tag', '-m', 'a note; with | signs', '1007'],
      ['zfs-vm', 'tag', '--if-changed', 'x'],
      ['zfs-vm', 'push', 'b'],
      ['zfs-vm', 'list', '-n', 'my web'],
      ['zfs-vm', 'push', 'b'],
    ],
  );
  assert.deepEqual(listDocuments(script), [{ file: 'config.toml', text: 'zfs-vm no command\n' }]);
});

test('an example that is not run says why', () => {
  const page = '<!-- not run: no such host -->\n\n```sh\nzfs-vm list x\n```\n\n```sh\nzfs-vm list\n```\n';
  assert.deepEqual(
    listExamples(page).map(({ notRun }) => notRun),
    ['no such host', undefined],
  );
});

test('what a page has as set-up is run, too', () => {
  const page = '<!-- setup:\nzfs destroy -r tank/web\n-->\n\n```sh\nzfs-vm list\n```\n';
  assert.deepEqual(
    listExamples(page).map(({ script }) => script),
    ['zfs destroy -r tank/web\n', 'zfs-vm list\n'],
  );
});

test('README and the pages have examples', () => {
  assert.ok(listOwnCommands('README.md').length > 12);
});

for (const path of pages) {
  test(`every zfs-vm command of ${path} is one that the program takes`, () => {
    for (const words of listOwnCommands(path)) {
      const own = words.slice(1).filter((word) => word !== '--help' && word !== '--version');
      if (own.length === words.length - 1) {
        assert.doesNotThrow(() => readCommandWords(own), words.join(' '));
      }
    }
  });

  test(`every configuration of ${path} is one that the program takes`, () => {
    const page = readPage(path);
    const texts = [
      ...listBlocks(page)
        .filter(({ language }) => language === 'toml')
        .map(({ text }) => text),
      ...listExamples(page)
        .flatMap(({ script }) => listDocuments(script))
        .filter(({ file }) => file.endsWith('.toml'))
        .map(({ text }) => text),
    ];
    for (const text of texts) assert.doesNotThrow(() => parseConfig(text, path), text);
  });
}
