/**
 * `node build/test/lab/conformance.js [--zfs 2.3|2.1] [--seeds 5] [--from 1] [--length 60]`: runs random sequences of zfs operations,
 * and those that have found something before, on a lab host and on the simulator, and prints every difference. Where there is one,
 * the simulator is wrong.
 */
import { parseArgs } from 'node:util';
import { makeSequence, playSimulated } from '../sim/conformance.js';
import { regressions } from '../sim/conformance-regressions.js';
import type { ZfsVersion } from '../sim/pools.js';
import { startLab } from './lab.js';
import { findDifferencesOn } from './play-sequence.js';

const { values } = parseArgs({
  options: {
    zfs: { type: 'string', default: '2.3' },
    seeds: { type: 'string', default: '5' },
    from: { type: 'string', default: '1' },
    length: { type: 'string', default: '60' },
  },
});
const version: ZfsVersion = values.zfs === '2.1' ? '2.1' : '2.3';
const sequences = [
  ...regressions.map(({ title, operations }) => ({ title, play: () => playSimulated(operations, version) })),
  ...Array.from({ length: Number(values.seeds) }, (_, index) => ({
    title: `seed ${Number(values.from) + index}`,
    play: () => makeSequence(Number(values.from) + index, Number(values.length), version),
  })),
];

const lab = await startLab({ name: 'conformance', hosts: [{ name: 'a', kind: version }] });
try {
  for (const { title, play } of sequences) {
    const differences = await findDifferencesOn(lab.host('a'), await play());
    console.log(`${differences.length === 0 ? 'the same' : `${differences.length} differences`}: ${title}`);
    for (const difference of differences) console.log(difference.replace(/^/gm, '  '));
    if (differences.length > 0) process.exitCode = 1;
  }
} finally {
  await lab.stop();
}
