/**
 * `node build/test/lab/conformance.js [--zfs 2.3|2.1] [--seeds 5] [--from 1] [--length 60] [--no-regressions]`: runs random
 * sequences of zfs operations, and those that have found something before, on a lab host and on the simulator, and prints every
 * difference. Where there is one, the simulator is wrong.
 */
import { parseArgs } from 'node:util';
import { makeSequence, playSimulated } from '../sim/conformance.js';
import { encryptionSequences } from '../sim/conformance-encryption.js';
import { regressions } from '../sim/conformance-regressions.js';
import type { ZfsVersion } from '../sim/pools.js';
import { attachLab, startLab } from './lab.js';
import { findDifferencesOn } from './play-sequence.js';

const { values } = parseArgs({
  options: {
    zfs: { type: 'string', default: '2.3' },
    seeds: { type: 'string', default: '5' },
    'no-regressions': { type: 'boolean', default: false },
    from: { type: 'string', default: '1' },
    length: { type: 'string', default: '60' },
  },
});
const version: ZfsVersion = values.zfs === '2.1' ? '2.1' : '2.3';
const sequences = [
  ...(values['no-regressions'] ? [] : [...regressions, ...encryptionSequences]).map(
    ({ title, operations }) => ({
      title,
      play: () => playSimulated(operations, version),
    }),
  ),
  ...Array.from({ length: Number(values.seeds) }, (_, index) => ({
    title: `seed ${Number(values.from) + index}`,
    play: () => makeSequence(Number(values.from) + index, Number(values.length), version),
  })),
];

const attached = process.env['ZFS_VM_LAB']?.split(' ')[0];
const lab =
  attached === undefined
    ? await startLab({
        name: `conformance-${version.replace('.', '-')}`,
        hosts: [{ name: 'a', kind: version }],
      })
    : await attachLab(attached);
if (lab.host('a').kind !== version) {
  throw new Error(`host a is of kind ${lab.host('a').kind}, not ${version}`);
}
try {
  for (const { title, play } of sequences) {
    const began = performance.now();
    const differences = await findDifferencesOn(lab.host('a'), await play());
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const summary = differences.length === 0 ? 'the same' : `${differences.length} differences`;
    console.log(`${summary}: ${title} (${seconds} s)`);
    for (const difference of differences) console.log(difference.replace(/^/gm, '  '));
    if (differences.length > 0) process.exitCode = 1;
  }
} finally {
  if (attached === undefined) await lab.stop();
}
