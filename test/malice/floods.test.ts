import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { LyingHosts, type Lies, type ProgramRun } from './lying-hosts.js';

/** More than the program takes to keep the longest list that it takes, twice while it is put together. */
const mostMib = 600;

/** Prints without end when it is asked for what stands in its arguments, and notes its process. */
const endless = (of: string, text: string, output = 1): string =>
  `case "$*" in *'${of}'*) echo $$ >>"$(dirname "$0")/flooding"; exec yes '${text}' >&${output};; esac`;

interface Flood {
  readonly title: string;
  readonly lies: Lies;
  readonly words: readonly string[];
  readonly says: RegExp;
  readonly limitMib?: number;
}

const floods: readonly Flood[] = [
  {
    title: 'datasets, in lines that can be read',
    lies: { there: endless('filesystem,volume', 'tank/a	filesystem	-	0	1795249568	off	-	-') },
    ...{
      words: ['push', 'there'],
      says: /there: zfs list failed.*the list of datasets is incomplete or too long/,
    },
  },
  {
    title: 'snapshots to a push, which reads all of a receiver',
    lies: { there: endless('snapshot,bookmark', 'tank@a	1	1') },
    ...{
      words: ['push', 'there'],
      says: /there: zfs list printed more than 512 MiB and was stopped/,
    },
  },
  {
    title: 'snapshots to a list, which has them sifted there',
    lies: { there: endless('creation', 'tank@zfs-vm:a:1	1	1	1	1') },
    ...{ words: ['list', 'there'], says: /there: zfs list .*(incomplete or too long|more than 512 MiB)/ },
  },
  {
    title: 'complaints',
    lies: { there: endless('snapshot,bookmark', 'cannot open: it is too large', 2) },
    ...{ words: ['push', 'there'], says: /there: zfs list printed more than 512 MiB/, limitMib: 150 },
  },
  {
    title: 'talk about what it receives',
    lies: { there: endless('receive -v', 'receiving full stream of tank/vm@a into tank/vm@a') },
    ...{
      words: ['push', 'there'],
      says: /there: zfs receive printed more than 2 MiB and was stopped/,
      limitMib: 150,
    },
  },
  {
    title: 'complaints when it is to make a parent',
    lies: { there: endless('create -o', 'no', 2) },
    ...{
      words: ['push', '-d', 'tank/x', 'there'],
      says: /there: zfs create printed more than 64 KiB/,
      limitMib: 150,
    },
  },
  {
    title: 'estimates',
    lies: { here: endless('send -n', 'size	1') },
    ...{
      words: ['plan', 'push', 'there'],
      says: /local: zfs send -n printed more than 16 KiB/,
      limitMib: 150,
    },
  },
];

for (const { title, lies, words, says, limitMib = mostMib } of floods) {
  test(`a zfs that prints ${title}, without end, is ended with an error, and takes no more than so much memory`, async (t) => {
    const hosts = new LyingHosts(t, lies);
    const run = await hosts.run(words, { limitMs: 60_000 });
    report(t, run);
    assert.equal(run.status, 1, run.stderr);
    assert.match(run.stderr, says);
    assert.ok(run.peakMib < limitMib, `${run.peakMib.toFixed(0)} MiB`);
    await assertNothingRuns(hosts.folder);
  });
}

test('a line that has no end takes no memory either, where lines are read as they come', async (t) => {
  const lies = { there: `case "$1" in receive) cat /dev/zero | tr '\\0' x; esac` };
  const run = await new LyingHosts(t, lies).run(['push', 'there']);
  report(t, run);
  assert.equal(run.status, 1, run.stderr);
  assert.match(run.stderr, /zfs receive printed more than 2 MiB/);
  assert.ok(run.peakMib < 150, `${run.peakMib.toFixed(0)} MiB`);
});

function report(t: TestContext, { peakMib }: ProgramRun): void {
  t.diagnostic(`peak ${peakMib.toFixed(0)} MiB`);
}

/**
 * Nothing runs any more of the hosts that are in a folder. The program gives the ssh that it ends a second and no more, and on a machine
 * that is busy that may end a little later.
 */
async function assertNothingRuns(folder: string): Promise<void> {
  const deadline = Date.now() + 5000;
  while (listRunning(folder).length > 0 && Date.now() < deadline) await setTimeout(50);
  assert.deepEqual(listRunning(folder), []);
}

/** What still runs of the hosts that are in a folder. */
function listRunning(folder: string): string[] {
  const processes = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n');
  return processes.filter((line) => line.includes(folder) && !line.includes('sleep 600'));
}
