import { groupByStream, landingOf, preparationCalls, streamOf } from '../plan/stream.js';
import { destroySnapshotsArguments } from '../zfs/destroy.js';
import { createParentArguments, receiveArguments } from '../zfs/receive.js';
import { sendArguments } from '../zfs/send.js';
import { quoteCommand } from '../shell.js';
import { packWords, unpackWords } from '../zstd.js';
import type { EstimatedPlan, PlanSide } from './plan-json.js';

/** A plan as shell lines that a person could run by hand on this machine, each a stream. */
export function formatPlanAsCommands({ plan, sender, receiver, compress }: EstimatedPlan): string {
  const pack = compress ? ` | ${quoteCommand(packWords)}` : '';
  const unpack = compress ? `${quoteCommand(unpackWords)} | ` : '';
  const lines = [
    ...plan.chains.flatMap((chain) => [
      ...chain.parents.map((parent) => commandOn(receiver, createParentArguments(parent))),
      ...preparationCalls(chain).map((call) => commandOn(receiver, call)),
      ...groupByStream(chain).map((steps) => {
        const send = callZfs(sender, sendArguments(streamOf(chain, steps)));
        const receive = callZfs(receiver, receiveArguments(landingOf(chain, steps[0])));
        return `${lineOn(sender, `${send}${pack}`)} | ${lineOn(receiver, `${unpack}${receive}`)}`;
      }),
    ]),
    ...(plan.deletes ?? []).map(({ dataset, snapshots }) => {
      const names = snapshots.map(({ name }) => name);
      return commandOn(receiver, destroySnapshotsArguments(dataset, names));
    }),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function commandOn(side: PlanSide, args: readonly string[]): string {
  return lineOn(side, callZfs(side, args));
}

function callZfs({ zfs }: PlanSide, args: readonly string[]): string {
  return quoteCommand([...zfs, ...args]);
}

/** A shell line as it is run from this machine. */
function lineOn({ host }: PlanSide, line: string): string {
  return host.name === 'local' ? line : quoteCommand(['ssh', host.name, line]);
}
