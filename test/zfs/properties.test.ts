import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { UnreadableOutput } from '../../src/zfs/list-fields.js';
import { isKeptByClone, keepPropertiesLine, parseProperties } from '../../src/zfs/properties.js';

test('properties are read by dataset, values with spaces and without any text too', () => {
  // zfs get -Hp -t filesystem,volume -s local,received -o name,property,value recordsize,user:note   (OpenZFS 2.3.2)
  const output = 'tank/my vm\trecordsize\t8192\ntank/my vm\tuser:note\tfor the web\ntank/x\tuser:note\t\n';
  assert.deepEqual(Object.fromEntries(parseProperties(output, ['recordsize', 'user:note'])), {
    'tank/my vm': [
      { name: 'recordsize', value: '8192' },
      { name: 'user:note', value: 'for the web' },
    ],
    'tank/x': [{ name: 'user:note', value: '' }],
  });
});

for (const output of [
  'tank\trecordsize',
  'tank\tmountpoint\t/etc',
  'tank\tuser:note\ta\tb',
  'tank\tuser:note\t\u001B[31m',
]) {
  test(`${JSON.stringify(output)} is refused`, () => {
    assert.throws(() => parseProperties(output, ['recordsize', 'user:note']), UnreadableOutput);
  });
}

test('the shell sets on what takes the place of a dataset what it is to keep, values with blanks too', () => {
  const properties = [
    ...[
      ['canmount', 'off'],
      ['canmount', 'noauto'],
      ['compression', 'off'],
      ['encryption', 'aes-256-gcm'],
      ['mountpoint', '/srv/my web'],
    ],
    ...[
      ['reservation', '1024'],
      ['user:note', ' a  b '],
      ['zfs-vm:role', 'copy source=1 pool=2 self=3'],
    ],
  ] as const;
  const listed = properties.map(([name, value]) => `${name}\t${value}\n`).join('');
  const zfs = `zfs() { if [ "$1" = get ]; then printf %s "$listed"; else echo "<$2> $3"; fi; }`;
  const line = keepPropertiesLine('zfs', { from: 'tank/old vm', to: 'tank/vm' });
  const { stdout, stderr } = spawnSync('sh', ['-c', `${zfs}; ${line}`], {
    env: { listed },
    encoding: 'utf8',
  });
  const kept = properties.filter(([name, value]) => isKeptByClone(name, value));
  assert.equal(stderr, '');
  assert.deepEqual(
    stdout.trimEnd().split('\n'),
    kept.map(([name, value]) => `<${name}=${value}> tank/vm`),
  );
  assert.equal(kept.length, 4);
});
