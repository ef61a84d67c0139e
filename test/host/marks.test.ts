import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import fc from 'fast-check';
import { BehindMark, UntilMark } from '../../src/host/marks.js';

/** What is said between marks: also lines that begin as a mark does, and have no end. */
const speech = fc.stringMatching(/^(?:[a-z€]{0,3}|\n|zfs-vm: |zfs-vm: x|\n{2})*$/u);

/** Writes bytes in pieces that are cut anywhere. */
function write(stream: BehindMark | UntilMark, bytes: Buffer, cuts: readonly number[]): void {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((one, other) => one - other);
  let start = 0;
  for (const place of [...places, bytes.length]) {
    if (place > start) stream.write(bytes.subarray(start, place));
    start = place;
  }
  stream.end();
}

const anyCuts = fc.array(fc.nat(), { maxLength: 6 });

test('what comes behind a mark is passed on as it is, wherever the pieces are cut', async () => {
  await fc.assert(
    fc.asyncProperty(speech, speech, anyCuts, async (before, behind, cuts) => {
      const output = new BehindMark('zfs-vm: in');
      write(output, Buffer.from(`${before}\nzfs-vm: in\n${behind}`), cuts);
      assert.equal(await text(output), behind);
      assert.equal(await output.hasCome, true);
    }),
  );
});

test('an output without its mark has nothing, and is known by its last lines', async () => {
  const output = new BehindMark('zfs-vm: in');
  write(output, Buffer.from('Welcome\r\n\nPermission denied (publickey).\r\n'), []);
  assert.equal(await text(output), '');
  assert.equal(await output.hasCome, false);
  assert.deepEqual(output.lastLines, ['Welcome', 'Permission denied (publickey).']);
});

test('an output that never comes to its mark is given up', async () => {
  const output = new BehindMark('zfs-vm: in');
  output.resume();
  for (let count = 0; count < 20; count++) output.write(Buffer.alloc(2 ** 16, 'y'));
  assert.equal(await output.hasCome, false);
});

test('what comes before an end mark is passed on as it is, and its status is told', async () => {
  await fc.assert(
    fc.asyncProperty(speech, speech, fc.nat(255), anyCuts, async (before, behind, status, cuts) => {
      const output = new UntilMark('zfs-vm: ended');
      write(output, Buffer.from(`${before}\nzfs-vm: ended ${status}\n${behind}`), cuts);
      assert.equal(await text(output), `${before}\n`);
      assert.equal(await output.status, status);
    }),
  );
});

test('an output without an end mark is passed on to its end, and has no status', async () => {
  await fc.assert(
    fc.asyncProperty(speech, anyCuts, async (all, cuts) => {
      const output = new UntilMark('zfs-vm: ended');
      write(output, Buffer.from(all), cuts);
      assert.equal(await text(output), all);
      assert.equal(await output.status, undefined);
    }),
  );
});

test('a line is passed on when it is whole, and one without an end is not kept back', () => {
  const output = new UntilMark('zfs-vm: ended');
  output.write('zfs-vm: leg 0 0\n');
  assert.equal((output.read() as Buffer).toString(), 'zfs-vm: leg 0 0\n');
  output.write('y'.repeat(200));
  assert.equal((output.read() as Buffer).length, 200);
});
