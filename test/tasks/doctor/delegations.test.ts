import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDelegations } from '../../../src/tasks/doctor/delegations.js';

/** As OpenZFS 2.3.2 prints it. */
const printed = `---- Permissions on tank/vm --------------------------------------------
Permission sets:
\t@pset create,mount
Create time permissions:
\tdestroy
Local permissions:
\tuser zed rollback
Descendent permissions:
\tuser zed rename
Local+Descendent permissions:
\tuser zed @pset,receive
\tuser other promote
\tgroup vm staff hold
\teveryone diff
---- Permissions on tank -----------------------------------------------
Permission sets:
\t@pset snapshot
Local permissions:
\tuser zed clone
Descendent permissions:
\tuser zed send
Local+Descendent permissions:
\tgroup wheel release
`;

const rows: readonly (readonly [
  who: string,
  groups: readonly string[],
  dataset: string,
  expected: string,
])[] = [
  ['zed', ['users'], 'tank/vm', '@pset create diff mount receive rollback send'],
  [
    'zed',
    ['users', 'vm staff', 'wheel'],
    'tank/vm',
    '@pset create diff hold mount receive release rollback send',
  ],
  ['other', [], 'tank/vm', 'diff promote'],
  ['nobody', [], 'tank/vm', 'diff'],
];

for (const [user, groups, dataset, expected] of rows) {
  test(`${user} of ${groups.join(' and ') || 'no group'} may do what is granted on ${dataset} and above`, () => {
    assert.equal([...parseDelegations(printed, dataset, { user, groups })].sort().join(' '), expected);
  });
}

test('sets that stand for themselves are no circle', () => {
  const text =
    '---- Permissions on tank ---\nPermission sets:\n\t@a @b\n\t@b @a,send\nLocal+Descendent permissions:\n\teveryone @a\n';
  assert.ok(parseDelegations(text, 'tank', { user: 'u', groups: [] }).has('send'));
});

test('nothing is granted where nothing is printed', () => {
  assert.equal(parseDelegations('', 'tank', { user: 'u', groups: [] }).size, 0);
});
