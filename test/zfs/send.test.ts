import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  findPropertyWarnings,
  ReceivedReader,
  receiveArguments,
  type Landing,
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

const landing: Landing = {
  ...{ destination: 'tank/b', snapshot: 'two', type: 'filesystem', origin: undefined },
  ...{ makesFilesystem: false, properties: nothing },
};

/** What stands before `-x`, and the names that follow one. */
function read(words: readonly string[]): { options: string[]; excluded: string[] } {
  const first = words.indexOf('-x');
  const end = first < 0 ? -1 : first;
  return { options: words.slice(0, end), excluded: words.filter((_, index) => words[index - 1] === '-x') };
}

test('a receive can be resumed, mounts nothing and forces nothing, and names what it waits for', () => {
  const words = receiveArguments(landing);
  assert.deepEqual(words.slice(0, 5), ['receive', '-v', '-s', '-u', '-x']);
  assert.equal(words.at(-1), 'tank/b@two');
  assert.equal(receiveArguments({ ...landing, snapshot: undefined }).at(-1), 'tank/b');
});

test('what could expose the host is excluded of every stream, as far as datasets of the type have it', () => {
  const { excluded } = read(receiveArguments(landing));
  for (const name of ['mountpoint', 'canmount', 'sharenfs', 'setuid', 'quota', 'refreservation']) {
    assert.ok(excluded.includes(name), name);
  }
  assert.deepEqual(read(receiveArguments({ ...landing, type: 'volume' })).excluded, [
    ...['reservation', 'refreservation', 'snapshot_limit'],
  ]);
});

test('a filesystem that is made never mounts by itself, and a clone has the origin named', () => {
  const words = receiveArguments({ ...landing, origin: 'tank/a@1', makesFilesystem: true });
  const { options, excluded } = read(words);
  assert.deepEqual(options.slice(4), ['-o', 'canmount=noauto', '-o', 'origin=tank/a@1']);
  assert.ok(!excluded.includes('canmount'));
  assert.ok(excluded.includes('mountpoint'));
});

test('properties are passed on, each once, and what the person says of canmount comes before our own', () => {
  const made = { ...landing, makesFilesystem: true };
  const set = [{ name: 'user:note', value: 'a b' }];
  const exclude = ['quota', 'canmount', 'user:x'];
  const chosen = read(receiveArguments({ ...made, properties: { set, exclude } }));
  assert.deepEqual(chosen.options.slice(4), ['-o', 'canmount=noauto', '-o', 'user:note=a b']);
  assert.deepEqual(
    exclude.map((name) => chosen.excluded.filter((each) => each === name).length),
    [1, 0, 1],
  );
  const mounting = [
    { name: 'canmount', value: 'on' },
    { name: 'mountpoint', value: '/a' },
  ];
  const mounted = read(receiveArguments({ ...made, properties: { set: mounting, exclude: [] } }));
  assert.deepEqual(mounted.options.slice(4), ['-o', 'canmount=on', '-o', 'mountpoint=/a']);
  assert.ok(!mounted.excluded.includes('canmount') && !mounted.excluded.includes('mountpoint'));
});

test('that a user may not exclude what nobody asked for is not told', () => {
  const said = 'cannot receive sharenfs property on tank/b: permission denied\n';
  assert.deepEqual(findPropertyWarnings(said), []);
  assert.deepEqual(findPropertyWarnings(said, ['sharenfs']), [said.trim()]);
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

test('resumed is asked for by its token alone', () => {
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
