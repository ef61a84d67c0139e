import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Field } from '../../src/requests/fields.js';
import * as fields from '../../src/requests/fields.js';
import { parseVersion, tooLongVersionExpression, versionExpression } from '../../src/streamline/version.js';

/*
 * What a value may be is said twice: as code, and as a shape for the gate that is a shell script. The shape never takes what the code refuses; and
 * what the code takes, the shape takes, too, but for what docs/security.md says.
 */

const examples: Readonly<Record<string, readonly [field: Field<unknown>, ...texts: string[]]>> = {
  dataset: [
    fields.dataset,
    'tank',
    'tank/vm',
    'tank/../vm',
    'tank/.',
    'tank/...',
    'a/b c:d_e-f.g',
    'tank/'.padEnd(255, 'x'),
  ],
  pool: [fields.pool, 'tank', 'tank/vm', '0tank', 't.a-n_k:9 x'],
  snapshot: [fields.snapshot, 'tank/vm@a', 'tank@a b', 'tank/..@a', 'tank/vm@..', 'tank@a@b', 'tank/vm@'],
  point: [fields.point, 'tank/vm@a', 'tank/vm#a', 'tank/vm#a@b', 'tank/.#a', 'tank/vm@a#b'],
  item: [fields.item, 'tank', 'tank/vm@a', 'tank/vm#a', 'tank/..', '@a', '#a'],
  snapshotPart: [fields.snapshotPart, 'a', 'zfs-vm:web:1', 'a@b', 'x'.repeat(253), ' '],
  guid: [fields.guid, '0', '18446744073709551615', '18446744073709551616', '99999999999999999999', '-1'],
  count: [fields.count, '0', '123', '123456789012345', '1234567890123456', '1e3'],
  token: [fields.token, '1-a-b-c', '123-a-b-c', '1-a-b', '1-A-b-c', '12-0f-1-2'],
  holdTag: [
    fields.holdTag,
    'zfs-vm:1-0123abcd',
    'zfs-vm:1234567890-0123abcd',
    'zfs-vm:12345678901-0123abcd',
    'keep',
  ],
  propertyName: [fields.propertyName, 'quota', 'my:own', '-x', 'A', '.a'],
  setting: [fields.setting, 'quota=1', 'my:own=a b', 'quota', '=1', '-x=1', 'a=b=c'],
  note: [fields.note, 'a note', '-', ' ', '--', '$x'],
  roleValue: [
    fields.roleValue,
    'copy source=1 pool=2 self=3',
    'aside source=1 pool=2 self=3 also=4/5,6/7',
    `copy source=${'1'.repeat(21)} pool=2 self=3`,
    'ground',
  ],
  flag: [fields.flag, 'yes', 'no', ''],
};

/** A text that is like one of these: some characters are left out, added or changed. */
function like(texts: readonly string[]): fc.Arbitrary<string> {
  const characters = '/@#:.-_ =,0aZ%$\\\'"~!'.split('');
  const edit = fc.record({
    at: fc.nat(20),
    kind: fc.constantFrom('out', 'in', 'other'),
    character: fc.constantFrom(...characters),
  });
  return fc
    .tuple(fc.constantFrom(...texts), fc.array(edit, { maxLength: 3 }))
    .map(([text, edits]) =>
      edits.reduce(
        (now, { at, kind, character }) =>
          `${now.slice(0, at)}${kind === 'out' ? '' : character}${now.slice(kind === 'in' ? at : at + 1)}`,
        text,
      ),
    );
}

function isRead(field: Field<unknown>, text: string): boolean {
  try {
    field.read([text]);
    return true;
  } catch {
    return false;
  }
}

function fits({ shape }: Field<unknown>, text: string): boolean {
  const { fits: expression, lacks, mostCharacters = Infinity, largest } = shape;
  if (text.length > mostCharacters) return false;
  if (largest?.length === text.length && text > largest) return false;
  return new RegExp(expression).test(text) && (lacks === undefined || !new RegExp(lacks).test(text));
}

for (const [name, [field, ...texts]] of Object.entries(examples)) {
  test(`the shape of a ${name} is what its code takes`, () => {
    const check = (text: string): void => {
      assert.equal(fits(field, text), isRead(field, text), JSON.stringify(text));
    };
    texts.forEach(check);
    fc.assert(fc.property(like(texts), check), { numRuns: 2000 });
  });
}

test('the expression for versions is what a version is, but for numbers that are too large', () => {
  const versions = [
    '1',
    '0',
    '12345678901234567890',
    '1.0.0',
    '1.2.3-rc.1',
    '01',
    '1.0',
    '1.0.0-01',
    '1.0.0-0a',
    '1.0.0+5',
  ];
  const expression = new RegExp(`^(${versionExpression})$`);
  fc.assert(
    fc.property(like(versions), (text) => {
      const isTooLong = text.includes('.') && new RegExp(tooLongVersionExpression).test(text);
      if (!isTooLong) assert.equal(expression.test(text), parseVersion(text) !== undefined, text);
    }),
    { numRuns: 5000 },
  );
});
