import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { realClock } from '../../src/clock.js';
import { LocalHost } from '../../src/host/local-host.js';
import { planTransfer } from '../../src/plan/plan-transfer.js';
import { HoldJournal } from '../../src/transfer/hold-journal.js';
import { whileHeld, type HoldContext } from '../../src/transfer/protect-sources.js';
import { world } from '../worlds.js';

/** A journal in a folder of its own, and a zfs that notes there what it was asked, after a while. */
async function makeHeld(
  t: TestContext,
  zfsSeconds = 0,
): Promise<{ asked: string; journal: HoldJournal; context: HoldContext; interrupt: AbortController }> {
  const folder = await mkdtemp(join(tmpdir(), 'zfs-vm-holds-'));
  t.after(() => rm(folder, { recursive: true }));
  const asked = `${folder}/asked`;
  await writeFile(asked, '');
  const zfs = ['sh', '-c', `sleep ${zfsSeconds}; echo "$@" >> ${asked}`, 'zfs'];
  const journal = new HoldJournal({ XDG_STATE_HOME: folder });
  const { pid } = spawnSync('true');
  await journal.write({ host: 'local', zfs, tag: 'zfs-vm:1-a', snapshots: ['tank/vm@zfs-vm:web:1'], pid });
  const interrupt = new AbortController();
  const context: HoldContext = {
    sender: { host: new LocalHost(), zfs },
    emit: () => undefined,
    signal: interrupt.signal,
    holdJournal: journal,
    clock: realClock,
  };
  return { asked, journal, context, interrupt };
}

test('nothing is held that could not be written down, and all is sent without', async (t) => {
  const { asked, context } = await makeHeld(t);
  const plan = planTransfer({
    ...{ sender: world('tank/vm: web:1'), receiver: world('tank:'), destination: undefined },
    choice: { patterns: [], latest: false, allSnapshots: false },
    ...{ rollback: false, replace: false },
  });
  const unwritable = {
    findLeft: () => Promise.resolve([]),
    write: () => Promise.resolve(false),
    remove: () => Promise.resolve(),
  };
  assert.equal(
    await whileHeld(plan, { ...context, holdJournal: unwritable }, () => Promise.resolve('done')),
    'done',
  );
  assert.equal(await readFile(asked, 'utf8'), '');
});

const nothing = { chains: [], upToDate: [], conflicts: [] };

test('what a run that died holds is released by the next one, also when that has nothing to send', async (t) => {
  const { asked, journal, context } = await makeHeld(t);
  assert.equal(await whileHeld(nothing, context, () => Promise.resolve('done')), 'done');
  assert.equal(await readFile(asked, 'utf8'), 'release zfs-vm:1-a tank/vm@zfs-vm:web:1\n');
  assert.deepEqual(await journal.findLeft('local'), []);
});

test('an interrupt waits for a slow release only so long, and cuts it short neither by that nor by closing the host', async (t) => {
  const { asked, context, interrupt } = await makeHeld(t, 1.5);
  const held = whileHeld(nothing, context, () => Promise.resolve());
  interrupt.abort();
  await held;
  await context.sender.host.close();
  assert.equal(await readFile(asked, 'utf8'), '', 'it was waited for');
  while ((await readFile(asked, 'utf8')) === '') await setTimeout(20, undefined, { signal: t.signal });
  assert.equal(await readFile(asked, 'utf8'), 'release zfs-vm:1-a tank/vm@zfs-vm:web:1\n');
});
