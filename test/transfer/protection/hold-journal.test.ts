import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { HoldJournal } from '../../../src/transfer/protection/hold-journal.js';

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'zfs-vm-journal-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

/** The id of a process that has ended. */
function deadPid(): number {
  return spawnSync('true').pid;
}

const holds = {
  host: 'fjoe@b',
  zfs: ['sudo', '-n', 'zfs'],
  tag: 'zfs-vm:1-a',
  snapshots: ['tank/vm@zfs-vm:web:1'],
  isTaken: true,
};

test('what a run that died has left is found by the next', async (t) => {
  const journal = new HoldJournal({ XDG_STATE_HOME: await makeFolder(t) });
  const left = { ...holds, pid: deadPid() };
  assert.ok(await journal.write(left));
  assert.deepEqual(await journal.findLeft(), [{ ...left, isSettled: true }]);
  await journal.remove(left.tag);
  assert.deepEqual(await journal.findLeft(), []);
});

test('holds that may still be taken are not settled before an hour has passed', async (t) => {
  const folder = await makeFolder(t);
  const journal = new HoldJournal({ XDG_STATE_HOME: folder });
  await journal.write({ ...holds, pid: deadPid(), isTaken: false });
  const isSettled = async (): Promise<boolean[]> => (await journal.findLeft()).map((left) => left.isSettled);
  assert.deepEqual(await isSettled(), [false]);
  const path = join(folder, 'zfs-vm', 'holds', 'zfs-vm-1-a.json');
  const written = JSON.parse(await readFile(path, 'utf8')) as { readonly writtenAtMs: number };
  const writtenAtMs = written.writtenAtMs - 3_700_000;
  await writeFile(path, JSON.stringify({ ...written, writtenAtMs }));
  assert.deepEqual(await isSettled(), [true]);
});

test('a state folder that is named by no absolute path does not count', async (t) => {
  const home = await makeFolder(t);
  for (const state of ['', 'state']) {
    const journal = new HoldJournal({ XDG_STATE_HOME: state, HOME: home });
    await journal.write({ ...holds, pid: deadPid() });
    assert.equal((await new HoldJournal({ HOME: home }).findLeft()).length, 1);
    await journal.remove(holds.tag);
  }
});

test('what a running one holds is left to it', async (t) => {
  const journal = new HoldJournal({ XDG_STATE_HOME: await makeFolder(t) });
  await journal.write({ ...holds, pid: process.pid });
  assert.deepEqual(await journal.findLeft(), []);
  await journal.write({ ...holds, pid: process.ppid });
  assert.deepEqual(await journal.findLeft(), []);
});

test('what could not be released is left to the next attempt of the same process, too', async (t) => {
  const journal = new HoldJournal({ XDG_STATE_HOME: await makeFolder(t) });
  const own = { ...holds, pid: process.pid };
  await journal.write(own);
  journal.leave(own.tag);
  assert.deepEqual(await journal.findLeft(), [{ ...own, isSettled: true }]);
});

test('where nothing can be written down, that is told, and what makes no sense is passed over', async (t) => {
  const folder = await makeFolder(t);
  await writeFile(join(folder, 'file'), '');
  assert.equal(
    await new HoldJournal({ XDG_STATE_HOME: join(folder, 'file') }).write({ ...holds, pid: 1 }),
    false,
  );
  const journal = new HoldJournal({ XDG_STATE_HOME: folder });
  await journal.write({ ...holds, pid: deadPid() });
  const nonsense = [
    '{"host":"fjoe@b"',
    'null',
    JSON.stringify({ ...holds, pid: 1e9, zfs: 5 }),
    JSON.stringify({ ...holds, pid: 1e9, snapshots: [1] }),
    JSON.stringify({ ...holds, pid: 'x' }),
  ];
  for (const [index, text] of nonsense.entries()) {
    await writeFile(join(folder, `zfs-vm/holds/other${index}.json`), text);
  }
  assert.equal((await journal.findLeft()).length, 1);
});

test('a number that another process has since the machine was started again is no sign of life', async (t) => {
  const folder = await makeFolder(t);
  const journal = new HoldJournal({ XDG_STATE_HOME: folder });
  await journal.write({ ...holds, pid: process.pid });
  const path = join(folder, 'zfs-vm/holds/zfs-vm-1-a.json');
  const record = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, JSON.stringify({ ...record, bootId: 'another' }));
  assert.deepEqual(await journal.findLeft(), [{ ...holds, pid: process.pid, isSettled: true }]);
});

test('what another machine has written down in the same folder is left to that', async (t) => {
  const folder = await makeFolder(t);
  const journal = new HoldJournal({ XDG_STATE_HOME: folder });
  await journal.write({ ...holds, pid: deadPid() });
  const path = join(folder, 'zfs-vm/holds/zfs-vm-1-a.json');
  const record = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, JSON.stringify({ ...record, machine: 'another' }));
  assert.deepEqual(await journal.findLeft(), []);
});

test('a record takes the place of one with its tag, and one that was not written to its end is passed over', async (t) => {
  const folder = await makeFolder(t);
  const journal = new HoldJournal({ XDG_STATE_HOME: folder });
  await journal.write({ ...holds, pid: deadPid() });
  const more = { ...holds, snapshots: [...holds.snapshots, 'tank/vm@zfs-vm:web:2'], pid: deadPid() };
  await journal.write(more);
  await writeFile(join(folder, 'zfs-vm/holds/zfs-vm-1-a.json.new'), JSON.stringify(holds).slice(0, 20));
  assert.deepEqual(await journal.findLeft(), [{ ...more, isSettled: true }]);
});
