import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ZfsVmError } from '../../src/base/errors.js';
import { LocalHost } from '../../src/host/local-host.js';
import { readNamedSnapshots } from '../../src/inventory/read-about.js';
import { readInventory } from '../../src/inventory/read-inventory.js';
import { fullNameOf } from '../../src/streamline/dataset.js';

const datasets =
  'tank\\tfilesystem\\t-\\t0\\t1795249568\\toff\\t-\\t-\\ntank/vm\\tvolume\\t-\\t0\\t1795249568\\toff\\t-\\t1-abc-def\\n';
const snapshots =
  'tank/vm@zfs-vm:web:10\\t10\\t200\\ntank/vm@zfs-vm:web:9\\t9\\t100\\ntank/vm@zfs-vm:x\\t1\\t50\\ntank@zfs-vm:x\\t2\\t50\\n';

/** Reads from a zfs that is a shell script: `$kind` is what it is asked to list. */
function readFrom(script: string): ReturnType<typeof readInventory> {
  const zfs = ['sh', '-c', `kind=$4; ${script}`, 'zfs'];
  return readInventory({ host: new LocalHost(), zfs }, { scope: 'all' });
}

const answer = `if [ "$1" = send ]; then printf "resume token contents:\\n\\tfromguid = 0xa\\n\\ttoguid = 0xc7fea552f9aa7baa\\n\\ttoname = tank@x\\n" >&2; exit 255; elif [ "$kind" = snapshot,bookmark ]; then printf '${snapshots}'; else printf '${datasets}'; fi`;

test('both lists are put together, snapshots oldest first', async () => {
  const inventory = await readFrom(answer);
  assert.deepEqual([...inventory.datasets.keys()], ['tank', 'tank/vm']);
  const volume = inventory.datasets.get('tank/vm');
  assert.equal(volume?.type, 'volume');
  assert.deepEqual(volume.snapshots.map(fullNameOf), [
    'tank/vm@zfs-vm:x',
    'tank/vm@zfs-vm:web:9',
    'tank/vm@zfs-vm:web:10',
  ]);
});

test('the datasets are told while the snapshots are still listed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'zfs-vm-inventory-'));
  try {
    // It would wait for ever if the datasets came with the snapshots.
    const wait = `if [ "$4" = snapshot,bookmark ]; then while [ ! -e ${folder}/told ]; do sleep 0.01; done; fi`;
    const zfs = ['sh', '-c', `${wait}; kind=$4; ${answer}`, 'zfs'];
    const told: string[][] = [];
    const { datasets: known } = await readInventory(
      { host: new LocalHost(), zfs },
      {
        scope: 'all',
        onDatasets: (rows) => {
          told.push(rows.map(({ name }) => name));
          writeFileSync(`${folder}/told`, '');
        },
      },
    );
    assert.deepEqual([told, [...known.keys()]], [[['tank', 'tank/vm']], ['tank', 'tank/vm']]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('of datasets that can not be read, nothing is told but the error', async () => {
  const zfs = ['sh', '-c', "printf 'tank\\tmoon\\t-\\t0\\n'", 'zfs'];
  const onDatasets = (): void => assert.fail('it was told of them');
  await assert.rejects(
    readInventory({ host: new LocalHost(), zfs }, { scope: 'all', onDatasets }),
    (error: unknown) => error instanceof ZfsVmError && /unexpected output/.test(error.message),
  );
});

test('a name that only looks like a tag is reported once, with everywhere it is', async () => {
  const { malformedTags } = await readFrom(answer);
  assert.equal(malformedTags.length, 1);
  assert.deepEqual(malformedTags[0]?.datasets, ['tank/vm', 'tank']);
});

test('a failing zfs is an error in words', async () => {
  await assert.rejects(
    readFrom('echo "The ZFS modules are not loaded." >&2; exit 1'),
    (error: unknown) => error instanceof ZfsVmError && /module is not loaded/.test(error.message),
  );
});

test('a sudo that wants a password is told as such, with the way out', async () => {
  await assert.rejects(readFrom('echo "sudo: a password is required" >&2; exit 1'), (error: unknown) => {
    assert.ok(error instanceof ZfsVmError);
    assert.equal(error.kind, 'connection');
    assert.match(error.hint ?? '', /NOPASSWD/);
    return true;
  });
});

test('output that makes no sense is refused, and its terminal escapes are not passed on', async () => {
  await assert.rejects(readFrom("printf '\\033[31mred\\n'"), (error: unknown) => {
    assert.ok(error instanceof ZfsVmError);
    assert.match(error.message, /unexpected output/);
    assert.ok(!error.message.includes('\u001B'));
    return true;
  });
});

test('a zfs that ends well in the middle of a line is refused', async () => {
  await assert.rejects(readFrom("printf 'tank\\tfile'"), ZfsVmError);
});

test('an interrupted receive is read with what it is about, also where zfs can not go on with it', async () => {
  const { datasets: read } = await readFrom(answer);
  assert.deepEqual(read.get('tank/vm')?.partial, {
    token: '1-abc-def',
    content: { toName: 'tank@x', toGuid: 0xc7fea552f9aa7baan, fromGuid: 0xan, isRaw: false },
  });
});

test('a zfs without the newer columns is asked again with fewer', async () => {
  const old = `case "$*" in *encryption*) echo "bad property list" >&2; exit 2;; esac; if [ "$kind" = snapshot,bookmark ]; then exit; else printf 'tank\\tfilesystem\\t-\\t0\\t1795249568\\n'; fi`;
  const { datasets: read } = await readFrom(old);
  assert.deepEqual([...read.keys()], ['tank']);
});

test('a zfs that lacks some column is asked by itself what is encrypted', async () => {
  const list = `if [ "$kind" = snapshot,bookmark ]; then exit; else printf 'tank\\tfilesystem\\t-\\t0\\t1\\ntank/a b\\tvolume\\t-\\t0\\t1\\ntank/c\\tvolume\\t-\\t0\\t1\\n'; fi`;
  const lacking = (get: string): string =>
    `case "$*" in *prevsnap*) echo "bad property list" >&2; exit 2;; "get "*encryption*) ${get};; *) ${list};; esac`;
  const told = `printf 'tank\\tencryption\\toff\\ntank/a b\\tencryption\\taes-256-gcm\\n'`;
  const { datasets: read } = await readFrom(lacking(told));
  assert.deepEqual(
    [...read.values()].map(({ encrypted }) => encrypted),
    // Of the last one nothing was told.
    [false, true, true],
  );
  await assert.rejects(
    readFrom(lacking('echo "out of memory" >&2; exit 1')),
    (error: unknown) =>
      error instanceof ZfsVmError && /out of memory/.test([error.message, ...error.details].join()),
  );
});

test('a zfs that was killed is not taken for an old one: what is encrypted would look as if it were not', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'zfs-vm-killed-'));
  t.after(() => rm(folder, { recursive: true }));
  const killedOnce = `if [ "$kind" = snapshot,bookmark ]; then exit; fi
    if ! [ -e ${folder}/killed ]; then echo > ${folder}/killed; kill -9 $$; fi
    case "$6" in *encryption*) more='\taes-256-gcm\t-\t-';; esac; printf "tank\tfilesystem\t-\t0\t1795249568$more\n"`;
  const { datasets: read } = await readFrom(killedOnce);
  assert.equal(read.get('tank')?.encrypted, true);
});

/** Lists as zfs prints them, in the order of full names: what lies below a dataset stands between its bookmarks and its snapshots. */
const mixedDatasets = ['tank', 'tank/a', 'tank/a/x', 'tank/b', 'tank/c'];
const mixedPoints = [
  'tank/a#keep',
  'tank/a/x@s',
  'tank/a@s',
  'tank/a@zfs-vm:a:1',
  'tank/b@base',
  'tank/b@other',
];

function readMixed(scope: 'tagged' | 'all', status = 0): ReturnType<typeof readInventory> {
  const datasetLines = mixedDatasets.map(
    (name) => `${name}\tfilesystem\t${name === 'tank/c' ? 'tank/b@base' : '-'}\t0\t1795249568\toff\t-\t-`,
  );
  const pointLines = mixedPoints.map((name, index) => `${name}\t${index + 1}\t${index + 1}`);
  const script = `if [ "$4" = snapshot,bookmark ]; then printf '${pointLines.join('\\n')}\\n'; exit ${status}; else printf '${datasetLines.join('\\n')}\\n'; fi`;
  return readInventory({ host: new LocalHost(), zfs: ['sh', '-c', script, 'zfs'] }, { scope });
}

test('what matters is let through: datasets with versions, whole, and origins', async () => {
  const { datasets: read } = await readMixed('tagged');
  assert.deepEqual([...read.keys()], mixedDatasets);
  const names = [...read.values()].flatMap(({ snapshots: own, bookmarks }) =>
    [...bookmarks, ...own].map(fullNameOf),
  );
  assert.deepEqual(names, ['tank/a#keep', 'tank/a@s', 'tank/a@zfs-vm:a:1', 'tank/b@base', 'tank/b@other']);
});

test('of a receiver, everything may matter', async () => {
  const { datasets: read } = await readMixed('all');
  assert.equal(read.get('tank/a/x')?.snapshots.length, 1);
});

test('a list that fails behind the filter is an error all the same', async () => {
  await assert.rejects(readMixed('tagged', 3), ZfsVmError);
});

test('snapshots that are asked for by name may be missing', async () => {
  const script = `printf '%s\\n' "$@" >&2; printf 'tank/my vm@a\\t1\\t2\\n'; exit 1`;
  const endpoint = { host: new LocalHost(), zfs: ['sh', '-c', script, 'zfs'] };
  const rows = await readNamedSnapshots(endpoint, ['tank/my vm@a', 'tank/gone@a']);
  assert.deepEqual(
    rows.map(({ dataset }) => dataset),
    ['tank/my vm'],
  );
  const broken = { host: new LocalHost(), zfs: ['no-such-program'] };
  await assert.rejects(readNamedSnapshots(broken, ['tank@a']), ZfsVmError);
});

test('properties are read when they are asked for, and only then', async () => {
  const zfs = (script: string): string[] => ['sh', '-c', `kind=$4; ${script}`, 'zfs'];
  const withProperties = `case "$1" in get) printf 'tank\\trecordsize\\t4096\\n'; exit;; esac; ${answer}`;
  const host = new LocalHost();
  const read = async (properties?: string[]): ReturnType<typeof readInventory> =>
    readInventory({ host, zfs: zfs(withProperties) }, { scope: 'all', ...(properties && { properties }) });
  assert.equal((await read()).properties.size, 0);
  assert.deepEqual((await read(['recordsize'])).properties.get('tank'), [
    { name: 'recordsize', value: '4096' },
  ]);
});

test('a property that zfs does not know is told in its words, without the list of all that it knows', async () => {
  const script = `case "$1" in get) echo "bad property list: invalid property 'x'" >&2; echo usage: lots >&2; exit 2;; esac; ${answer}`;
  const zfs = ['sh', '-c', `kind=$4; ${script}`, 'zfs'];
  await assert.rejects(
    readInventory({ host: new LocalHost(), zfs }, { scope: 'all', properties: ['x'] }),
    (error: unknown) =>
      error instanceof ZfsVmError &&
      /invalid property 'x'/.test(error.message) &&
      !/usage/.test(error.message),
  );
});
