import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseDatasets, parseHolds, parseSnapshots } from '../../src/zfs/list.js';
import { UnreadableOutput } from '../../src/zfs/list-fields.js';
import { readDetailedSnapshots } from './detailed-snapshots.js';

// zfs list -Hp -t filesystem,volume -o name,type,origin,written,creation,encryption,prevsnap,receive_resume_token,guid,encryptionroot,keystatus,zfs-vm:role,zfs-vm:role   (OpenZFS 2.3.2)
const role = 'copy source=11 pool=12 self=7';
const datasetLines = [
  'tank\tfilesystem\t-\t0\t1795249568\toff\t-\t-\t18446744073709551615\t-\t-\t-\t-',
  'tank/my vm\tfilesystem\t-\t14336\t1795249568\toff\ttank/my vm@zfs-vm:web:2\t-\t7\t-\t-\t' +
    `${role}\t${role}`,
  'tank/my vm/below\tfilesystem\t-\t0\t1795249568\toff\t-\t-\t8\t-\t-\t' + `${role}\t${role}`,
  'tank/clone\tfilesystem\ttank/my vm@zfs-vm:web:1\t0\t1795249568\toff\ttank/my vm@zfs-vm:web:1\t-\t9\t-\t-\t-\t-',
  'tank/disk0\tvolume\t-\t0\t1795249568\taes-256-gcm\t-\t-\t10\ttank/disk0\tunavailable\t-\t-',
  'tank/part\tfilesystem\t-\t0\t1795249568\toff\t-\t1-cdb1a3cd1-e8-789c636064\t11\t-\t-\t-\t-',
  '',
].join('\n');

test('datasets are read with their origin, encryption, newest snapshot, resume token and role', () => {
  const [pool, vm, below, clone, disk, part] = parseDatasets(datasetLines);
  assert.deepEqual(pool, {
    name: 'tank',
    type: 'filesystem',
    origin: undefined,
    encrypted: false,
    writtenBytes: 0,
    madeAtSeconds: 1795249568,
    newestSnapshot: undefined,
    resumeToken: undefined,
    guid: 18446744073709551615n,
    encryptionRoot: undefined,
    keyStatus: undefined,
    role: undefined,
    isGround: false,
  });
  assert.equal(vm?.newestSnapshot, 'zfs-vm:web:2');
  assert.deepEqual(vm.role, { kind: 'copy', sources: [{ guid: 11n, poolGuid: 12n }] });
  assert.equal(below?.role, undefined);
  assert.equal(clone?.origin, 'tank/my vm@zfs-vm:web:1');
  assert.equal(clone.newestSnapshot, undefined);
  assert.equal(disk?.type, 'volume');
  assert.equal(disk.encrypted, true);
  assert.deepEqual([disk.encryptionRoot, disk.keyStatus], ['tank/disk0', 'unavailable']);
  assert.equal(part?.resumeToken, '1-cdb1a3cd1-e8-789c636064');
});

test('a list without what people have written tells nothing of roles', () => {
  const plain = datasetLines.replace(/^((?:[^\t\n]*\t){7}[^\t\n]*).*$/gm, '$1');
  const [, vm] = parseDatasets(plain);
  assert.equal(vm?.newestSnapshot, 'zfs-vm:web:2');
  assert.deepEqual([vm.guid, vm.role], [undefined, undefined]);
});

test('a role with a line end in it passes for no line of the list', () => {
  const value = `x\ntank/vm\tfilesystem\t-\t0\t1\toff\t-\t-\t7\t-\t-\t${role}\t${role}`;
  const lines = `tank\tfilesystem\t-\t0\t1\toff\t-\t-\t5\t-\t-\t${value}\t${value}\n`;
  assert.throws(() => parseDatasets(lines), UnreadableOutput);
});

test('GUIDs keep all their 64 bits', () => {
  const [snapshot] = parseSnapshots('tank/my vm@zfs-vm:a b:1\t18446744073709551615\t42\n');
  assert.deepEqual(snapshot, {
    kind: 'snapshot',
    dataset: 'tank/my vm',
    name: 'zfs-vm:a b:1',
    guid: 18446744073709551615n,
    createtxg: 42,
  });
});

// zfs list -Hp -t snapshot -s name -o name,guid,createtxg,creation,referenced,zfs-vm:note,zfs-vm:note   (OpenZFS 2.3.2)
const detailedLines = [
  'tank/v@plain\t1\t2\t1795249568\t5268480\t-\t-',
  `tank/v@zfs-vm:web:1\t12765668161684345714\t10\t1795312767\t24576\thello $x "q" it's \\n \u00E9 \u{1F601}\thello $x "q" it's \\n \u00E9 \u{1F601}`,
  '',
].join('\n');

test('a detailed list has age, size and note as well', () => {
  const [plain, noted] = readDetailedSnapshots(detailedLines, { withNotes: true });
  assert.equal(plain?.createdAtSeconds, 1795249568);
  assert.equal(plain.referencedBytes, 5268480);
  assert.equal(plain.note, undefined);
  assert.equal(noted?.note, `hello $x "q" it's \\n \u00E9 \u{1F601}`);
});

test('a list that was asked for without notes has none', () => {
  const [snapshot] = readDetailedSnapshots('tank@a\t1\t2\t1795249568\t5268480\n', { withNotes: false });
  assert.equal(snapshot?.note, undefined);
  assert.throws(() => readDetailedSnapshots(detailedLines, { withNotes: false }), UnreadableOutput);
});

test('a bookmark in a detailed list may not know its size', () => {
  const rows = readDetailedSnapshots('tank#a\t1\t2\t1795249568\t-\ntank#b\t1\t2\t1795249568\t5\n', {
    withNotes: false,
  });
  assert.deepEqual(
    rows.map(({ kind, referencedBytes }) => [kind, referencedBytes]),
    [
      ['bookmark', 0],
      ['bookmark', 5],
    ],
  );
  assert.throws(
    () => readDetailedSnapshots('tank@a\t1\t2\t1795249568\t-\n', { withNotes: false }),
    UnreadableOutput,
  );
});

// zfs list -Hp -t snapshot -o name,userrefs tank@a tank@b   (OpenZFS 2.3.2)
test('holds are read by the full names', () => {
  const holds = parseHolds('tank@a\t0\ntank/my vm@zfs-vm:web:1\t2\n');
  assert.deepEqual(
    [...holds],
    [
      ['tank@a', 0],
      ['tank/my vm@zfs-vm:web:1', 2],
    ],
  );
  for (const line of ['tank@a', 'tank@a\t-', 'tank\t1', 'tank@a\t1\t1', 'tank#a\t1']) {
    assert.throws(() => parseHolds(line), UnreadableOutput, line);
  }
});

test('no output is no rows', () => {
  assert.deepEqual(parseDatasets(''), []);
  assert.deepEqual([...parseSnapshots('')], []);
});

test('a line that is no dataset or snapshot is refused', () => {
  for (const line of [
    'hello',
    'tank\tbookmark\t-\t0\t1795249568\toff\t-',
    'tank\tfilesystem\t-',
    'tank\tfilesystem\t-\tnone\t1795249568',
  ]) {
    assert.throws(() => parseDatasets(line), UnreadableOutput, line);
  }
  for (const line of ['tank\t1\t2', 'tank@a\t-\t2', 'tank@a\t1', 'tank@a\t0x1\t2']) {
    assert.throws(() => [...parseSnapshots(line)], UnreadableOutput, line);
  }
});

test('a zfs without the newer columns is read too', () => {
  const [dataset] = parseDatasets('tank\tvolume\t-\t0\t1795249568\n');
  assert.equal(dataset?.encrypted, false);
  assert.equal(dataset.resumeToken, undefined);
});

test('bookmarks are told from snapshots', () => {
  const [bookmark, snapshot] = parseSnapshots('tank#zfs-vm:web:1\t7\t1\ntank@zfs-vm:web:1\t7\t1\n');
  assert.equal(bookmark?.kind, 'bookmark');
  assert.equal(snapshot?.kind, 'snapshot');
});

test('whatever a list holds, every row is read back as it was written', () => {
  const names = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.: -]{0,4}$/);
  const rows = fc.array(
    fc.record(
      {
        kind: fc.constantFrom<'snapshot' | 'bookmark'>('snapshot', 'bookmark'),
        dataset: fc.array(names, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
        name: names,
        guid: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        createtxg: fc.nat(),
      },
      { noNullPrototype: true },
    ),
  );
  fc.assert(
    fc.property(rows, (list) => {
      const lines = list.map(
        ({ kind, dataset, name, guid, createtxg }) =>
          `${dataset}${kind === 'snapshot' ? '@' : '#'}${name}\t${guid}\t${createtxg}\n`,
      );
      assert.deepEqual([...parseSnapshots(lines.join(''))], list);
    }),
  );
});

test('what is no list is refused, or read as nothing', () => {
  const pieces = fc.constantFrom('tank', '@', '#', '\t', '\n', '1', '23', 'x', '-', ' ');
  fc.assert(
    fc.property(fc.array(pieces), (list) => {
      const text = list.join('');
      const isList = text
        .split('\n')
        .every((line) => line === '' || /^[^@#\t]+[@#][^@#\t]+\t[0-9]{1,20}\t[0-9]{1,15}(\t.*)?$/.test(line));
      if (isList) {
        assert.equal([...parseSnapshots(text)].length, text.split('\n').filter((line) => line !== '').length);
      } else {
        assert.throws(() => [...parseSnapshots(text)], UnreadableOutput);
      }
    }),
    { numRuns: 2000 },
  );
});
