import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  findStreamlineFault,
  formatTag,
  readTag,
  TagReader,
  type Tag,
  type TagReading,
} from '../../src/streamline/tag.js';
import { parseVersion } from '../../src/streamline/version.js';

function reasonOf(name: string): string {
  const reading = readTag(name);
  assert.ok(reading.kind === 'malformed', name);
  return reading.reason;
}

test("the seed's examples are tags", () => {
  for (const [name, streamline, version] of [
    ['zfs-vm:debian-7:1', 'debian-7', '1'],
    ['zfs-vm:ubuntu-12.04:28', 'ubuntu-12.04', '28'],
  ] as const) {
    const reading = readTag(name);
    assert.ok(reading.kind === 'tag');
    assert.equal(reading.tag.streamline, streamline);
    assert.equal(reading.tag.version.text, version);
  }
});

test('other snapshots are none of our business', () => {
  for (const name of ['daily', 'zfs-auto-snap_daily-2026-01-01', 'zfs-vm', 'x-zfs-vm:a:1', 'ZFS-VM:a:1']) {
    assert.equal(readTag(name).kind, 'foreign', name);
  }
});

test('what begins like a tag and is none is told with its fault', () => {
  assert.match(reasonOf('zfs-vm:debian'), /not zfs-vm:STREAMLINE:VERSION/);
  assert.match(reasonOf('zfs-vm:a:b:1'), /not zfs-vm:STREAMLINE:VERSION/);
  assert.match(reasonOf('zfs-vm::1'), /name is empty/);
  assert.match(reasonOf('zfs-vm:a:'), /version is empty/);
  assert.match(reasonOf('zfs-vm:a:007'), /leading zeros; use 7/);
  assert.match(reasonOf('zfs-vm:a:v1.0.0'), /use 1\.0\.0/);
  assert.match(reasonOf('zfs-vm:a:latest'), /not a version/);
  assert.match(reasonOf('zfs-vm: a:1'), /starts or ends with a space/);
});

test('a streamline has only characters that ZFS takes', () => {
  for (const name of ["it's", 'a"b', '$(id)', 'a;b', 'a/b', 'a@b', 'a:b', 'a\nb', 'ü', 'a%b', '']) {
    assert.notEqual(findStreamlineFault(name), undefined, JSON.stringify(name));
  }
  for (const name of ['debian-7', 'a b', '7', '_', 'x.y']) assert.equal(findStreamlineFault(name), undefined);
});

test('a tag that is written is read back the same', () => {
  const streamlines = fc.stringMatching(/^[A-Za-z0-9_.-]([A-Za-z0-9_. -]*[A-Za-z0-9_.-])?$/);
  fc.assert(
    fc.property(streamlines, fc.bigInt({ min: 0n }), (streamline, number) => {
      const version = parseVersion(number.toString());
      assert.ok(version);
      assert.deepEqual(readTag(formatTag({ streamline, version })), {
        kind: 'tag',
        tag: { streamline, version },
      });
    }),
  );
});

test('no name of any kind makes it crash', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      readTag(text);
      readTag(`zfs-vm:${text}`);
    }),
  );
});

function tagOf(reading: TagReading): Tag | undefined {
  return reading.kind === 'tag' ? reading.tag : undefined;
}

test('a reader of many names gives the tags that reading each alone gives', () => {
  const names = fc.constantFrom(
    'zfs-vm:a:1',
    'zfs-vm:a:2',
    'zfs-vm:b:1',
    'zfs-vm:a:',
    'zfs-vm::1',
    'zfs-vm:a:1:1',
    'x',
  );
  fc.assert(
    fc.property(fc.array(names), (list) => {
      const reader = new TagReader();
      for (const name of list) assert.deepEqual(reader.read(name), tagOf(readTag(name)));
    }),
  );
});
