import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { makeSequence, playSimulated, type Played } from '../sim/conformance.js';
import { regressions } from '../sim/conformance-regressions.js';
import type { ZfsVersion } from '../sim/pools.js';
import { startLab } from './lab.js';
import type { LabHost } from './lab-host.js';
import { findDifferencesOn } from './play-sequence.js';
import { acquireLab } from './shared-lab.js';

/** Random sequences: three hundred operations with each version. */
const seeds = [1, 2, 3, 4, 5];
const length = 60;

/** A host of that version, and what gives it back. */
async function acquireHost(version: ZfsVersion): Promise<{ host: LabHost; release: () => Promise<void> }> {
  if (version === '2.3') {
    const { lab, release } = await acquireLab();
    return { host: lab.host('a'), release };
  }
  const lab = await startLab({ name: `conformance-${process.pid}`, hosts: [{ name: 'a', kind: version }] });
  return { host: lab.host('a'), release: () => lab.stop() };
}

for (const version of ['2.3', '2.1'] as const) {
  describe(`the simulator does what OpenZFS ${version} does`, () => {
    let host: LabHost;
    let release: () => Promise<void>;
    before(async () => {
      ({ host, release } = await acquireHost(version));
    });
    after(() => release());

    const expectSame = async (played: Played): Promise<void> => {
      const differences = await findDifferencesOn(host, played);
      assert.equal(differences.length, 0, differences.join('\n\n'));
    };

    for (const { title, operations } of regressions) {
      test(title, async () => {
        await expectSame(await playSimulated(operations, version));
      });
    }
    for (const seed of seeds) {
      test(`in the random sequence ${seed}`, async () => {
        await expectSame(await makeSequence(seed, length, version));
      });
    }
  });
}
