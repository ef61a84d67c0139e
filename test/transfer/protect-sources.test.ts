import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { LocalHost } from '../../src/host/local-host.js';
import { HoldJournal } from '../../src/transfer/hold-journal.js';
import { whileHeld } from '../../src/transfer/protect-sources.js';

test('what a run that died holds is released by the next one, also when that has nothing to send', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'zfs-vm-holds-'));
  t.after(() => rm(folder, { recursive: true }));
  const zfs = ['sh', '-c', `echo "$@" >> ${folder}/asked`, 'zfs'];
  const journal = new HoldJournal({ XDG_STATE_HOME: folder });
  const { pid } = spawnSync('true');
  await journal.write({ host: 'local', zfs, tag: 'zfs-vm:1-a', snapshots: ['tank/vm@zfs-vm:web:1'], pid });
  const nothing = { chains: [], upToDate: [], conflicts: [] };
  const context = {
    sender: { host: new LocalHost(), zfs },
    emit: () => undefined,
    signal: new AbortController().signal,
    holdJournal: journal,
  };
  assert.equal(await whileHeld(nothing, context, () => Promise.resolve('done')), 'done');
  assert.equal(await readFile(`${folder}/asked`, 'utf8'), 'release zfs-vm:1-a tank/vm@zfs-vm:web:1\n');
  assert.deepEqual(await journal.findLeft('local'), []);
});
