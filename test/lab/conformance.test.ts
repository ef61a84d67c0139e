import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { makeSequence, playSimulated, type Played } from '../sim/conformance.js';
import { regressions } from '../sim/conformance-regressions.js';
import type { ZfsVersion } from '../sim/pools.js';
import { startLab } from './lab.js';
import type { LabHost } from './lab-host.js';
import { findDifferencesOn } from './play-sequence.js';
import { acquireLab } from './shared-lab.js';

/*
 * Hosts whose sequences are played at the same time, and what to call when they are done with.
 */
interface Hosts {
  readonly hosts: readonly LabHost[];
  readonly release: () => Promise<void>;
}

/** How long a random sequence is, and how many there are. */
const length = 60;
const seeds = [1, 2, 3, 4, 5];

const getHosts: Readonly<Record<ZfsVersion, () => Promise<Hosts>>> = {
  '2.3': async () => {
    const { lab, release } = await acquireLab();
    return { hosts: lab.hosts, release };
  },
  '2.1': async () => {
    const lab = await startLab({
      name: `conformance-${process.pid}`,
      hosts: [{ name: 'a', kind: '2.1' }],
      memoryMib: 1024,
    });
    return { hosts: lab.hosts, release: () => lab.stop() };
  },
};

for (const version of ['2.3', '2.1'] as const) {
  describe(`the simulator does what OpenZFS ${version} does`, () => {
    let acquired: Hosts | undefined;
    before(async () => {
      acquired = await getHosts[version]();
    });
    after(() => acquired?.release());

    test('in random sequences, of 300 operations together', async () => {
      const sequences = seeds.map((seed) => ({
        title: `seed ${seed}`,
        play: () => makeSequence(seed, length, version),
      }));
      assert.equal(sequences.length * length, 300);
      assert.deepEqual(await compare(acquired, version, sequences), []);
    });

    test('in sequences that found a difference', async () => {
      const sequences = regressions.map(({ title, operations }) => ({
        title,
        play: () => playSimulated(operations, version),
      }));
      assert.deepEqual(await compare(acquired, version, sequences), []);
    });
  });
}

interface Sequence {
  readonly title: string;
  readonly play: () => Promise<Played>;
}

/** Plays the sequences, on each host one after another; gives what differs. */
async function compare(
  acquired: Hosts | undefined,
  version: ZfsVersion,
  sequences: readonly Sequence[],
): Promise<string[]> {
  assert.ok(acquired !== undefined);
  const left = [...sequences];
  const differences: string[] = [];
  await Promise.all(
    acquired.hosts.map(async (host) => {
      assert.ok(host.zfsVersion.startsWith(`${version}.`), host.zfsVersion);
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        const found = await findDifferencesOn(host, await next.play());
        const { title } = next;
        differences.push(...found.map((difference) => `${title}: ${difference}`));
      }
    }),
  );
  return differences;
}
