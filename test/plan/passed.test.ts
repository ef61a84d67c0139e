import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findPassed } from '../../src/plan/passed.js';
import { planTransfer } from '../../src/plan/plan-transfer.js';
import { nameForPeople } from '../../src/streamline/dataset.js';
import { parsePattern } from '../../src/streamline/selection.js';
import { world } from '../worlds.js';

/** What the receiver lacks for good, as `SOURCE: VERSIONS`. */
function passedBy(
  sender: readonly string[],
  receiver: readonly string[],
  latest = false,
  knowsReceiver = true,
  only: readonly string[] = [],
): string[] {
  const request = {
    ...{ sender: world(...sender), receiver: world('tank:', ...receiver), destination: undefined },
    choice: { patterns: only.flatMap((text) => parsePattern(text) ?? []), latest },
    ...{ rollback: false, replace: false, knowsReceiver },
  };
  return findPassed(request, planTransfer(request)).versions.map(
    ({ source, versions }) => `${source}: ${versions.map(nameForPeople).join(' ')}`,
  );
}

test('what comes before the newest common version, and is nowhere on the receiver, is passed', () => {
  assert.deepEqual(passedBy(['tank/a: web:1 web:2 web:3'], ['tank/a: web:3']), ['tank/a: web:1 web:2']);
  assert.deepEqual(passedBy(['tank/a: web:1 web:2 web:3'], ['tank/a: web:2']), ['tank/a: web:1']);
  assert.deepEqual(passedBy(['tank/a: web:1 web:2'], ['tank/a: web:2', 'tank/old: web:1']), []);
});

test('what a backup on the sender has before something that goes as part of its original is passed, too', () => {
  const sender = ['tank/a: web:1 web:3', 'tank/b (made at 7): web:2 web:3'];
  assert.deepEqual(passedBy(sender, ['tank/a: web:1']), ['tank/b: web:2']);
});

test('what is still to come, or is kept back by a conflict, is not', () => {
  assert.deepEqual(passedBy(['tank/a: web:1 web:2'], ['tank/a: web:1']), []);
  assert.deepEqual(passedBy(['tank/a: web:1 web:2 web:3'], ['tank/a: web:2 @mine']), []);
});

test('of versions that are higher than what is asked for, it is what this run passes by', () => {
  const sender = ['tank/a: web:1 web:9 web:5 web:10'];
  assert.deepEqual(passedBy(sender, ['tank/a: web:1'], false, true, ['web:5']), ['tank/a: web:9']);
  assert.deepEqual(passedBy(sender, ['tank/a: web:1 web:5'], false, true, ['web:5']), []);
  assert.deepEqual(passedBy(sender, ['tank/a: web:1'], false, true, ['web:10']), []);
});

test('with --latest it is what this run leaves out, once', () => {
  const sender = ['tank/a: web:1 web:2 web:3 web:4'];
  assert.deepEqual(passedBy(sender, [], true), ['tank/a: web:1 web:2 web:3']);
  assert.deepEqual(passedBy(sender, ['tank/a: web:2'], true), ['tank/a: web:3']);
  assert.deepEqual(passedBy(sender, ['tank/a: web:4'], true), []);
});

test('what a clone went on from may be in the copy of the clone, which a quick look does not know', () => {
  const sender = ['tank/new: web:1 web:4 web:5', 'tank/a < tank/new@web:1: web:2'];
  const there = ['tank/new: web:5'];
  assert.deepEqual(passedBy(sender, there), ['tank/new: web:1 web:4']);
  assert.deepEqual(passedBy(sender, there, false, false), ['tank/new: web:4']);
});
