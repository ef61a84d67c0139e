import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PassThrough, Readable } from 'node:stream';
import fc from 'fast-check';
import type { Host } from '../../src/host/host.js';
import { LineSplitter } from '../../src/host/line-splitter.js';
import { runZfsScript } from '../../src/inventory/zfs-script.js';
import {
  findLastSent,
  LegReports,
  readBegunLeg,
  type LegReport,
} from '../../src/transfer/lanes/lane-script.js';
import { hostileText, runs } from './arbitraries.js';

/** A text with places to cut it at. */
const cutText = (text: fc.Arbitrary<string>): fc.Arbitrary<string[]> =>
  fc.tuple(text, fc.array(fc.nat(500), { maxLength: 20 })).map(([whole, cuts]) => {
    const places = [...new Set(cuts.map((cut) => cut % (whole.length + 1)))].sort((a, b) => a - b);
    return [0, ...places].map((start, index) => whole.slice(start, places[index] ?? whole.length));
  });

function splitLines(pieces: readonly string[]): { lines: string[]; rest: string } {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const piece of pieces) splitter.feed(piece);
  return { lines, rest: splitter.rest };
}

test('lines are the same wherever the text is cut', () => {
  fc.assert(
    fc.property(cutText(hostileText), (pieces) => {
      const { lines, rest } = splitLines(pieces);
      assert.deepEqual([...lines, rest], pieces.join('').split('\n'));
    }),
    runs(1000),
  );
});

test('of a line without an end, the last part is kept, and no more', () => {
  const pieces = Array.from({ length: 3000 }, (_, index) => `${index}`.repeat(30));
  const { rest } = splitLines(pieces);
  assert.ok(rest.length >= 16_384 && rest.length <= 33_000);
  assert.ok(rest.endsWith('2999'));
  const { lines } = splitLines([...pieces, '\n']);
  assert.equal(lines[0]?.length, 16_384);
});

/** A host on which every command prints this. */
function printing(pieces: readonly string[]): Host {
  return {
    ...{ name: 'host', joinsPipes: false },
    start: () =>
      Promise.resolve({
        stdin: new PassThrough().resume(),
        stdout: Readable.from(pieces.map((piece) => Buffer.from(piece))),
        stderr: Readable.from([]),
        exit: Promise.resolve({ kind: 'exited', code: 0 } as const),
      }),
    close: () => Promise.resolve(),
  };
}

test('the first part of a script is told of once, wherever the output is cut', async () => {
  const markOf = (part: string): string => `\nzfs-vm: ${part}\n`;
  const line = fc.constantFrom('tank', 'zfs-vm:', 'zfs-vm', '', 'zfs-vm: other');
  const lines = fc.array(line, { maxLength: 5 }).map((all) => all.map((each) => `${each}\n`).join(''));
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(lines, lines, lines).chain(([before, first, second]) => {
        const whole = before + markOf('first') + first + markOf('second') + second + markOf('end');
        return cutText(fc.constant(whole)).map((pieces) => ({ first, pieces }));
      }),
      async ({ first, pieces }) => {
        const told: string[] = [];
        const parts = { first: [], second: [] };
        await runZfsScript({ host: printing(pieces), zfs: ['zfs'] }, parts, {
          onFirst: (text) => told.push(text),
        });
        assert.deepEqual(told, [first]);
      },
    ),
    runs(300),
  );
});

function readReports(pieces: readonly string[]): { reports: LegReport[]; talk: string[]; rest: string } {
  const reports: LegReport[] = [];
  const talk: string[] = [];
  const reader = new LegReports(
    (report) => reports.push(report),
    (line) => talk.push(line),
  );
  for (const piece of pieces) reader.feed(piece);
  return { reports, talk, rest: reader.rest };
}

const talkLine = fc.oneof(
  fc.constantFrom(
    'receiving full stream of tank/a@1 into tank/b@1',
    'received 312B stream in 1 seconds (312B/sec)',
    '',
  ),
  fc.stringMatching(/^[ -~\t]{0,30}$/),
);

test('how each stream ended is read with what was said of it, wherever the output is cut', () => {
  const leg = fc.tuple(fc.array(talkLine, { maxLength: 4 }), fc.nat(255));
  const output = fc.array(leg, { maxLength: 5 });
  fc.assert(
    fc.property(output, fc.array(fc.nat(500), { maxLength: 20 }), (legs, cuts) => {
      const text = legs
        .map(
          ([lines, status], index) =>
            `${lines.map((line) => `${line}\n`).join('')}\nzfs-vm: leg ${index} ${status}\n`,
        )
        .join('');
      const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
      const pieces = [0, ...places].map((start, index) => text.slice(start, places[index] ?? text.length));
      const expected = legs.map(([lines, status], index) => ({
        index,
        status,
        said: lines.join('\n').trim(),
      }));
      assert.deepEqual(readReports(pieces).reports, expected);
    }),
    runs(1000),
  );
});

test('whatever a receiver prints, a report is one of a line of its own', () => {
  const pieces = fc.array(
    fc.oneof(
      hostileText,
      fc.constantFrom('\nzfs-vm: leg 0 0\n', 'zfs-vm: leg 1', ' 0\n', 'zfs-vm: leg 1 x\n'),
    ),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(pieces, (output) => {
      const { reports, talk, rest } = readReports(output);
      const lines = output.join('').split('\n');
      const marks = lines.slice(0, -1).filter((line) => /^zfs-vm: leg [0-9]{1,9} [0-9]{1,9}$/.test(line));
      assert.equal(reports.length, marks.length);
      assert.equal(talk.length + reports.length, lines.length - 1);
      assert.ok(rest.length <= 16_384);
      for (const { index, status } of reports) assert.ok(Number.isInteger(index) && Number.isInteger(status));
    }),
    runs(1000),
  );
});

test('what a sender says is put to the last stream that it has begun, whatever it is', () => {
  fc.assert(
    fc.property(hostileText, fc.nat(99), hostileText, (before, index, after) => {
      const said = findLastSent(`${before}\nzfs-vm: leg ${index}\n${after}`);
      assert.ok(said.index !== undefined);
      if (!after.includes('zfs-vm: leg')) assert.deepEqual(said, { index, said: after.trim() });
      assert.equal(readBegunLeg(`zfs-vm: leg ${index}`), index);
      readBegunLeg(after);
    }),
    runs(500),
  );
});
