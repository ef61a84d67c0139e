import { say, type Call } from './call.js';
import { diffContents } from './content.js';
import { Dataset, isEarlier, Snapshot } from './dataset.js';
import { readOptions } from './options.js';
import type { Pools } from './pools.js';
import { findProperty } from './properties.js';
import { ZfsRefusal } from './refusal.js';

/** `zfs diff -F -H`: each block is a file with its number for a name. Gives the exit status. */
export async function runDiff(call: Call, words: readonly string[], pools: Pools): Promise<number> {
  const options = readOptions(words, 'FH');
  if (!options.has('F') || !options.has('H')) throw new Error('a simulated zfs diff wants -F and -H');
  const [fromName = '', toName = ''] = options.operands;
  const from = pools.openSnapshot(fromName);
  const to = toName.includes('@') ? pools.openSnapshot(toName) : pools.open(toName);
  const dataset = to instanceof Snapshot ? to.dataset : to;
  checkHistory(from, to, dataset);
  for (const each of [dataset, from.dataset]) {
    if (each.type === 'volume') {
      throw new ZfsRefusal(`cannot open '${each.name}': operation not applicable to datasets of this type`);
    }
    if (!each.isMounted) {
      throw new ZfsRefusal(
        'Cannot diff an unmounted snapshot: operation not applicable to datasets of this type',
      );
    }
  }
  const root = findProperty(pools, { kind: dataset.type, name: dataset.name, dataset }, 'mountpoint')?.value;
  const lines = diffContents(from.content, to.content).map(({ block, value }) => {
    const kind = value === undefined ? '-' : from.content.has(block) ? 'M' : '+';
    return `${kind}\tF\t${(root ?? '').replaceAll(' ', '\\0040')}/${block}\n`;
  });
  await say(call, lines.join(''));
  return 0;
}

/** It goes no further than from a dataset to its clone. */
function checkHistory(from: Snapshot, to: Dataset | Snapshot, dataset: Dataset): void {
  const tip = to instanceof Snapshot ? to : dataset.tip;
  const isNear = from.dataset === dataset || dataset.origin?.dataset === from.dataset;
  const isPossible = tip !== undefined && (tip === from ? to !== from : isEarlier(from, tip));
  if (!isPossible) {
    throw new ZfsRefusal('Unable to obtain diffs: \n   Not an earlier snapshot from the same fs');
  }
  if (!isNear) throw new ZfsRefusal('Not an earlier snapshot from the same fs: invalid name');
}
