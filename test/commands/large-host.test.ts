import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { findPackageRoot } from '../lab/package-root.js';
import { LargeHost } from '../large-host.js';

/** What V8 may have for objects: twice what is needed, and less than the lists would take as text and arrays. */
const heapMib = 160;

let host: LargeHost;

before(async () => {
  host = await LargeHost.make({ datasets: 2, versions: 100_000 });
});

after(() => {
  host.remove();
});

/** Runs the built program with little memory, on a host with 200,000 versions. @returns its last line */
function lastLineOf(words: readonly string[]): string {
  const program = join(findPackageRoot(), 'src', 'launch.cjs');
  const argv = [`--max-old-space-size=${heapMib}`, program, ...words];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, {
    ...{ env: host.env, encoding: 'utf8', maxBuffer: 2 ** 30 },
  });
  assert.equal(status, 0, stderr.slice(-2000));
  return stdout.trimEnd().split('\n').at(-1) ?? '';
}

test('two hundred thousand versions are listed in little memory', () => {
  assert.match(lastLineOf(['list']), /^ +100000 {2}2026-11-21 /);
});

test('two hundred thousand versions are listed as JSON in little memory', () => {
  assert.equal(lastLineOf(['list', '--json']), '}');
});

test('two hundred thousand versions are pruned in little memory', () => {
  const last = lastLineOf(['plan', 'prune', '--keep-last', '10']);
  assert.match(last, /^would destroy 199980 versions on this machine: 199980 snapshots of 2 datasets/);
});

test('two hundred thousand versions are planned in little memory', () => {
  const last = lastLineOf(['plan', 'push', '-d', 'tank/to', 'local']);
  assert.match(last, /^200000 versions in 2 datasets to this machine/);
});
