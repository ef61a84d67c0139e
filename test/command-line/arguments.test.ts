import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalizeArguments } from '../../src/command-line/arguments.js';
import { commandClasses } from '../../src/commands/all-commands.js';

for (const [given, expected] of [
  ['-d list', '--debug list'],
  ['-s push -d tank/vm fjoe@remote-host', '--sudo push -d tank/vm fjoe@remote-host'],
  ['-sd push host', '--sudo --debug push host'],
  ['-d -s -v pull host', '--debug --sudo --verbose pull host'],
  ['--debug list', '--debug list'],
  ['tag -ndebian-7:1 tank/a', 'tag -n debian-7:1 tank/a'],
  ['push -dtank/vm host', 'push -d tank/vm host'],
  ['push -n -name host', 'push -n -name host'],
  ['push -svd tank/vm host', 'push -s -v -d tank/vm host'],
  ['push -sn web host', 'push -s -n web host'],
  ['push -sv host', 'push -sv host'],
  ['push -ocompression=lz4 -x quota -sxatime host', 'push -o compression=lz4 -x quota -s -x atime host'],
  ['tag -mnote tank/a', 'tag -m note tank/a'],
  ['tag -m=note tank/a', 'tag -m note tank/a'],
  ['tag -m=-note tank/a', 'tag -m=-note tank/a'],
  ['tag -rm-note tank/a', 'tag -r -m=-note tank/a'],
  ['tag -m= tank/a', 'tag -m= tank/a'],
  ['push -o=compression=lz4 host', 'push -o compression=lz4 host'],
  ['tag -rm note tank/a', 'tag -r -m note tank/a'],
  ['--transport openssh push host', '--transport=openssh push host'],
  ['-s --transport openssh -d list', '--sudo --transport=openssh --debug list'],
  ['list --transport openssh host', 'list --transport=openssh host'],
  ['--transport=openssh list', '--transport=openssh list'],
  ['list --transport', 'list --transport'],
  ['--config a.toml -s push host', '--config=a.toml --sudo push host'],
  ['push --config a.toml host', 'push --config=a.toml host'],
  ['tag -- --transport x', 'tag -- --transport x'],
  ['tag -- -nfoo', 'tag -- -nfoo'],
  ['-x list', '-x list'],
] as const) {
  test(`"${given}" means "${expected}"`, () => {
    assert.deepEqual(normalizeArguments(given.split(' '), commandClasses), expected.split(' '));
  });
}
