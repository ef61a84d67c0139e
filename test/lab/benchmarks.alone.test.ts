import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { findPackageRoot } from './package-root.js';
import { acquireLab } from './shared-lab.js';

/*
 * Each benchmark runs once, so small that its figures say nothing: what is tested is that it works. Each checks by itself that what was to be
 * brought has arrived, and fails if not.
 */

/** Runs a benchmark, and gives the cells of its table by the first one of each row. */
async function runBenchmark(...words: readonly string[]): Promise<Map<string, string[]>> {
  const [name = '', ...options] = words;
  const program = join(findPackageRoot(), 'build', 'bench', `${name}.js`);
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...options], { timeout: 600_000 });
  const rows = stdout.split('\n').map((line) => line.trim().split(/(?:\s*\|\s*|\s{2,})/));
  return new Map(rows.map((cells) => [cells.find((cell) => cell !== '') ?? '', cells]));
}

const contenders = ['raw pipe', 'zfs-vm', 'zfs-vm, ssh2 alone', 'zfs-vm, openssh alone'];

for (const direction of ['push', 'pull']) {
  test(`one large stream on this machine: ${direction}`, async () => {
    const options = direction === 'pull' ? ['--pull'] : [];
    const rows = await runBenchmark('loopback', '--size', '40M', '--rounds', '1', ...options);
    for (const name of contenders) assert.ok(rows.has(name), `${name} in ${[...rows.keys()].join()}`);
  });
}

test('three hosts beside one on this machine: the source is read once', async () => {
  const rows = await runBenchmark('fan-out', '--rounds', '1', '--chunks', '2');
  assert.equal(rows.get('1')?.[6], '1');
  assert.equal(rows.get('3')?.[6], '1');
});

test('a fleet whose hosts serve each other: every round there are twice as many senders', async () => {
  const rows = await runBenchmark('fleet', '--hosts', '15', '--megabytes', '0.1');
  const ratios = ['fan-out', 'relay'].map((name) => Number(rows.get(name)?.[3]));
  assert.ok((ratios[0] ?? 0) > 14, String(ratios));
  assert.ok((ratios[1] ?? 99) <= 5, String(ratios));
});

test('what it takes to start', async () => {
  const rows = await runBenchmark('start-up', '--rounds', '1');
  for (const command of ['node -e 0', '--version', '--help', 'push --help']) {
    assert.ok(rows.has(command), command);
  }
});

test('plans of many snapshots', async () => {
  assert.ok((await runBenchmark('plan-scale', '2000')).has('2000'));
});

test('a host with many versions', async () => {
  const rows = await runBenchmark('large-host', '20', '20');
  for (const command of ['list', 'plan prune --keep-last 10', 'plan push -d tank/to local']) {
    assert.ok(rows.has(command), command);
  }
});

test('between two hosts of the lab, beside steps by hand', async (t) => {
  const { lab, release } = await acquireLab();
  t.after(release);
  const rows = await runBenchmark('transfer', '--lab', lab.name, '--small', '--no-syncoid', '--rounds', '1');
  assert.deepEqual(
    ['bulk', 'chain', 'wide', 'noop'].filter((name) => !rows.has(name)),
    [],
  );
});
