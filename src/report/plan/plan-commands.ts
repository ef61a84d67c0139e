import { localName } from '../../base/local-name.js';
import type { Chain } from '../../plan/plan.js';
import { movesAside } from '../../plan/preparation.js';
import { conclusionCalls, groupByStream, landingOf, preparationCalls, streamOf } from '../../plan/stream.js';
import { destroySnapshotsArguments } from '../../zfs/destroy.js';
import { keepPropertiesLine, setPropertyArguments } from '../../zfs/properties.js';
import { createParentArguments, receiveArguments } from '../../zfs/receive.js';
import { formatRole, roleProperty } from '../../zfs/role.js';
import { sendArguments } from '../../zfs/send.js';
import { quoteCommand } from '../../base/shell.js';
import { packWords, unpackWords } from '../../base/zstd.js';
import type { EstimatedPlan, PlanHost, PlanSide } from './plan-json.js';

/** A plan as shell lines that a person could run by hand on this machine, each a stream. */
export function* formatPlanAsCommands(plan: EstimatedPlan): Generator<string> {
  for (const line of listCommands(plan)) yield `${line}\n`;
}

function* listCommands({ plan, sender, receiver, compress }: EstimatedPlan): Generator<string> {
  const pack = compress ? ` | ${quoteCommand(packWords)}` : '';
  const unpack = compress ? `${quoteCommand(unpackWords)} | ` : '';
  for (const chain of plan.chains) {
    for (const parent of chain.parents) {
      yield commandOn(receiver, createParentArguments(parent, chain.parentsInClear));
    }
    for (const call of preparationCalls(chain)) yield commandOn(receiver, call);
    yield* listAsideCommands(chain, receiver);
    for (const steps of groupByStream(chain)) {
      const send = callZfs(sender, sendArguments(streamOf(chain, steps)));
      const receive = callZfs(receiver, receiveArguments(landingOf(chain, steps)));
      yield pipeline(sender.host, `${send}${pack}`, receiver.host, `${unpack}${receive}`);
    }
    for (const call of conclusionCalls(chain)) yield commandOn(receiver, call);
  }
  for (const { dataset, snapshots } of plan.deletes ?? []) {
    const names = snapshots.map(({ name }) => name);
    yield commandOn(receiver, destroySnapshotsArguments(dataset, names));
  }
}

/** What is written down on what was moved aside, and what its successor keeps of it. */
function* listAsideCommands({ destination, preparation }: Chain, receiver: PlanSide): Generator<string> {
  if (!movesAside(preparation)) return;
  const { kind, aside, role, guid } = preparation;
  if (guid !== undefined) {
    yield commandOn(receiver, setPropertyArguments(aside, roleProperty, formatRole(role, guid)));
  }
  if (kind !== 'set-aside') return;
  yield lineOn(
    receiver.host,
    keepPropertiesLine(quoteCommand(callOf(receiver)), { from: aside, to: destination }),
  );
}

/** Both sides of a stream as one line, joined where its pipe is. */
function pipeline(sender: PlanHost, send: string, receiver: PlanHost, receive: string): string {
  const isMeeting = receiver.via?.name === sender.name || receiver.name === sender.name;
  if (!isMeeting) return `${lineOn(sender, send)} | ${lineOn(receiver, receive)}`;
  return lineOn(sender, `${send} | ${receiver.name === sender.name ? receive : bySsh(receiver, receive)}`);
}

function commandOn({ host, zfs }: PlanSide, args: readonly string[]): string {
  return lineOn(host, callZfs({ zfs }, args));
}

function callZfs({ zfs }: Pick<PlanSide, 'zfs'>, args: readonly string[]): string {
  return quoteCommand([...callOf({ zfs }), ...args]);
}

/** The words that call zfs as a person would: sudo asks a person for the password by itself. */
function callOf({ zfs }: Pick<PlanSide, 'zfs'>): readonly string[] {
  return zfs.includes('-A') ? ['sudo', 'zfs'] : zfs;
}

/** A shell line as it is run from this machine. */
function lineOn(host: PlanHost, line: string): string {
  if (host.name === localName) return line;
  return host.via === undefined ? bySsh(host, line) : lineOn(host.via, bySsh(host, line));
}

function bySsh({ name }: PlanHost, line: string): string {
  return quoteCommand(['ssh', name, line]);
}
