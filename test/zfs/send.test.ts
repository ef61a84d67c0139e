import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  findPropertyWarnings,
  ReceivedReader,
  receiveArguments,
  type Received,
} from '../../src/zfs/receive.js';
import {
  estimateArguments,
  parseEstimate,
  parseSeriesEstimate,
  readSendLine,
  sendArguments,
} from '../../src/zfs/send.js';

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

test('how far a send is, is read from what it tells each second', () => {
  // zfs send -v -P tank/ct@zfs-vm:ct:1   (OpenZFS 2.3.2)
  assert.deepEqual(readSendLine('13:00:51\t5268352\ttank/ct@zfs-vm:ct:1'), {
    kind: 'sent',
    bytes: 5_268_352,
    to: 'tank/ct@zfs-vm:ct:1',
  });
});

for (const line of [
  'full\ttank/ct@zfs-vm:ct:1\t30118776',
  'incremental\ttank/ct@zfs-vm:ct:1\ttank/ct@zfs-vm:ct:2\t624',
  'size\t30118776',
  'resume token contents:',
  'nvlist version: 0',
  '\ttoname = tank/ct@zfs-vm:ct:1',
]) {
  test(`"${line}" is what a send says of itself`, () => {
    assert.deepEqual(readSendLine(line), { kind: 'talk' });
  });
}

test('what a send complains of is kept', () => {
  for (const line of ['warning: cannot send', "cannot open 'tank': dataset does not exist", 'sudo: no']) {
    assert.deepEqual(readSendLine(line), { kind: 'other' });
  }
});

test('all increments between two snapshots are one call', () => {
  const stream = { kind: 'increments', from: 'tank@a', to: 'tank@d', raw: true } as const;
  assert.deepEqual(sendArguments(stream), ['send', '-L', '-e', '-c', '-w', '-I', 'tank@a', 'tank@d']);
});

function readReceived(lines: readonly string[]): Received[] {
  const reader = new ReceivedReader();
  return lines.map((line) => reader.read(line)).filter((received) => received !== undefined);
}

test('what has arrived is read from what a receive tells, also of a package', () => {
  // zfs send -I tank/vm@a tank/vm@c | zfs receive -v -s -u backup/my vm   (OpenZFS 2.3.2)
  const lines = [
    'receiving incremental stream of tank/vm@b into backup/my vm@b',
    'received 66.6K stream in 0.39 seconds (171K/sec)',
    'receiving incremental stream of tank/vm@zfs-vm:web:2 into backup/my vm@zfs-vm:web:2',
    'cannot receive quota property on backup/my vm: permission denied',
    'received 312B stream in 1 seconds (312B/sec)',
    'receiving incremental stream of tank/vm@d into backup/my vm@d',
  ];
  assert.deepEqual(readReceived(lines), [
    { name: 'b', bytes: 68_198 },
    { name: 'zfs-vm:web:2', bytes: 312 },
  ]);
  assert.deepEqual(readReceived(['received 1.5K stream in 0.1 seconds (15K/sec)']), [
    { name: undefined, bytes: 1536 },
  ]);
});

test('of increments that go in one stream, each has its size', () => {
  const output = 'incremental\t1\ttank/a b@2\t7816\nincremental\t2\ttank/a b@3\t624\nsize\t8440\n';
  assert.deepEqual(
    [...parseSeriesEstimate(output)],
    [
      ['tank/a b@2', 7816],
      ['tank/a b@3', 624],
    ],
  );
});
