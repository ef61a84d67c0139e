import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findPropertyWarnings, receiveArguments } from '../../src/zfs/receive.js';
import { estimateArguments, parseEstimate, sendArguments } from '../../src/zfs/send.js';

const nothing = { set: [], exclude: [] };

test('a whole stream names only its snapshot', () => {
  assert.deepEqual(sendArguments({ kind: 'whole', to: 'tank@b', raw: false }), [
    'send',
    '-L',
    '-e',
    '-c',
    'tank@b',
  ]);
});

test('an increment is one step, and encrypted data stays as it is', () => {
  const words = sendArguments({ kind: 'increment', to: 'tank@b', from: 'tank@a', raw: true });
  assert.deepEqual(words, ['send', '-L', '-e', '-c', '-w', '-i', 'tank@a', 'tank@b']);
});

test('an estimate asks for the very stream that would be sent', () => {
  const stream = { kind: 'increment', to: 'tank@b', from: 'tank@a', raw: true } as const;
  assert.deepEqual(estimateArguments(stream).slice(4), sendArguments(stream).slice(1));
});

test('the size is read from what zfs prints', () => {
  // zfs send -n -v -P -i tank/a@1 tank/a@2   (OpenZFS 2.3.2)
  assert.equal(parseEstimate('incremental\t1\ttank/a@2\t7816\nsize\t7816\n'), 7816);
  assert.equal(parseEstimate('cannot open'), undefined);
});

test('a receive can be resumed, mounts nothing and forces nothing', () => {
  const words = receiveArguments({
    ...{ destination: 'tank/b', origin: undefined, makesFilesystem: false, properties: nothing },
  });
  assert.deepEqual(words, ['receive', '-v', '-s', '-u', 'tank/b']);
});

test('a filesystem that is made never mounts by itself, and a clone has the origin named', () => {
  const words = receiveArguments({
    ...{ destination: 'tank/b', origin: 'tank/a@1', makesFilesystem: true, properties: nothing },
  });
  assert.deepEqual(words, [
    'receive',
    '-v',
    '-s',
    '-u',
    '-o',
    'canmount=noauto',
    '-o',
    'origin=tank/a@1',
    'tank/b',
  ]);
});

test('properties are passed on, and what the person says of canmount comes before our own', () => {
  const landing = { destination: 'tank/b', origin: undefined, makesFilesystem: true };
  const set = [{ name: 'user:note', value: 'a b' }];
  assert.deepEqual(
    receiveArguments({ ...landing, properties: { set, exclude: ['quota', 'canmount'] } }).slice(4, -1),
    ['-o', 'canmount=noauto', '-o', 'user:note=a b', '-x', 'quota'],
  );
  const mounting = [{ name: 'canmount', value: 'on' }];
  assert.deepEqual(
    receiveArguments({ ...landing, properties: { set: mounting, exclude: [] } }).slice(4, -1),
    ['-o', 'canmount=on'],
  );
});

test('a property that a receive could not set is found in what it says', () => {
  assert.deepEqual(
    findPropertyWarnings(
      // zfs receive -v -s -u -o copies=2 -o special_small_blocks=4K tank/property   (OpenZFS 2.3.2)
      [
        'receiving full stream of tank/a@1 into tank/property@1',
        'cannot receive copies property on tank/property: permission denied',
        'special_small_blocks: property requires a special device in the pool',
        'received 43.9K stream in 0.58 seconds (76.3K/sec)',
      ].join('\n'),
    ),
    [
      'cannot receive copies property on tank/property: permission denied',
      'special_small_blocks: property requires a special device in the pool',
    ],
  );
});

test('the rest of an interrupted stream is asked for by its token alone', () => {
  assert.deepEqual(sendArguments({ kind: 'resume', token: '1-abc' }), ['send', '-t', '1-abc']);
});
