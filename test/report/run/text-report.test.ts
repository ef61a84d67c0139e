import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { Chalk } from 'chalk';
import { ZfsVmError } from '../../../src/base/errors.js';
import { planTransfer } from '../../../src/plan/plan-transfer.js';
import type { Plan } from '../../../src/plan/plan.js';
import { realClock } from '../../../src/base/clock.js';
import { openScreen } from '../../../src/report/terminal/screen.js';
import { TextReport } from '../../../src/report/run/text-report.js';
import { parsePattern } from '../../../src/streamline/selection.js';
import type { TransferEvent } from '../../../src/transfer/event.js';
import { world } from '../../worlds.js';

const sender = world('tank/vm: web:1 web:2', 'tank/db: db:1');

/** The plan for what the sender has, or one streamline of it. */
function planFor(receiver: ReturnType<typeof world>, streamline?: string, destination?: string): Plan {
  const pattern = streamline === undefined ? undefined : parsePattern(streamline);
  const patterns = pattern === undefined ? [] : [pattern];
  const choice = { patterns, latest: false };
  return planTransfer({ sender, receiver, choice, destination, rollback: false, replace: false });
}

/** What a person sees of these events. */
function show(events: readonly TransferEvent[], verbose = false): { stdout: string; stderr: string } {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const colors = new Chalk({ level: 0 });
  const report = new TextReport({
    ...{ screen: openScreen({ stdout, stderr, isAsking: () => false }), colors, errorColors: colors },
    ...{ verbose, debug: false, senderName: 'local', receiverName: 'fjoe@b', clock: realClock },
  });
  for (const event of events) report.handle(event);
  report.close();
  return { stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
}

function finish(plan: Plan, versions: number, failedVersions = 0): TransferEvent {
  return {
    kind: 'finished',
    plan,
    result: { versions, failedVersions, bytes: 3 * 1024 * 1024, seconds: 1.5, errors: [], faults: new Set() },
  };
}

test('a transfer is told in lasting lines, and summed up', () => {
  const plan = planFor(world('tank:'), 'web', 'tank/x');
  const [chain] = plan.chains;
  assert.ok(chain);
  const { stdout, stderr } = show([
    { kind: 'planned', plan },
    { kind: 'parent-created', host: 'fjoe@b', dataset: 'tank/x' },
    ...chain.steps.flatMap((step): TransferEvent[] => [
      { kind: 'step-started', chain, step },
      { kind: 'progress', chain, bytes: 1024 },
      { kind: 'step-done', chain, step, bytes: 1024, seconds: 0.5 },
    ]),
    finish(plan, 2),
  ]);
  assert.equal(
    stdout,
    [
      'sending 2 versions to fjoe@b',
      'created fjoe@b:tank/x',
      'web:1  tank/vm -> fjoe@b:tank/x/vm  full, 1 KiB in 0.5 s',
      'web:2  tank/vm -> fjoe@b:tank/x/vm  incremental since web:1, 1 KiB in 0.5 s',
      'done: 2 versions, 2 KiB in 1.5 s (1.33 KiB/s)',
      '',
    ].join('\n'),
  );
  assert.equal(stderr, '');
});

test('what is up to date is told only when asked for more', () => {
  const plan = planFor(sender);
  const events: TransferEvent[] = [{ kind: 'planned', plan }, finish(plan, 0)];
  assert.equal(show(events).stdout, 'nothing to do: fjoe@b is up to date\n');
  assert.match(show(events, true).stdout, /tank\/vm: fjoe@b:tank\/vm has the newest version, web:2/);
});

test('a conflict goes to stderr with its evidence and the way out', () => {
  const plan = planFor(world('tank/vm: web:1 web:3'), 'web');
  const { stdout, stderr } = show([{ kind: 'planned', plan }, finish(plan, 0)]);
  assert.match(stderr, /^conflict: web in tank\/vm: diverged after web:1: fjoe@b:tank\/vm has web:3/);
  assert.match(stderr, /\n {2}to resolve: .*--rollback/);
  assert.equal(stdout, 'nothing sent; 1 conflict to resolve\n');
});

test('a failed step is told with its cause, and the sum says what is missing', () => {
  const plan = planFor(world('tank:'), 'web');
  const [chain] = plan.chains;
  assert.ok(chain);
  const [step] = chain.steps;
  const error = new ZfsVmError('failed', 'fjoe@b: zfs receive failed', {
    details: ['local: said this'],
    hint: 'do that',
  });
  const { stdout, stderr } = show([
    { kind: 'planned', plan },
    { kind: 'step-failed', chain, step, error },
    finish(plan, 0, 2),
  ]);
  assert.equal(
    stderr,
    'web:1  tank/vm -> fjoe@b:tank/vm failed:\nzfs-vm: fjoe@b: zfs receive failed\n  local: said this\n  try: do that\n',
  );
  assert.match(stdout, /^incomplete: 2 versions not sent; sent 0 versions/m);
});

test('without a terminal nothing is redrawn', () => {
  const plan = planFor(world('tank:'));
  const [chain] = plan.chains;
  assert.ok(chain);
  const { stdout } = show([{ kind: 'step-started', chain, step: chain.steps[0] }]);
  assert.equal(stdout, '');
});

test('compressed bytes are called so, and warnings go to stderr', () => {
  const plan = planFor(world('tank:'), 'web', 'tank/x');
  const { stdout, stderr } = show([
    { kind: 'compressing' },
    { kind: 'warning', message: 'b: cannot receive copies property on tank/x/vm: permission denied' },
    { kind: 'planned', plan },
    finish(plan, 2),
  ]);
  assert.match(stdout, /^done: 2 versions, 3 MiB compressed in 1.5 s \(2 MiB\/s\)$/m);
  assert.equal(stderr, 'warning: b: cannot receive copies property on tank/x/vm: permission denied\n');
});
