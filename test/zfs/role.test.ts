import assert from 'node:assert/strict';
import { test } from 'node:test';
import { largestGuid } from '../../src/zfs/list-fields.js';
import { follows, formatRole, mostSources, parseRole, type Role } from '../../src/zfs/role.js';

const role: Role = { kind: 'copy', sources: [{ guid: 2n ** 64n - 1n, poolGuid: 12n }] };

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
  assert.deepEqual(parseRole(`${formatRole(role, 7n)} also=what more=1`, 7n), role);
});

test('a role names several sources, each with its pool, and it follows them all', () => {
  const shared: Role = {
    ...role,
    sources: [...role.sources, { guid: 3n, poolGuid: 4n }, { guid: 5n, poolGuid: 4n }],
  };
  assert.equal(
    formatRole(shared, 7n),
    'copy source=18446744073709551615 pool=12 self=7 also=3/4,5/4',
    'the first one stands where a version reads it that knows of no other',
  );
  assert.deepEqual(parseRole(formatRole(shared, 7n), 7n), shared);
  assert.equal(parseRole(formatRole(shared, 7n), 8n), undefined, 'not on a copy of the copy');
  assert.deepEqual(
    [2n ** 64n - 1n, 3n, 5n, 4n].map((guid) => follows(shared, { guid })),
    [true, true, true, false],
  );
  assert.equal(follows(undefined, { guid: 3n }), false);
});

test('of more sources than a role holds, the last ones are left out', () => {
  const many: Role = {
    kind: 'copy',
    sources: [
      { guid: 1n, poolGuid: 1n },
      ...Array.from({ length: 30 }, (_, index) => ({ guid: BigInt(index + 2), poolGuid: largestGuid })),
    ],
  };
  const text = formatRole(many, largestGuid);
  assert.ok(text.length < 450, text);
  assert.deepEqual(parseRole(text, largestGuid), { ...many, sources: many.sources.slice(0, mostSources) });
  const longer = `${text},9/9`;
  assert.equal(parseRole(longer, largestGuid)?.sources.length, mostSources);
});

test('a source that can not be read is passed over, and the others are not', () => {
  const text = `copy source=1 pool=2 self=7 also=3,4/5/6,/,8/9,${2n ** 64n}/1`;
  assert.deepEqual(parseRole(text, 7n)?.sources, [
    { guid: 1n, poolGuid: 2n },
    { guid: 8n, poolGuid: 9n },
  ]);
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
