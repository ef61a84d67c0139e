import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Timeline } from '../../../src/report/run/timeline.js';
import type { TaskEvent } from '../../../src/tasks/event.js';
import type { TransferEvent } from '../../../src/transfer/event.js';

/** Events of a transfer that a timeline knows by their kinds alone. */
function happening(event: Pick<TransferEvent, 'kind'> & { readonly host?: string }): TaskEvent {
  return { kind: 'transfer', receiver: 'b', event: event as TransferEvent };
}

test('a timeline tells when a run got where: the first byte once, the last one as it came, and what each host ran', () => {
  let nowMs = 0;
  const timeline = new Timeline(() => nowMs);
  const events: [ms: number, event: TaskEvent][] = [
    [120, { kind: 'command', host: 'local', argv: ['sh'] }],
    [121, happening({ kind: 'reading', host: 'local' })],
    [400, { kind: 'connected', host: 'b' }],
    [410, { kind: 'command', host: 'b', argv: ['sh'] }],
    [600, happening({ kind: 'planned' })],
    [610, { kind: 'command', host: 'b', argv: ['sh'] }],
    [700, happening({ kind: 'progress' })],
    [800, happening({ kind: 'progress' })],
    [900, happening({ kind: 'step-done' })],
    [12_345, happening({ kind: 'step-done' })],
    [12_400, happening({ kind: 'verified' })],
  ];
  for (const [ms, event] of events) {
    nowMs = ms;
    timeline.hear(event);
  }
  assert.equal(timeline.stamp, '  12.400');
  nowMs = 12_500;
  assert.equal(
    timeline.format(),
    `timeline, in seconds since the start:
   0.121  reading, local
   0.400  connected, b
   0.600  planned, b
   0.700  first byte, b
  12.345  last byte, b
  12.400  verified, b
  12.500  end
host   commands
local         1
b             2
`,
  );
});
