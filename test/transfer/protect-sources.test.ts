import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { LocalHost } from '../../src/host/local-host.js';
import { HoldJournal } from '../../src/transfer/hold-journal.js';
import { whileHeld } from '../../src/transfer/protect-sources.js';

/** A folder that is the state folder of a test, and where its zfs notes what it was asked, after a while. */
async function useStateFolder(t: TestContext, zfsSeconds = 0): Promise<{ asked: string; zfs: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'zfs-vm-holds-'));
  const before = process.env['XDG_STATE_HOME'];
  process.env['XDG_STATE_HOME'] = folder;
  t.after(async () => {
    if (before === undefined) delete process.env['XDG_STATE_HOME'];
    else process.env['XDG_STATE_HOME'] = before;
    await rm(folder, { recursive: true });
  });
  const asked = `${folder}/asked`;
  await writeFile(asked, '');
  return { asked, zfs: ['sh', '-c', `sleep ${zfsSeconds}; echo "$@" >> ${asked}`, 'zfs'] };
}

test('what a run that died holds is released by the next one, also when that has nothing to send', async (t) => {
  const { asked, zfs } = await useStateFolder(t);
  const journal = new HoldJournal();
  const { pid } = spawnSync('true');
  await journal.write({ host: 'local', zfs, tag: 'zfs-vm:1-a', snapshots: ['tank/vm@zfs-vm:web:1'], pid });
  const nothing = { chains: [], upToDate: [], conflicts: [] };
  const context = {
    sender: { host: new LocalHost(), zfs },
    emit: () => undefined,
    signal: new AbortController().signal,
  };
  assert.equal(await whileHeld(nothing, context, () => Promise.resolve('done')), 'done');
  assert.equal(await readFile(asked, 'utf8'), 'release zfs-vm:1-a tank/vm@zfs-vm:web:1\n');
  assert.deepEqual(await journal.findLeft('local'), []);
});

test('an interrupt waits for a slow release only so long, and cuts it short neither by that nor by closing the host', async (t) => {
  const { asked, zfs } = await useStateFolder(t, 1.5);
  const host = new LocalHost();
  const interrupt = new AbortController();
  const journal = new HoldJournal();
  const { pid } = spawnSync('true');
  await journal.write({ host: 'local', zfs, tag: 'zfs-vm:1-a', snapshots: ['tank/vm@zfs-vm:web:1'], pid });
  const nothing = { chains: [], upToDate: [], conflicts: [] };
  const held = whileHeld(
    nothing,
    { sender: { host, zfs }, emit: () => undefined, signal: interrupt.signal },
    () => Promise.resolve(),
  );
  interrupt.abort();
  await held;
  await host.close();
  assert.equal(await readFile(asked, 'utf8'), '', 'it was waited for');
  while ((await readFile(asked, 'utf8')) === '') await setTimeout(20, undefined, { signal: t.signal });
  assert.equal(await readFile(asked, 'utf8'), 'release zfs-vm:1-a tank/vm@zfs-vm:web:1\n');
});
