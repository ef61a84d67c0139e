import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseReclaim } from '../../src/zfs/destroy.js';
import { parseCreationTimes, parseDatasets, parseHolds, parseSnapshots } from '../../src/zfs/list.js';
import { UnreadableOutput } from '../../src/zfs/list-fields.js';
import { findDatasetNameFault, isSnapshotName } from '../../src/zfs/names.js';
import { parseNotes } from '../../src/zfs/notes.js';
import { findPropertyValueFault, parseProperties } from '../../src/zfs/properties.js';
import { DiffReader } from '../../src/zfs/diff.js';
import { parseMounts } from '../../src/zfs/mounts.js';
import { ReceivedReader } from '../../src/zfs/receive.js';
import { parseResumeToken } from '../../src/zfs/resume-token.js';
import { formatRole } from '../../src/zfs/role.js';
import { parseEstimate, readSendLine } from '../../src/zfs/send.js';
import { parseMembers, parseWritten, parseWrittenBetween } from '../../src/zfs/written.js';
import {
  assertHarmless,
  damaged,
  datasetName,
  guid,
  hostileText,
  namePart,
  readOrRefuse,
  runs,
  snapshotFullName,
} from './arbitraries.js';
import { readDetailedSnapshots } from '../zfs/detailed-snapshots.js';

const isUnreadable = (error: unknown): boolean => error instanceof UnreadableOutput;

const txg = fc.nat(2 ** 31 - 1);

const size = fc.oneof(fc.nat(), fc.constantFrom(0, 2 ** 40, 2 ** 53));

const followed = fc.record({ guid, poolGuid: guid }, { noNullPrototype: true });

const datasetRow = fc.record(
  {
    name: datasetName,
    type: fc.constantFrom('filesystem' as const, 'volume' as const),
    origin: fc.option(snapshotFullName, { nil: undefined }),
    encryption: fc.constantFrom('off', '-', 'on', 'aes-256-gcm', 'aes-128-ccm'),
    written: size,
    madeAtSeconds: fc.nat(2 ** 31 - 1),
    newestSnapshot: fc.option(namePart, { nil: undefined }),
    resumeToken: fc.option(fc.stringMatching(/^1-[0-9a-f]{1,9}-[0-9a-f]{2}-[0-9a-f]{1,40}$/), {
      nil: undefined,
    }),
    guid,
    encryptionRoot: fc.option(datasetName, { nil: undefined }),
    keyStatus: fc.constantFrom(undefined, 'available' as const, 'unavailable' as const),
    role: fc.option(
      fc.record(
        {
          kind: fc.constantFrom('copy' as const, 'aside' as const),
          sources: fc
            .tuple(followed, fc.array(followed, { maxLength: 7 }))
            .map(([first, others]) => [first, ...others] as const),
        },
        { noNullPrototype: true },
      ),
      { nil: undefined },
    ),
  },
  { noNullPrototype: true },
);

type PrintedDataset = typeof datasetRow extends fc.Arbitrary<infer Row> ? Row : never;

function printDataset({ newestSnapshot, ...row }: PrintedDataset): string {
  const { name, type, origin = '-', written, madeAtSeconds, encryption, resumeToken = '-' } = row;
  const newest = newestSnapshot === undefined ? '-' : `${name}@${newestSnapshot}`;
  const { guid: id, encryptionRoot = '-', keyStatus = '-' } = row;
  const role = row.role === undefined ? '-' : formatRole(row.role, id);
  const plain = [name, type, origin, written, madeAtSeconds, encryption, newest, resumeToken];
  return [...plain, id, encryptionRoot, keyStatus, role, role].join('\t');
}

const datasetText = fc
  .array(datasetRow, { minLength: 1, maxLength: 5 })
  .map((rows) => rows.map((row) => `${printDataset(row)}\n`).join(''));

const snapshotRow = fc.record(
  {
    kind: fc.constantFrom('snapshot' as const, 'bookmark' as const),
    dataset: datasetName,
    name: namePart,
    guid,
    createtxg: txg,
  },
  { noNullPrototype: true },
);

type Row = ReturnType<typeof parseSnapshots>[number];

function printSnapshot({ kind, dataset, name, guid: id, createtxg }: Row): string {
  return `${dataset}${kind === 'snapshot' ? '@' : '#'}${name}\t${id}\t${createtxg}`;
}

const snapshotText = fc
  .array(snapshotRow, { minLength: 1, maxLength: 6 })
  .map((rows) => rows.map((row) => `${printSnapshot(row)}\n`).join(''));

test('every dataset is read as it was printed, whatever ZFS lets it be called', () => {
  fc.assert(
    fc.property(fc.array(datasetRow, { maxLength: 5 }), (rows) => {
      const text = rows.map(printDataset).join('\n');
      const expected = rows.map(({ written, encryption, ...row }) => ({
        ...row,
        encrypted: encryption !== 'off' && encryption !== '-',
        writtenBytes: written,
        isGround: false,
      }));
      assert.deepEqual(parseDatasets(text), expected);
    }),
    runs(500),
  );
});

/** What somebody may have written, but for tabs and line ends, and for what stands for nothing. */
const oneLine = fc
  .oneof(fc.string({ unit: 'binary', maxLength: 20 }), hostileText)
  .map((text) => text.replace(/[\t\n]/g, ' '))
  .filter((text) => text !== '' && text !== '-');

test('every snapshot with age, size and note is read as it was printed', () => {
  const details = fc.record(
    {
      createdAtSeconds: fc.nat(2 ** 31 - 1),
      referencedBytes: size,
      note: fc.option(oneLine, { nil: undefined }),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(snapshotRow, details), { maxLength: 5 }), (rows) => {
      const lines = rows.map(
        ([row, { createdAtSeconds, referencedBytes, note = '-' }]) =>
          `${printSnapshot(row)}\t${createdAtSeconds}\t${referencedBytes}\t${note}\t${note}\n`,
      );
      assert.deepEqual(
        readDetailedSnapshots(lines.join(''), { withNotes: true }),
        rows.map(([row, detail]) => ({ ...row, ...detail })),
      );
    }),
    runs(500),
  );
});

test('what is taken for a list of datasets says what was read, and has nothing but names that ZFS takes', () => {
  fc.assert(
    fc.property(fc.oneof(hostileText, damaged(datasetText)), (text) => {
      const rows = readOrRefuse(() => parseDatasets(text), isUnreadable);
      if (rows === undefined) return;
      const lines = text.split('\n').filter((line) => line !== '');
      assert.equal(rows.length, lines.length);
      for (const [index, row] of rows.entries()) {
        const {
          name,
          type,
          origin = '-',
          writtenBytes,
          madeAtSeconds,
          newestSnapshot,
          resumeToken = '-',
        } = row;
        const fields = (lines[index] ?? '').split('\t');
        assert.deepEqual([name, type], fields.slice(0, 2));
        assert.ok(origin === (fields[2] === '' ? '-' : fields[2]));
        assert.deepEqual([writtenBytes, madeAtSeconds], [Number(fields[3]), Number(fields[4])]);
        assert.ok(newestSnapshot === undefined || fields[6] === `${name}@${newestSnapshot}`);
        assert.equal(resumeToken, fields[7] ?? '-');
        assert.equal(findDatasetNameFault(name), undefined);
        assert.ok(origin === '-' || isSnapshotName(origin));
        assert.ok(Number.isFinite(writtenBytes));
        assertHarmless(`${name}${origin}${newestSnapshot ?? ''}${resumeToken}`);
      }
    }),
    runs(3000),
  );
});

test('what is taken for a list of snapshots prints back as it came, and its numbers are such as ZFS has', () => {
  fc.assert(
    fc.property(fc.oneof(hostileText, damaged(snapshotText)), (text) => {
      const rows = readOrRefuse(() => parseSnapshots(text), isUnreadable);
      if (rows === undefined) return;
      const lines = text.split('\n').filter((line) => line !== '');
      assert.equal(rows.length, lines.length);
      for (const [index, row] of rows.entries()) {
        const columns = (lines[index] ?? '').split('\t').slice(0, 3);
        const [name, id, group] = [columns[0] ?? '', columns[1] ?? '', columns[2] ?? ''];
        assert.equal(printSnapshot(row), [name, BigInt(id), Number(group)].join('\t'));
        assert.ok(row.guid < 2n ** 64n);
        assert.ok(Number.isSafeInteger(row.createtxg));
        assert.ok(
          isSnapshotName(`${row.dataset.replace(/^[^A-Za-z]/, 'x').replaceAll('/', 'x')}@${row.name}`),
        );
        assertHarmless(`${row.dataset}${row.name}`);
      }
    }),
    runs(3000),
  );
});

test('what is taken for a detailed list has times and sizes that can be told', () => {
  const text = snapshotText.map((plain) => plain.replaceAll('\n', '\t1795249568\t5268480\tx y\tx y\n'));
  fc.assert(
    fc.property(fc.oneof(hostileText, damaged(text)), (output) => {
      const rows = readOrRefuse(() => readDetailedSnapshots(output, { withNotes: true }), isUnreadable) ?? [];
      for (const { createdAtSeconds, referencedBytes } of rows) {
        assert.match(new Date(createdAtSeconds * 1000).toISOString(), /Z$/);
        assert.ok(Number.isFinite(referencedBytes));
      }
    }),
    runs(1500),
  );
});

test('times are read as they were printed, and whatever is taken for one can be told', () => {
  const times = fc.array(fc.tuple(guid, fc.nat()), { maxLength: 8 });
  const print = (list: readonly (readonly [bigint, number])[]): string =>
    list.map((fields) => `${fields.join('\t')}\n`).join('');
  fc.assert(
    fc.property(times, (list) => {
      assert.deepEqual(parseCreationTimes(print(list)), list);
    }),
    runs(300),
  );
  fc.assert(
    fc.property(fc.oneof(hostileText, damaged(times.map(print))), (output) => {
      for (const [id, seconds] of readOrRefuse(() => parseCreationTimes(output), isUnreadable) ?? []) {
        assert.ok(id < 2n ** 64n);
        assert.match(new Date(seconds * 1000).toISOString(), /Z$/);
      }
    }),
    runs(1500),
  );
});

/** Values that want to be taken for lines: of a detailed list, of a list of notes, or for their ends. */
const forgery = fc
  .array(
    fc.constantFrom(
      ...[
        'tank/evil@a\t1\t1\t1\t1\t',
        'tank/evil@a\t1\t1\t1\t1',
        'tank@b\t',
        'tank@b',
        'x\tx',
        'x',
        '\t',
        '\n',
        '',
      ],
    ),
    { minLength: 1, maxLength: 9 },
  )
  .map((pieces) => pieces.join(''));

test('no note passes for a line of the list that it is in', () => {
  fc.assert(
    fc.property(forgery, forgery, (first, second) => {
      const notes = [first, second, 'the last'];
      const names = ['tank@a', 'tank@b', 'tank@c'];
      const print = (columns: string): string =>
        names.map((name, index) => `${name}${columns}\t${notes[index]}\t${notes[index]}\n`).join('');
      const rows = readOrRefuse(
        () => readDetailedSnapshots(print('\t1\t1\t1\t1'), { withNotes: true }),
        isUnreadable,
      );
      const read = readOrRefuse(() => parseNotes(print(''), new Set(names)), isUnreadable);
      const isPlain = !/[\t\n]/.test(first + second);
      assert.equal(rows !== undefined, isPlain);
      assert.equal(read !== undefined, isPlain);
      if (rows === undefined || read === undefined) return;
      assert.deepEqual(
        rows.map(({ dataset, name, note = '-' }) => [`${dataset}@${name}`, note === '' ? '-' : note]),
        names.map((name, index) => [name, notes[index] === '' ? '-' : notes[index]]),
      );
      assert.deepEqual([...read.values()], notes);
    }),
    runs(5000),
  );
});

test('notes are read as they were printed, or refused', () => {
  const notes = fc.uniqueArray(fc.tuple(snapshotFullName, oneLine), {
    maxLength: 5,
    selector: ([name]) => name,
  });
  const print = (list: readonly (readonly [string, string])[]): string =>
    list.map(([name, note]) => `${name}\t${note}\t${note}\n`).join('');
  fc.assert(
    fc.property(notes, (list) => {
      const names = new Set(list.map(([name]) => name));
      assert.deepEqual([...parseNotes(print(list), names)], list);
    }),
    runs(500),
  );
  fc.assert(
    fc.property(notes, fc.oneof(hostileText, damaged(notes.map(print))), (list, text) => {
      const names = new Set(list.map(([name]) => name));
      const read = readOrRefuse(() => parseNotes(text, names), isUnreadable);
      for (const name of read?.keys() ?? []) assert.ok(names.has(name));
    }),
    runs(1500),
  );
});

test('what was written is a number of bytes or nothing, whatever zfs says', () => {
  const written = fc
    .uniqueArray(fc.tuple(datasetName, fc.option(size)), { maxLength: 5, selector: ([name]) => name })
    .map((list) => list.map(([name, bytes]) => `${name}\t${bytes ?? '-'}\n`).join(''));
  fc.assert(
    fc.property(fc.oneof(written, hostileText, damaged(written)), (text) => {
      const read = readOrRefuse(() => parseWritten(text), isUnreadable);
      const lines = [...(read ?? [])].map(([name, bytes]) => `${name}\t${bytes ?? '-'}`);
      for (const bytes of read?.values() ?? []) assert.ok(bytes === undefined || Number.isFinite(bytes));
      if (read !== undefined && !/\t0[0-9]/.test(text) && !/[0-9]{16}/.test(text)) {
        assert.deepEqual(
          lines,
          text.split('\n').filter((line) => line !== ''),
        );
      }
      const members = readOrRefuse(() => parseMembers(text), isUnreadable);
      assert.ok(members === undefined || Number.isSafeInteger(members));
    }),
    runs(2000),
  );
});

for (const [what, line] of [
  ['a GUID of more than 64 bits', 'tank@a\t18446744073709551616\t1'],
  ['a GUID of a million digits', `tank@a\t${'9'.repeat(1_000_000)}\t1`],
  ['a transaction group that is no exact number', 'tank@a\t1\t9007199254740993'],
  ['a negative transaction group', 'tank@a\t1\t-5'],
  ['a name of 10,000 characters', `tank/${'x'.repeat(10_000)}@a\t1\t1`],
  ['a snapshot without a name', 'tank@\t1\t1'],
  ['a snapshot without a dataset', '@a\t1\t1'],
  ['two @ in a name', 'tank@a@b\t1\t1'],
  ['a quote in a name', "tank@it's\t1\t1"],
] as const) {
  test(`${what} is no snapshot`, () => {
    assert.throws(() => parseSnapshots(`${line}\n`), UnreadableOutput);
  });
}

for (const [what, line] of [
  ['no name', '\tfilesystem\t-\t0\t1795249568\toff\t-\t-'],
  ['the name of a snapshot', 'tank@a\tfilesystem\t-\t0\t1795249568\toff\t-\t-'],
  ['an option for a name', '-F\tfilesystem\t-\t0\t1795249568\toff\t-\t-'],
  ['a part called ..', 'tank/../x\tfilesystem\t-\t0\t1795249568\toff\t-\t-'],
  ['letters that ZFS does not take', 'tank/\u00E9\tfilesystem\t-\t0\t1795249568\toff\t-\t-'],
  ['an origin that is no snapshot', 'tank/a\tfilesystem\ttank/b\t0\t1795249568\toff\t-\t-'],
  ['a half-printed encryption', 'tank/a\tfilesystem\t-\t0\t1795249568\tof\t-\t-'],
  ['a newest snapshot that is none', 'tank/a\tfilesystem\t-\t0\t1795249568\toff\ttank/a\t-'],
  ['a size of 400 digits', `tank/a\tfilesystem\t-\t${'9'.repeat(400)}\toff\t-\t-`],
  ['one column too many', 'tank/a\tfilesystem\t-\t0\t1795249568\toff\t-\t-\t-'],
  [
    'fewer columns than the line before',
    'tank\tfilesystem\t-\t0\t1795249568\toff\t-\t-\ntank/a\tfilesystem\t-\t0\t1795249568',
  ],
  ['no time at which it was made', 'tank/a\tfilesystem\t-\t0\t-\toff\t-\t-'],
  ['a time after the end of time', 'tank/a\tfilesystem\t-\t0\t9000000000000\toff\t-\t-'],
] as const) {
  test(`a dataset with ${what} is refused`, () => {
    assert.throws(() => parseDatasets(`${line}\n`), UnreadableOutput);
  });
}

test('a time beyond all calendars is refused', () => {
  const line = 'tank@a\t1\t1\t8640000000001\t0\n';
  assert.throws(() => readDetailedSnapshots(line, { withNotes: false }), UnreadableOutput);
});

test('properties are read as they were printed, with every character that a value may have', () => {
  const names = ['recordsize', 'user:note', 'org.example:x-y_z'];
  const value = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => {
    return findPropertyValueFault(text) === undefined && !/[\p{Cc}\p{Cf}]/u.test(text);
  });
  const row = fc.tuple(datasetName, fc.constantFrom(...names), value);
  const rows = fc.uniqueArray(row, { maxLength: 5, selector: ([dataset, name]) => `${dataset}\t${name}` });
  fc.assert(
    fc.property(rows, (list) => {
      const read = parseProperties(list.map((fields) => `${fields.join('\t')}\n`).join(''), names);
      const flat = [...read].flatMap(([dataset, own]) => own.map((each) => [dataset, each.name, each.value]));
      assert.deepEqual(
        new Set(flat.map((each) => each.join('\t'))),
        new Set(list.map((each) => each.join('\t'))),
      );
      assert.equal(flat.length, list.length);
    }),
    runs(500),
  );
});

test('a list of properties is read, or refused, whatever it is', () => {
  const valid = fc
    .array(
      fc.tuple(datasetName, fc.constantFrom('user:note', 'atime'), fc.constantFrom('on', 'a b', '\u00E9')),
    )
    .map((rows) => rows.map((fields) => `${fields.join('\t')}\n`).join(''));
  fc.assert(
    fc.property(fc.oneof(hostileText, damaged(valid)), (text) => {
      const read = readOrRefuse(() => parseProperties(text, ['user:note', 'atime']), isUnreadable);
      for (const own of read?.values() ?? []) {
        assert.equal(new Set(own.map(({ name }) => name)).size, own.length);
        for (const { name, value } of own) {
          assert.ok(name === 'user:note' || name === 'atime');
          assert.equal(findPropertyValueFault(value), undefined);
        }
      }
    }),
    runs(2000),
  );
});

/** What `zfs send -nvP -t TOKEN` prints on OpenZFS 2.3.2. */
const tokenText = fc
  .tuple(snapshotFullName, guid, fc.option(guid))
  .map(
    ([toName, toGuid, fromGuid]) =>
      `resume token contents:\nnvlist version: 0\n${fromGuid === null ? '' : `\tfromguid = 0x${fromGuid.toString(16)}\n`}` +
      `\tobject = 0x80\n\toffset = 0x1c40000\n\tbytes = 0x1cb4d30\n\ttoguid = 0x${toGuid.toString(16)}\n` +
      `\ttoname = ${toName}\nfull\t${toName}\t1234\nsize\t1234\n`,
  );

test('a resume token is read as zfs tells it', () => {
  fc.assert(
    fc.property(
      ...[snapshotFullName, guid, fc.option(guid, { nil: undefined }), fc.boolean()],
      (toName, toGuid, fromGuid, isRaw) => {
        const from = fromGuid === undefined ? '' : `\tfromguid = 0x${fromGuid.toString(16)}\n`;
        const raw = isRaw ? '\tcompressok = 1\n\trawok = 1\n' : '';
        const text = `resume token contents:\nnvlist version: 0\n${from}\ttoguid = 0x${toGuid.toString(16)}\n\ttoname = ${toName}\n${raw}`;
        assert.deepEqual(parseResumeToken(text), { toName, toGuid, fromGuid, isRaw });
      },
    ),
    runs(300),
  );
});

test('a resume token is read, or not, whatever zfs says of it; a name in it is one that ZFS takes', () => {
  fc.assert(
    fc.property(fc.oneof(hostileText, damaged(tokenText)), (text) => {
      const content = parseResumeToken(text);
      if (content === undefined) return;
      assert.ok(isSnapshotName(content.toName));
      assert.ok(content.toGuid < 2n ** 64n && (content.fromGuid ?? 0n) < 2n ** 64n);
    }),
    runs(2000),
  );
});

test('estimates and progress are read as zfs prints them', () => {
  fc.assert(
    fc.property(size, snapshotFullName, (bytes, name) => {
      assert.equal(parseEstimate(`full\t${name}\t${bytes}\nsize\t${bytes}\n`), bytes);
      assert.deepEqual(readSendLine(`13:00:51\t${bytes}\t${name}`), { kind: 'sent', bytes, to: name });
    }),
    runs(300),
  );
});

test('a number of bytes is finite, whatever zfs says of its progress', () => {
  const lines = fc.tuple(fc.nat(), snapshotFullName).map(([bytes, name]) => `13:00:51\t${bytes}\t${name}`);
  const received = fc.constant('received 66.6K stream in 0.39 seconds (171K/sec)');
  const sizeLine = fc.nat().map((bytes) => `size\t${bytes}`);
  fc.assert(
    fc.property(fc.oneof(hostileText, damaged(fc.oneof(lines, received, sizeLine))), (text) => {
      assert.ok(Number.isFinite(parseEstimate(text) ?? 0));
      const reader = new ReceivedReader();
      for (const line of text.split('\n')) {
        const said = readSendLine(line);
        if (said.kind === 'sent') assert.ok(Number.isFinite(said.bytes));
        assert.ok(Number.isFinite(reader.read(line)?.bytes ?? 0));
      }
    }),
    runs(2000),
  );
});

test('what has arrived is told by name, also where names have the words of zfs in them', () => {
  const name = fc.oneof(namePart, fc.constantFrom('a into b', 'x already exists; ignoring'.replace(';', '')));
  fc.assert(
    fc.property(datasetName, datasetName, name, (from, to, snapshot) => {
      const reader = new ReceivedReader();
      assert.equal(
        reader.read(`receiving full stream of ${from}@${snapshot} into ${to}@${snapshot}`),
        undefined,
      );
      assert.deepEqual(reader.read('received 312B stream in 1 seconds (312B/sec)'), {
        name: snapshot,
        bytes: 312,
      });
      assert.deepEqual(reader.read(`snap ${to}@${snapshot} already exists; ignoring`), {
        name: snapshot,
        bytes: undefined,
      });
    }),
    runs(300),
  );
});

test('holds are read as they were printed', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(snapshotFullName, fc.nat(100)), { maxLength: 5 }), (rows) => {
      const text = rows.map(([name, holds]) => `${name}\t${holds}\n`).join('');
      assert.deepEqual(parseHolds(text), rows);
    }),
    runs(500),
  );
});

test('what is taken for a list of holds has names that ZFS takes, and numbers', () => {
  const text = fc
    .array(snapshotFullName, { minLength: 1, maxLength: 4 })
    .map((names) => `${names.join('\t2\n')}\t0\n`);
  fc.assert(
    fc.property(fc.oneof(hostileText, damaged(text)), (output) => {
      const holds = readOrRefuse(() => parseHolds(output), isUnreadable) ?? [];
      for (const [name, count] of holds) {
        assert.ok(isSnapshotName(name));
        assert.ok(Number.isFinite(count));
      }
    }),
    runs(1500),
  );
});

test('what a destruction frees is read as it was printed, and nothing else is taken for it', () => {
  const names = fc.array(snapshotFullName, { maxLength: 4 });
  const text = fc
    .tuple(names, size)
    .map(([list, bytes]) => `${list.map((name) => `destroy\t${name}\n`).join('')}reclaim\t${bytes}\n`);
  fc.assert(
    fc.property(text, (output) => {
      assert.equal(parseReclaim(output), Number(/reclaim\t(.*)\n$/.exec(output)?.[1]));
    }),
    runs(500),
  );
  fc.assert(
    fc.property(fc.oneof(hostileText, damaged(text)), (output) => {
      const bytes = readOrRefuse(() => parseReclaim(output), isUnreadable);
      if (bytes === undefined) return;
      assert.ok(Number.isFinite(bytes));
      assert.match(output, /^(\n|destroy\t.*\n)*reclaim\t[0-9]+\n*$/);
    }),
    runs(1500),
  );
});

/** A path as zfs writes it: what isn't printable, spaces and backslashes as a backslash and four octal digits. */
function escapePath(path: string): string {
  return Array.from(Buffer.from(path), (byte) =>
    byte > 0x20 && byte < 0x7f && byte !== 0x5c
      ? String.fromCharCode(byte)
      : `\\${byte.toString(8).padStart(4, '0')}`,
  ).join('');
}

/** The name of a file: any bytes but / and NUL; here, of Unicode without halves of characters. */
const fileName = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
  .filter((name) => !/[/\0\p{Cs}]/u.test(name));

const filePath = fc.array(fileName, { maxLength: 4 }).map((parts) => `/${parts.join('/')}`);

const kindLetters = { added: '+', removed: '-', modified: 'M' } as const;

test('every path that changed is read as it is, whatever it is called and wherever it is mounted', () => {
  const root = filePath.filter((path) => path !== '/');
  const kind = fc.constantFrom('added', 'removed', 'modified');
  fc.assert(
    fc.property(root, filePath, filePath, kind, (place, path, newPath, known) => {
      const reader = new DiffReader(place);
      const [from, to] = [escapePath(place + path), escapePath(place + newPath)];
      assert.deepEqual(reader.read(`${kindLetters[known]}\tF\t${from}`), {
        ...{ kind: known, type: 'file', path, newPath: undefined },
      });
      assert.deepEqual(reader.read(`R\t/\t${from}\t${to}`), {
        ...{ kind: 'renamed', type: 'directory', path, newPath },
      });
    }),
    runs(1000),
  );
});

test('a line of a diff is read, or refused, whatever it is, and begins at the root', () => {
  const line = fc
    .tuple(fc.constantFrom('M', '+', '-', 'R'), filePath, filePath)
    .map(([letter, from, to]) =>
      [letter, 'F', escapePath(`/r${from}`), ...(letter === 'R' ? [escapePath(`/r${to}`)] : [])].join('\t'),
    );
  const reader = new DiffReader('/r');
  fc.assert(
    fc.property(fc.oneof(hostileText, damaged(line)), (text) => {
      const change = readOrRefuse(() => reader.read(text), isUnreadable);
      if (change === undefined) return;
      assert.ok(change.path.startsWith('/'));
      assert.equal(change.newPath !== undefined, change.kind === 'renamed');
    }),
    runs(3000),
  );
});

test('mounts and sizes are read, or not, whatever they are', () => {
  const valid = fc.tuple(datasetName, filePath).map(([name, place]) => `${name} ${place} zfs rw 0 0\n`);
  fc.assert(
    fc.property(fc.oneof(hostileText, damaged(valid)), (text) => {
      parseMounts(text);
      assert.ok(Number.isFinite(parseWrittenBetween(text) ?? 0));
    }),
    runs(1000),
  );
});
