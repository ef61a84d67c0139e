import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMountPlaces, parseMounts } from '../../src/zfs/mounts.js';

// cat /proc/self/mounts   (Debian 12, OpenZFS 2.3.2)
const mounts = [
  'proc /proc proc rw,nosuid,nodev,noexec,relatime 0 0',
  'tank /tank zfs rw,relatime,xattr,noacl,casesensitive 0 0',
  'tank/s\\040rc /srv/my\\040\\134rc zfs rw,relatime,xattr,noacl,casesensitive 0 0',
  'tank/s\\040rc /srv/again zfs rw,relatime,xattr,noacl,casesensitive 0 0',
  'tank/vm /mnt ext4 rw 0 0',
  '',
].join('\n');

test('what is mounted is found with its first place, spaces and backslashes as they are', () => {
  assert.deepEqual(
    [...parseMounts(mounts)],
    [
      ['tank', '/tank'],
      ['tank/s rc', '/srv/my \\rc'],
    ],
  );
});

test('every place is found where something is mounted, whatever it is', () => {
  const places = ['/proc', '/tank', '/srv/my \\rc', '/srv/again', '/mnt'];
  assert.deepEqual([...parseMountPlaces(mounts)], places);
});
