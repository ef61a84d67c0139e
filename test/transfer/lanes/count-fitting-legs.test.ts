import assert from 'node:assert/strict';
import { test } from 'node:test';
import { realClock } from '../../../src/base/clock.js';
import type { Host } from '../../../src/host/host.js';
import { startPiped } from '../../../src/host/piped-commands.js';
import { toRemoteCommand } from '../../../src/host/ssh/remote-command.js';
import { ViaHost } from '../../../src/host/via-host.js';
import type { Plan } from '../../../src/plan/plan.js';
import { planTransfer } from '../../../src/plan/plan-transfer.js';
import { renderRequest } from '../../../src/requests/render.js';
import { receiveLane, sendLane, toLegs } from '../../../src/transfer/lanes/lane-script.js';
import { Changes } from '../../../src/transfer/schedule/changes.js';
import { ReceiverRun } from '../../../src/transfer/schedule/receiver-run.js';
import type { TransferContext } from '../../../src/transfer/schedule/transfer-context.js';
import { world } from '../../worlds.js';

/** 300 versions that can't share a stream, for what lies between them. */
function makePlan(): Plan {
  const versions = Array.from({ length: 300 }, (_, index) => `a_b:${index + 1} @mine-${index + 1}`).join(' ');
  return planTransfer({
    ...{ sender: world(`tank/my_vm: ${versions}`), receiver: world('tank:') },
    choice: { patterns: [], latest: false },
    ...{ destination: undefined, rollback: false, replace: false },
  });
}

/** The same with spaces in its names, which the notation of worlds doesn't know. */
function withSpaces<T>(value: T): T {
  if (typeof value === 'string') return value.replaceAll('_', ' ') as T;
  if (Array.isArray(value)) return value.map(withSpaces) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withSpaces(part)])) as T;
}

/** A host that runs nothing, and refuses a command that is too long for it. */
const narrowHost: Host = {
  ...{ name: 'b', joinsPipes: false },
  start: (argv) => {
    toRemoteCommand(argv);
    throw new Error('it fits');
  },
  close: () => Promise.resolve(),
};

const ways = {
  'both ends are one remote host': startPiped.bind(undefined, narrowHost),
  'one host leads to the other': (...words: Parameters<ViaHost['startPiped']>) =>
    new ViaHost('c', narrowHost).startPiped(...words),
};

for (const [way, start] of Object.entries(ways)) {
  test(`the command line of a lane is not too long where ${way}`, async () => {
    for (const plan of [makePlan(), withSpaces(makePlan())]) {
      const legs = plan.chains.flatMap((chain) => toLegs(chain, true));
      const run = new ReceiverRun(plan, { clock: realClock } as TransferContext, new Changes());
      const count = run.legSender.countForLane(legs);
      assert.ok(count > 20 && count < legs.length, `${count} of ${legs.length}`);
      const inLane = legs.slice(0, count);
      const send = sendLane(inLane, { compress: false, tellsProgress: true, hasNoise: false });
      const receive = receiveLane(inLane, { compress: false, hasNoise: false });
      const { signal } = new AbortController();
      const [sending, receiving] = [send, receive].map((request) => renderRequest(request, ['zfs']));
      await assert.rejects(async () => start(sending ?? [], receiving ?? [], { signal }), /it fits/);
    }
  });
}
