import type { Endpoint } from '../../host/endpoint.js';
import { readCalls } from '../../host/run-calls.js';
import type { Chain } from '../../plan/plan.js';
import { listReferencedArguments, parseReferenced } from '../../zfs/list.js';
import { findPipeElsewhere, type PipeSides } from './pipe.js';

/** From how many bytes on a lane is worth a connection of its own: another login takes as long as some 30 MiB through ssh2. */
const largeBytes = 32 * 2 ** 20;

/** How many datasets are asked about in one call. */
const namesPerCall = 200;

/** How many characters of an answer there may be for each. */
const longestLine = 2 ** 10;

/** Which chains may be large. */
export class LargeChains {
  readonly #referenced: Promise<ReadonlyMap<string, number>>;
  readonly #receivers: number;

  /**
   * Asks the sender how much the datasets refer to that chains bring: no stream of a snapshot has much more, and increments after it seldom
   * come to as much again.
   * @param receivers how many get them: one thread would encrypt for all
   */
  constructor(sender: Endpoint, chains: readonly Chain[], receivers: number, signal: AbortSignal) {
    this.#receivers = receivers;
    const names = [...new Set(chains.map(({ source }) => source))];
    // What isn't known counts as small: nothing is lost but time.
    this.#referenced = readReferenced(sender, names, signal).catch(() => new Map<string, number>());
  }

  /** Whether what the chains bring may be worth a connection of its own. Never rejects. */
  async areLarge(chains: readonly Chain[]): Promise<boolean> {
    const referenced = await this.#referenced;
    const sources = [...new Set(chains.map(({ source }) => source))];
    const bytes = sources.reduce((sum, source) => sum + (referenced.get(source) ?? 0), 0);
    return bytes * this.#receivers >= largeBytes;
  }
}

async function readReferenced(
  sender: Endpoint,
  names: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const calls: string[][] = [];
  for (let start = 0; start < names.length; start += namesPerCall) {
    calls.push([...listReferencedArguments, ...names.slice(start, start + namesPerCall)]);
  }
  const outputs = await readCalls(sender, calls, { signal, limit: namesPerCall * longestLine });
  return parseReferenced(outputs.join('\n'));
}

/** Both ends of a lane. */
export interface LaneEnds {
  readonly sender: Endpoint;
  readonly receiver: Endpoint;
  /** Gives back what was opened for it. */
  readonly close: () => Promise<void>;
}

/** Whether a large stream between these hosts would go another way than small ones. */
export function hasBulkEnds(sides: PipeSides): boolean {
  if (findPipeElsewhere(sides) !== undefined) return false;
  return sides.sender.bulk !== undefined || sides.receiver.bulk !== undefined;
}

/** The ends of a lane for large streams: by connections of their own, where the hosts have them. */
export async function openBulkEnds(sender: Endpoint, receiver: Endpoint): Promise<LaneEnds> {
  const hosts = await Promise.all([sender.host.bulk?.open(), receiver.host.bulk?.open()]);
  const toEnd = (endpoint: Endpoint, host = endpoint.host): Endpoint => ({ ...endpoint, host });
  return {
    sender: toEnd(sender, hosts[0]),
    receiver: toEnd(receiver, hosts[1]),
    close: async () => {
      await Promise.all(hosts.map(async (host) => host?.close()));
    },
  };
}
