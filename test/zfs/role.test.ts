import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatRole, parseRole, type Role } from '../../src/zfs/role.js';

const role: Role = { kind: 'copy', sourceGuid: 2n ** 64n - 1n, poolGuid: 12n };

test('a role is read back as it was written, with all 64 bits of its GUIDs', () => {
  assert.deepEqual(parseRole(formatRole(role, 7n), 7n), role);
  const aside: Role = { ...role, kind: 'aside' };
  assert.deepEqual(parseRole(formatRole(aside, 7n), 7n), aside);
});

test('a role that was inherited, or taken along by another tool, says nothing', () => {
  assert.equal(parseRole(formatRole(role, 7n), 8n), undefined);
});

test('what a later version adds is passed over', () => {
  assert.deepEqual(parseRole(`${formatRole(role, 7n)} more=1`, 7n), role);
});

test('anything else is no role', () => {
  const texts = [
    '-',
    '',
    'copy',
    'copy source=1 pool=2',
    'other source=1 pool=2 self=7',
    'copy source=-1 pool=2 self=7',
  ];
  const tooLarge = `copy source=${2n ** 64n} pool=2 self=7`;
  for (const text of [...texts, tooLarge, 'copy source=1 pool=2 self=7x']) {
    assert.equal(parseRole(text, 7n), undefined, text);
  }
});
