import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { ZfsVmError } from '../../src/base/errors.js';
import { LocalHost } from '../../src/host/local-host.js';
import type { HowFarQuestion } from '../../src/probe/read-how-far.js';
import { readHowFar } from '../../src/probe/read-how-far.js';
import { fullNameOf } from '../../src/streamline/dataset.js';

/** What it is asked besides, and what a host says: snapshots with their GUIDs, and datasets with the newest snapshot of each. */
interface Answers {
  /** What is expected to be asked for; all that is when left out. */
  readonly expected?: readonly string[];
  /** What else to ask about those that lag. */
  readonly earlier?: readonly string[];
  readonly snapshots?: Readonly<Record<string, bigint>>;
  readonly datasets?: Readonly<Record<string, string | undefined>>;
  /** What zfs is made of instead. */
  readonly zfs?: string;
}

interface Told {
  readonly found: string[];
  /** The datasets that are not in step, with their newest snapshots; undefined when all are. */
  readonly datasets: (readonly [string, string | undefined])[] | undefined;
  readonly isWhole: boolean | undefined;
}

/** Asks a host whose zfs is a shell script, in whose tables each line ends with `;`. */
async function ask(
  newest: Readonly<Record<string, bigint>>,
  following: readonly string[],
  { expected, earlier = [], snapshots = {}, datasets = {}, zfs: script }: Answers,
): Promise<Told> {
  const points = Object.entries(snapshots).map(([name, guid]) => `${name}\t${guid}\t7;`);
  const rows = Object.entries(datasets).map(
    ([name, last]) =>
      `${name}\tvolume\t-\t0\t1795249568\toff\t${last === undefined ? '-' : `${name}@${last}`}\t-;`,
  );
  const zfs = `
    points='${points.join('')}'; rows='${rows.join('')}'; status=0
    case "$*" in *prevsnap*) table=$rows ;; *) table=$points ;; esac
    shift 6
    [ $# -gt 0 ] || { printf '%s' "$table" | tr ';' '\\n'; exit; }
    for name; do printf '%s' "$table" | tr ';' '\\n' | grep "^$name	" || status=1; done
    exit $status`;
  const endpoint = { host: new LocalHost(), zfs: ['sh', '-c', script ?? zfs, 'zfs'] };
  const named = [...Object.keys(newest), ...following];
  const late = expected === undefined ? [] : named.filter((name) => !expected.includes(name));
  const question = { late, newest: new Map(Object.entries(newest)), following, earlier };
  const { found, outOfStep } = await readHowFar(endpoint, expected ?? named, Promise.resolve(question));
  return {
    found: found.map((row) => `${fullNameOf(row)} ${row.guid}`).sort(),
    datasets: outOfStep?.rows.map(({ name, newestSnapshot }) => [name, newestSnapshot] as const),
    isWhole: outOfStep?.isWhole,
  };
}

test('a host in step tells no more than the snapshots that were asked for', async () => {
  const newest = { 'tank/a@2': 2n, 'tank/my vm@2': 3n };
  assert.deepEqual(await ask(newest, ['tank/a@3', 'tank/my vm@3'], { snapshots: newest }), {
    found: ['tank/a@2 2', 'tank/my vm@2 3'],
    ...{ datasets: undefined, isWhole: undefined },
  });
});

test('a dataset that lags tells what it ends with, and those in step do not', async () => {
  const snapshots = { 'tank/a@1': 1n, 'tank/my vm@2': 3n };
  const datasets = { 'tank/a': '1', 'tank/my vm': '2', tank: undefined };
  assert.deepEqual(await ask({ 'tank/a@2': 2n, 'tank/my vm@2': 3n }, [], { snapshots, datasets }), {
    found: ['tank/a@1 1', 'tank/my vm@2 3'],
    ...{ datasets: [['tank/a', '1']], isWhole: false },
  });
});

test('the versions before are asked for where the newest is missing, and nowhere else', async () => {
  const snapshots = { 'tank/my vm@1': 1n, 'tank/my vm@2': 2n, 'tank/b@2': 3n, 'tank/b@3': 4n };
  const newest = { 'tank/my vm@3': 5n, 'tank/b@3': 4n };
  const earlier = ['tank/my vm@1', 'tank/my vm@2', 'tank/b@1', 'tank/b@2'];
  const told = await ask(newest, [], { earlier, snapshots, datasets: { 'tank/my vm': '1' } });
  assert.deepEqual([...new Set(told.found)], ['tank/b@3 4', 'tank/my vm@1 1', 'tank/my vm@2 2']);
  assert.deepEqual(told.datasets, [['tank/my vm', '1']]);
});

test('of a dataset that lags beside one that is ahead, both are told', async () => {
  const snapshots = { 'tank/a@1': 1n, 'tank/b@2': 2n, 'tank/b@3': 3n };
  const datasets = { 'tank/a': '1', 'tank/b': '3' };
  const told = await ask({ 'tank/a@2': 9n, 'tank/b@2': 2n }, ['tank/a@3', 'tank/b@3'], {
    snapshots,
    datasets,
  });
  assert.deepEqual(told.datasets, [
    ['tank/a', '1'],
    ['tank/b', '3'],
  ]);
});

test('a version that differs in the last bit of its GUID is another one', async () => {
  const newest = { 'tank/a@2': 18446744073709551614n };
  const datasets = { 'tank/a': '2' };
  const told = await ask(newest, [], { snapshots: { 'tank/a@2': 18446744073709551615n }, datasets });
  assert.deepEqual(told.datasets, [['tank/a', '2']]);
  assert.equal((await ask(newest, [], { snapshots: newest, datasets })).datasets, undefined);
});

test('a dataset that is ahead tells what it ends with', async () => {
  const snapshots = { 'tank/a@2': 2n, 'tank/a@3': 3n, 'tank/b@2': 4n };
  const told = await ask({ 'tank/a@2': 2n, 'tank/b@2': 4n }, ['tank/a@3', 'tank/b@3'], {
    snapshots,
    datasets: { 'tank/a': '3' },
  });
  assert.deepEqual(told.datasets, [['tank/a', '3']]);
  assert.ok(told.found.includes('tank/a@3 3'));
});

test('a dataset that ends with nothing is no reason to list all snapshots', async () => {
  const told = await ask({ 'tank/a@2': 2n }, [], {
    snapshots: { 'tank/other@1': 1n },
    datasets: { 'tank/a': undefined },
  });
  assert.deepEqual(told, { found: [], datasets: [['tank/a', undefined]], isWhole: false });
});

test('where one of the datasets is not there, all are listed', async () => {
  const datasets = { tank: undefined, 'tank/a': '1' };
  const told = await ask({ 'tank/a@2': 2n, 'tank/gone@2': 3n }, [], { datasets });
  assert.deepEqual(told, {
    found: [],
    datasets: [
      ['tank', undefined],
      ['tank/a', '1'],
    ],
    isWhole: true,
  });
});

test('a zfs that can not be run is an error in words', async () => {
  const zfs = 'echo "The ZFS modules are not loaded." >&2; exit 1';
  await assert.rejects(
    ask({ 'tank/a@2': 2n }, [], { zfs }),
    (error: unknown) => error instanceof ZfsVmError && /module is not loaded/.test(error.message),
  );
});

test('what was not expected is asked for, too, and what was expected in vain does no harm', async () => {
  const snapshots = { 'tank/a@2': 2n, 'tank/my vm@2': 3n, 'tank/my vm@1': 1n };
  const newest = { 'tank/a@2': 2n, 'tank/my vm@2': 3n };
  for (const expected of [[], ['tank/a@2'], ['tank/my vm@1', 'tank/gone@1']]) {
    const told = await ask(newest, ['tank/my vm@3'], { expected, snapshots });
    assert.deepEqual(
      new Set(told.found),
      new Set([
        'tank/a@2 2',
        'tank/my vm@2 3',
        ...(expected.includes('tank/my vm@1') ? ['tank/my vm@1 1'] : []),
      ]),
    );
    assert.equal(told.datasets, undefined);
  }
});

test('what is expected is asked for before the question is known', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'zfs-vm-how-far-'));
  try {
    const zfs = `printf '%s\\t2\\t7\\n' 'tank/a@2'; echo "$*" >> ${folder}/asked`;
    const endpoint = { host: new LocalHost(), zfs: ['sh', '-c', zfs, 'zfs'] };
    const question = async (): Promise<HowFarQuestion> => {
      // It would wait for ever for zfs if that came after it.
      while (!existsSync(`${folder}/asked`)) await setTimeout(10);
      return { late: [], newest: new Map([['tank/a@2', 2n]]), following: [], earlier: [] };
    };
    const { found, outOfStep } = await readHowFar(endpoint, ['tank/a@2'], question());
    assert.deepEqual([found.map(fullNameOf), outOfStep], [['tank/a@2'], undefined]);
    assert.equal((await readFile(`${folder}/asked`, 'utf8')).trim().split('\n').length, 1);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('if the question is never known, why is what is told, and the host is not waited for', async () => {
  const reason = new ZfsVmError('connection', 'a: the connection is lost');
  const endpoint = { host: new LocalHost(), zfs: ['sh', '-c', 'sleep 600', 'zfs'] };
  await assert.rejects(readHowFar(endpoint, ['tank/a@2'], Promise.reject(reason)), reason);
});

test('a zfs that is killed while it lists what was asked for is an error: the rest would look as if it were not there', async () => {
  const newest = { 'tank/a@2': 2n, 'tank/b@2': 3n };
  const zfs = `case "$*" in *prevsnap*) exit ;; esac; printf 'tank/a@2\\t2\\t7\\n'; kill -9 $$`;
  await assert.rejects(ask(newest, [], { zfs }), { message: /output of zfs list is incomplete$/ });
});
