import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chalk } from 'chalk';
import { exitCodes, ZfsVmError } from '../../../src/base/errors.js';
import { planTransfer } from '../../../src/plan/plan-transfer.js';
import {
  formatHostSummaryAsJson,
  formatHostTable,
  type HostOutcome,
} from '../../../src/report/run/host-summary.js';
import type { TransferResult } from '../../../src/transfer/event.js';
import { world } from '../../worlds.js';

function outcome(
  receiver: string,
  status: number,
  result: Partial<TransferResult>,
  theirs = 'tank:',
): HostOutcome {
  const plan = planTransfer({
    ...{ sender: world('tank/vm: web:1 web:2'), receiver: world(theirs), destination: undefined },
    choice: { patterns: [], latest: false },
    ...{ rollback: false, replace: false },
  });
  const nothing = {
    versions: 0,
    failedVersions: 0,
    bytes: 0,
    seconds: 0,
    errors: [],
    faults: new Set<never>(),
  };
  return { receiver, status, ending: { plan, result: { ...nothing, ...result } }, error: undefined };
}

const outcomes: readonly HostOutcome[] = [
  outcome('fjoe@host-1', exitCodes.done, { versions: 2, bytes: 3 * 2 ** 20, seconds: 1.5 }),
  outcome('b', exitCodes.done, {}),
  outcome('c', exitCodes.conflict, {}, 'tank/vm: web:1 @mine'),
  outcome('d', exitCodes.connection, { versions: 1, failedVersions: 1, bytes: 2048, seconds: 75 }),
  {
    ...{ receiver: 'e', status: exitCodes.connection, ending: undefined },
    error: new ZfsVmError('connection', 'cannot connect to e: \u001b[1mno', { hint: 'try again' }),
  },
];

test('the table has a line for each host, with what came of it', () => {
  assert.equal(
    formatHostTable(outcomes, new Chalk({ level: 0 })),
    [
      'HOST         VERSIONS   SIZE   TIME  STATUS',
      'fjoe@host-1         2  3 MiB  1.5 s  done',
      'b                   0    0 B  0.0 s  up to date',
      'c                   0    0 B  0.0 s  done, 1 conflict to resolve',
      'd                   1  2 KiB   1:15  incomplete: 1 version not sent',
      'e                   0    0 B         failed: cannot connect to e: \\u{1b}[1mno',
      '',
    ].join('\n'),
  );
});

test('the line of JSON has the same, with what is not known as null', () => {
  const { event, receivers } = JSON.parse(formatHostSummaryAsJson(outcomes)) as {
    event: string;
    receivers: Record<string, unknown>[];
  };
  assert.equal(event, 'summary');
  assert.deepEqual(receivers[2], {
    ...{ receiver: 'c', status: 3, versions: 0, failedVersions: 0, conflicts: 1, bytes: 0, seconds: 0 },
    error: null,
  });
  assert.deepEqual(receivers[4], {
    ...{ receiver: 'e', status: 4, versions: 0, failedVersions: null, conflicts: null, bytes: 0 },
    seconds: null,
    error: {
      kind: 'connection',
      message: 'cannot connect to e: \u001b[1mno',
      details: [],
      hint: 'try again',
    },
  });
});
