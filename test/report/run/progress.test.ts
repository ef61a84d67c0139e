import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planTransfer } from '../../../src/plan/plan-transfer.js';
import { Progress } from '../../../src/report/run/progress.js';
import { formatDuration } from '../../../src/report/quantities.js';
import { world } from '../../worlds.js';

const mib = 1024 * 1024;

const plan = planTransfer({
  ...{ sender: world('tank/vm: web:1 web:2'), receiver: world('tank:') },
  choice: { patterns: [], latest: false },
  ...{ destination: undefined, rollback: false, replace: false },
});
const [chain] = plan.chains;
assert.ok(chain);
const [first] = chain.steps;

/** A transfer of which each of the two versions is estimated to have so many bytes. */
function begin(bytesEach: number | undefined): Progress {
  const progress = new Progress(plan, 0);
  if (bytesEach !== undefined) progress.estimate(new Map(chain?.steps.map((step) => [step, bytesEach])));
  return progress;
}

function lastLine(progress: Progress, nowMs: number): string {
  return progress.describe(nowMs).at(-1) ?? '';
}

test('progress shows the share, the rate and the time left, by chain and in all', () => {
  const progress = begin(50 * mib);
  assert.ok(chain);
  progress.begin(chain, first);
  progress.add(chain, 25 * mib);
  assert.deepEqual(progress.describe(1000), [
    '[#####...............] 25%    25 MiB  web:1 -> tank/vm',
    '[#####...............] 25%  0 of 2 versions, 25 MiB of 100 MiB, 25 MiB/s, 3.0 s left',
  ]);
  progress.end(chain, true);
  assert.match(lastLine(progress, 1000), /1 of 2 versions/);
});

test('the rate is that of the last seconds', () => {
  const progress = begin(500 * mib);
  assert.ok(chain);
  progress.add(chain, 500 * mib);
  progress.describe(1000);
  for (let second = 2; second <= 10; second++) {
    progress.add(chain, mib);
    progress.describe(second * 1000);
  }
  assert.match(lastLine(progress, 10_000), /, 1 MiB\/s, /);
});

test('a stalled stream has no rate and no time left', () => {
  const progress = begin(50 * mib);
  assert.ok(chain);
  progress.add(chain, 50 * mib);
  for (let second = 1; second <= 20; second++) progress.describe(second * 1000);
  assert.match(lastLine(progress, 21_000), / 50% {2}.*50 MiB of 100 MiB, 0 B\/s$/);
});

test('it never says that it is done before it is, whatever the estimate was', () => {
  const progress = begin(50);
  assert.ok(chain);
  progress.add(chain, 500);
  assert.match(lastLine(progress, 1000), / 99% /);
});

test('without an estimate it counts', () => {
  const progress = begin(undefined);
  assert.ok(chain);
  progress.add(chain, 2 * mib);
  assert.match(lastLine(progress, 1000), /0 of 2 versions, 2 MiB, 2 MiB\/s/);
});

test('spans of time are short', () => {
  assert.deepEqual([0.04, 9.94, 12.4, 59.4, 187, 7387].map(formatDuration), [
    '0.0 s',
    '9.9 s',
    '12 s',
    '59 s',
    '3:07',
    '2:03:07',
  ]);
});

test('bytes of compressed streams are called so, and compared with nothing', () => {
  const progress = new Progress(plan, 0, true);
  assert.ok(chain);
  progress.begin(chain, first);
  progress.add(chain, 25 * mib);
  assert.deepEqual(progress.describe(1000), [
    '[....................]        25 MiB compressed  web:1 -> tank/vm',
    '[....................]      0 of 2 versions, 25 MiB compressed, 25 MiB/s',
  ]);
});

for (const width of [50, 60, 80, 120]) {
  test(`in ${width} columns, rate and time left are seen, and nothing is too long`, () => {
    const long = planTransfer({
      sender: world('tank/images/production/debian-templates/subvol-1007-disk-0: debian-templates:20261130'),
      receiver: world('tank:'),
      choice: { patterns: [], latest: false },
      ...{ destination: undefined, rollback: false, replace: false },
    });
    const [only] = long.chains;
    assert.ok(only);
    const progress = new Progress(long, 0);
    progress.estimate(new Map(only.steps.map((step) => [step, 100 * mib])));
    progress.begin(only, only.steps[0]);
    progress.add(only, 25 * mib);
    const lines = progress.describe(1000, width);
    assert.deepEqual(
      lines.filter((line) => line.length > width),
      [],
    );
    assert.match(lines[0] ?? '', /25 MiB {2}.*disk-0$/);
    assert.match(lines[1] ?? '', /25 MiB of 100 MiB, 25 MiB\/s, 3\.0 s left$/);
  });
}
