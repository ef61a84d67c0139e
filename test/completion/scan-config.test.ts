import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scanConfig, scanSshConfig } from '../../src/completion/scan-config.js';

test('remotes and groups are found however TOML lets them be written', () => {
  const text = `
# [remotes.none]
[remotes.backup]
host = "fjoe@backup.example.com"   # a comment
dest = "tank/vm"
[remotes."off.site"]
host = 'ssh://root@offsite.example.com:2222'
[remotes.offsite.retention."*"]
keep-monthly = 24
[remotes]
flat = { host = "flat.example.com" }
dotted.host = "dotted.example.com"
[groups]
all = ["backup", "offsite"]
[retention."debian-*"]
keep-last = 10
`;
  assert.deepEqual(
    scanConfig(text).map(({ name, description }) => [name, description]),
    [
      ['backup', 'fjoe@backup.example.com'],
      ['off.site', 'ssh://root@offsite.example.com:2222'],
      ['offsite', 'remote'],
      ['flat', 'flat.example.com'],
      ['dotted', 'dotted.example.com'],
      ['all', 'group'],
    ],
  );
});

test('a file with faults has the names before and after them', () => {
  assert.deepEqual(
    scanConfig('[remotes.a]\nhost =\n= "\n[[x]\n[remotes.b]').map(({ name }) => name),
    ['a', 'b'],
  );
  assert.deepEqual(scanConfig(''), []);
});

test('hosts of the SSH configuration are offered, patterns are not', () => {
  const text = 'Host one two *.example.com !three\n  HostName 10.0.0.1\nhost=four\nMatch host five\n';
  assert.deepEqual(
    scanSshConfig(text).map(({ name }) => name),
    ['one', 'two', 'four'],
  );
});
