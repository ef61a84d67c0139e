import type { Endpoint } from '../../host/endpoint.js';
import { readEach } from '../../host/run-calls.js';
import type { Chain } from '../../plan/plan.js';
import { parseReferenced } from '../../zfs/list.js';
import { estimateSizes } from './estimate-sizes.js';

/** From how many bytes on a lane is worth a connection of its own: another login takes as long as some 30 MiB through ssh2. */
const largeBytes = 32 * 2 ** 20;

/** What refers to less makes no lane large, nor do a few of them: their increments aren't estimated. */
const smallBytes = largeBytes / 8;

/** How many datasets are asked about in one call. */
const namesPerCall = 200;

/** How many characters of an answer there may be for each. */
const longestLine = 2 ** 10;

/** What is known of how large streams will be. */
interface Sizes {
  /** How many bytes datasets of the sender refer to: a stream of all of one has about as many. */
  readonly referenced: ReadonlyMap<string, number>;
  /** How many bytes an increment has, by the GUID of the snapshot that it brings. */
  readonly increments: ReadonlyMap<bigint, number>;
}

/** Which chains are large. */
export class LargeChains {
  readonly #sizes: Promise<Sizes>;
  readonly #receivers: number;

  /**
   * Asks the sender how large chains will be: how much their datasets refer to, and of increments to large ones what zfs estimates.
   * @param receivers how many get them: one thread would encrypt for all
   */
  constructor(sender: Endpoint, chains: readonly Chain[], receivers: number, signal: AbortSignal) {
    this.#receivers = receivers;
    // What isn't known counts as small: nothing is lost but time.
    this.#sizes = readSizes(sender, chains, signal).catch(() => ({
      referenced: new Map<string, number>(),
      increments: new Map<bigint, number>(),
    }));
  }

  /** Whether what the chains bring is worth a connection of its own. Never rejects. */
  async areLarge(chains: readonly Chain[]): Promise<boolean> {
    const sizes = await this.#sizes;
    const bytes = chains.reduce((sum, chain) => sum + sizeOf(chain, sizes), 0);
    return bytes * this.#receivers >= largeBytes;
  }
}

function sizeOf({ source, steps }: Chain, { referenced, increments }: Sizes): number {
  const whole = referenced.get(source) ?? 0;
  // The increments after it seldom come to as much again.
  if (steps[0].kind === 'full') return whole;
  let bytes = 0;
  for (const { to } of steps) {
    const estimate = increments.get(to.guid);
    if (estimate === undefined) return whole;
    bytes += estimate;
  }
  return bytes;
}

async function readSizes(sender: Endpoint, chains: readonly Chain[], signal: AbortSignal): Promise<Sizes> {
  const referenced = await readReferenced(sender, [...new Set(chains.map(({ source }) => source))], signal);
  const open = chains.filter(
    ({ source, steps: [first] }) => first.kind !== 'full' && (referenced.get(source) ?? 0) >= smallBytes,
  );
  const increments = new Map<bigint, number>();
  if (open.length === 0) return { referenced, increments };
  for (const [{ to }, bytes] of await estimateSizes(sender, { chains: open }, signal)) {
    // Receivers may lack more or less of it.
    increments.set(to.guid, Math.max(bytes, increments.get(to.guid) ?? 0));
  }
  return { referenced, increments };
}

async function readReferenced(
  sender: Endpoint,
  names: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const calls: { readonly datasets: readonly string[] }[] = [];
  for (let start = 0; start < names.length; start += namesPerCall) {
    calls.push({ datasets: names.slice(start, start + namesPerCall) });
  }
  const outputs = await readEach(sender, 'referenced', calls, { signal, limit: namesPerCall * longestLine });
  return parseReferenced(outputs.join('\n'));
}
