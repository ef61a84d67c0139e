import assert from 'node:assert/strict';
import { test } from 'node:test';
import { preferAes } from '../../../src/host/openssh/prefer-aes.js';

const [chacha, ctr, gcm128, gcm256] = [
  'chacha20-poly1305@openssh.com',
  'aes128-ctr',
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
];

test('where the processor knows AES, AES-GCM comes first, and the others keep their order', () => {
  assert.deepEqual(preferAes([chacha, ctr, gcm256, gcm128], true), [gcm128, gcm256, chacha, ctr]);
  assert.deepEqual(preferAes([chacha, ctr, gcm256], true), [gcm256, chacha, ctr]);
});

test('a processor without AES changes nothing', () => {
  assert.equal(preferAes([chacha, ctr, gcm128, gcm256], false), undefined);
});

test('what the configuration does not allow is not offered, and another favourite is kept', () => {
  assert.equal(preferAes([chacha, ctr], true), undefined);
  assert.equal(preferAes([chacha], true), undefined);
  assert.equal(preferAes([ctr, chacha, gcm128], true), undefined);
  assert.equal(preferAes([], true), undefined);
});
