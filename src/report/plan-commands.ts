import { landingOf, preparationCalls, streamOf } from '../plan/stream.js';
import { createParentArguments, receiveArguments } from '../zfs/receive.js';
import { sendArguments } from '../zfs/send.js';
import { quoteCommand } from '../shell.js';
import type { EstimatedPlan, PlanSide } from './plan-json.js';

/** A plan as shell lines that a person could run by hand on this machine, each a step. */
export function formatPlanAsCommands({ plan, sender, receiver }: EstimatedPlan): string {
  const lines = [
    ...plan.chains.flatMap((chain) => [
      ...chain.parents.map((parent) => commandOn(receiver, createParentArguments(parent))),
      ...preparationCalls(chain).map((call) => commandOn(receiver, call)),
      ...chain.steps.map((step) => {
        const send = commandOn(sender, sendArguments(streamOf(chain, step)));
        return `${send} | ${commandOn(receiver, receiveArguments(landingOf(chain, step)))}`;
      }),
    ]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function commandOn({ host, zfs }: PlanSide, args: readonly string[]): string {
  const command = quoteCommand([...zfs, ...args]);
  return host.name === 'local' ? command : quoteCommand(['ssh', host.name, command]);
}
