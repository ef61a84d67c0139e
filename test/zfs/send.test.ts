import assert from 'node:assert/strict';
import { test } from 'node:test';
import { receiveArguments } from '../../src/zfs/receive.js';
import { estimateArguments, parseEstimate, readSendLine, sendArguments } from '../../src/zfs/send.js';

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
  const words = receiveArguments({ destination: 'tank/b', origin: undefined, makesFilesystem: false });
  assert.deepEqual(words, ['receive', '-v', '-s', '-u', 'tank/b']);
});

test('a filesystem that is made never mounts by itself, and a clone has the origin named', () => {
  const words = receiveArguments({ destination: 'tank/b', origin: 'tank/a@1', makesFilesystem: true });
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

test('the rest of an interrupted stream is asked for by its token alone', () => {
  assert.deepEqual(sendArguments({ kind: 'resume', token: '1-abc' }), ['send', '-t', '1-abc']);
});

test('how far a send is, is read from what it tells each second', () => {
  // zfs send -v -P tank/ct@zfs-vm:ct:1   (OpenZFS 2.3.2)
  assert.deepEqual(readSendLine('13:00:51\t5268352\ttank/ct@zfs-vm:ct:1'), {
    kind: 'sent',
    bytes: 5_268_352,
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
