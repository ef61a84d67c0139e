import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findRootCause, type SideResult } from '../../../src/transfer/lanes/root-cause.js';

const good: SideResult = { exit: { kind: 'exited', code: 0 }, stderr: '' };
const lost: SideResult = { exit: { kind: 'lost', reason: 'connection reset' }, stderr: '' };
const killed: SideResult = { exit: { kind: 'signalled', signal: 'SIGKILL' }, stderr: '' };

function failed(stderr: string, code = 1): SideResult {
  return { exit: { kind: 'exited', code }, stderr };
}

/** Broken by its reader going away. */
const brokenPipes = [
  { exit: { kind: 'signalled', signal: 'SIGPIPE' }, stderr: '' },
  { exit: { kind: 'signalled', signal: 'PIPE' }, stderr: '' },
  failed('', 141),
  failed("warning: cannot send 'tank/a@1': Broken pipe"),
] as const;

/** Broken by its stream ending early (OpenZFS 2.3.2). */
const incompletes = [
  failed('cannot receive: failed to read from stream'),
  failed(
    'cannot receive incremental stream: incomplete stream\nPartially received snapshot is saved.\n' +
      'A resuming stream can be generated on the sending system by running:\n    zfs send -t 1-cdb1a3cd1-e8-789c6360',
  ),
] as const;

const modified = failed(
  'cannot receive incremental stream: destination tank/b has been modified\nsince most recent snapshot',
);

test('nothing failed when both sides ended well', () => {
  assert.equal(findRootCause(good, good), undefined);
});

test('one side that fails alone is the cause', () => {
  assert.equal(findRootCause(failed('out of luck'), good), 'send');
  assert.equal(findRootCause(good, modified), 'receive');
});

test('a broken pipe on the sending side is only a symptom', () => {
  for (const send of brokenPipes) assert.equal(findRootCause(send, modified), 'receive');
});

test('an incomplete stream on the receiving side is only a symptom', () => {
  for (const receive of incompletes) {
    assert.equal(findRootCause(failed("cannot send: 'tank/a@1': I/O error"), receive), 'send');
    assert.equal(findRootCause(killed, receive), 'send');
    assert.equal(findRootCause(lost, receive), 'send');
  }
});

test('a receiver with trouble of its own is the cause, whatever the sender says', () => {
  assert.equal(findRootCause(failed('signal received'), failed('cannot receive: out of space')), 'receive');
});

test('a lost receiver is the cause of a broken pipe', () => {
  for (const send of brokenPipes) assert.equal(findRootCause(send, lost), 'receive');
});
