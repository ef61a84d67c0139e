import assert from 'node:assert/strict';
import { appendFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { RunEnd, RunLine } from '../../src/base/run-record.js';
import { RunJournalFiles } from '../../src/host/run-journal.js';

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'zfs-vm-log-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

const end: RunEnd = {
  ...{ seconds: 1.5, exitCode: 0, error: undefined, did: [], made: ['web:1'], destroyed: 2 },
  receivers: [{ host: 'b', versions: 1, bytes: 10, conflicts: 0, error: undefined }],
};

async function begin(journal: RunJournalFiles, id: string): Promise<RunLine> {
  return {
    ...{ kind: 'begin', id, startedAt: '2026-01-31T12:00:00.000Z', command: 'push', words: ['push', 'b'] },
    ...{ hosts: ['b'], ...(await journal.identify()) },
  };
}

test('runs are read as they were written down, in order, and those that go on are running', async (t) => {
  const journal = new RunJournalFiles({ XDG_STATE_HOME: await makeFolder(t) });
  assert.deepEqual(await journal.read(), []);
  await journal.write(await begin(journal, 'one'));
  await journal.write({ kind: 'end', id: 'one', ...end });
  await journal.write(await begin(journal, 'two'));
  const [one, two, ...others] = await journal.read();
  assert.deepEqual(others, []);
  assert.deepEqual([one?.command, one?.hosts, one?.isRunning], ['push', ['b'], false]);
  assert.deepEqual({ kind: 'end', id: 'one', ...end }, one?.end);
  assert.deepEqual([two?.end, two?.isRunning], [undefined, true]);
});

test('a run of an earlier start of the machine, or whose process is gone, is not running', async (t) => {
  const journal = new RunJournalFiles({ XDG_STATE_HOME: await makeFolder(t) });
  const line = await begin(journal, 'one');
  assert.ok(line.kind === 'begin');
  await journal.write({ ...line, bootId: 'an earlier one' });
  // Linux numbers its processes up to four million.
  await journal.write({ ...line, id: 'two', pid: 4_999_999 });
  assert.deepEqual(
    (await journal.read()).map(({ isRunning }) => isRunning),
    [false, false],
  );
});

test('what was cut off, or says something else, is passed over', async (t) => {
  const folder = await makeFolder(t);
  const journal = new RunJournalFiles({ XDG_STATE_HOME: folder });
  await journal.write(await begin(journal, 'one'));
  const path = join(folder, 'zfs-vm', 'log', 'runs.jsonl');
  await appendFile(path, '{"kind":"end","id":"one","sec\n{}\nnull\n{"kind":"begin","id":"x","pid":"1"}\n');
  await journal.write(await begin(journal, 'two'));
  assert.equal((await journal.read()).length, 2);
  assert.equal((await stat(path)).mode & 0o077, 0);
});

test('a full file becomes the older one, and what was older is forgotten', async (t) => {
  const folder = await makeFolder(t);
  const journal = new RunJournalFiles({ XDG_STATE_HOME: folder });
  const log = join(folder, 'zfs-vm', 'log');
  await mkdir(log, { recursive: true });
  const [newer, older] = [join(log, 'runs.jsonl'), join(log, 'runs.1.jsonl')];
  await writeFile(older, 'forgotten\n');
  await writeFile(newer, `${'x'.repeat(2 ** 20)}\n`);
  await Promise.all(['one', 'two', 'three'].map(async (id) => journal.write(await begin(journal, id))));
  assert.ok((await readFile(older, 'utf8')).startsWith('xxx'));
  assert.equal((await journal.read()).length, 3);
  assert.ok((await stat(newer)).size < 4096);
});

test('a log that can not be written is no reason to fail', async (t) => {
  const folder = await makeFolder(t);
  await writeFile(join(folder, 'zfs-vm'), '');
  const journal = new RunJournalFiles({ XDG_STATE_HOME: folder });
  await journal.write(await begin(journal, 'one'));
  assert.deepEqual(await journal.read(), []);
});
