import assert from 'node:assert/strict';
import { test } from 'node:test';
import { propertyOptions } from '../../src/command-line/property-options.js';
import { ZfsVmError } from '../../src/base/errors.js';
import { checkProperties } from '../../src/tasks/check-request.js';
import type { PropertyOptions } from '../../src/tasks/transfer/options.js';

const context = { name: '--any', isGiven: () => false };

/** What the options about properties come to. */
function readPropertyOptions(
  set: readonly string[],
  exclude: readonly string[],
  carry: string | undefined,
): PropertyOptions {
  const options = {
    set: propertyOptions.set.toValue(set, context),
    exclude: propertyOptions.exclude.toValue(exclude, context),
    carry: propertyOptions.carry.toValue(carry === undefined ? [] : [carry], context),
  };
  checkProperties(options);
  return options;
}

test('properties are read with their values, short names as the long ones', () => {
  assert.deepEqual(
    readPropertyOptions(['compress=lz4', 'user:note=a=b'], ['rdonly'], 'recsize,user:x,recordsize'),
    {
      set: [
        { name: 'compression', value: 'lz4' },
        { name: 'user:note', value: 'a=b' },
      ],
      exclude: ['readonly'],
      carry: ['recordsize', 'user:x'],
    },
  );
});

test('"storage" stands for the properties that say how data is stored, and none of those that expose it', () => {
  const { carry } = readPropertyOptions([], [], 'storage,user:x');
  assert.ok(carry.includes('compression') && carry.includes('recordsize') && carry.includes('user:x'));
  for (const name of [
    'mountpoint',
    'canmount',
    'sharenfs',
    'sharesmb',
    'quota',
    'refreservation',
    'readonly',
  ]) {
    assert.ok(!carry.includes(name), name);
  }
});

for (const [what, set, exclude, carry] of [
  ['a setting without a value', ['compression'], [], undefined],
  ['a name that no property has', ['Compression=lz4'], [], undefined],
  ['a name that would be an option', ['-x=lz4'], [], undefined],
  ['a value with control characters', ['user:x=a\nb'], [], undefined],
  ['the origin', ['origin=tank/a@1'], [], undefined],
  ['what comes with the content', ['volblocksize=8K'], [], undefined],
  ['one property twice', ['compression=lz4', 'compress=off'], [], undefined],
  ['one property set and inherited', ['atime=off'], ['atime'], undefined],
  ['a mountpoint that would travel', [], [], 'recordsize,mountpoint'],
  ['shares that would travel', [], [], 'sharenfs'],
  ['a key that would travel', [], [], 'keylocation'],
  ['an empty list', [], [], ''],
] as const) {
  test(`${what} is refused, with what to do`, () => {
    assert.throws(
      () => readPropertyOptions(set, exclude, carry),
      (error: unknown) => error instanceof ZfsVmError && error.kind === 'usage' && error.hint !== undefined,
    );
  });
}

test('what never travels can be said by name', () => {
  assert.throws(() => readPropertyOptions([], [], 'mountpoint'), { hint: 'use -o mountpoint=VALUE' });
  assert.deepEqual(readPropertyOptions(['mountpoint=/srv'], [], undefined).set, [
    { name: 'mountpoint', value: '/srv' },
  ]);
});

for (const [misspelt, meant] of [
  ['compresion', 'compression'],
  ['qouta', 'quota'],
  ['recordsizes', 'recordsize'],
  ['atine', 'atime'],
] as const) {
  test(`-o ${misspelt} is refused, with what was most likely meant`, () => {
    assert.throws(() => readPropertyOptions([`${misspelt}=x`], [], undefined), {
      message: `invalid value for -o: "${misspelt}": unknown property; did you mean ${meant}?`,
    });
  });
}

test('a property that is like none that is known is left to zfs', () => {
  assert.equal(readPropertyOptions(['brandnew=on'], [], undefined).set[0]?.name, 'brandnew');
});
