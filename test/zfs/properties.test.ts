import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnreadableOutput } from '../../src/zfs/list-fields.js';
import { parseProperties } from '../../src/zfs/properties.js';

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
