import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { makeSequence, playSimulated, type Played } from '../sim/conformance.js';
import { encryptionSequences } from '../sim/conformance-encryption.js';
import { regressions } from '../sim/conformance-regressions.js';
import type { ZfsVersion } from '../sim/pools.js';
import { startLab, type Lab } from './lab.js';
import type { LabHost } from './lab-host.js';
import { findDifferencesOn } from './play-sequence.js';
import { acquireLab, type SharedLab } from './shared-lab.js';

/** How long a random sequence is, and from which seeds they are made. */
const length = 60;
const seeds = [1, 2, 3, 4, 5];

let shared: SharedLab | undefined;
before(async () => {
  shared = await acquireLab();
});
after(() => shared?.release());

describe('the simulator does what OpenZFS 2.3 does', () => {
  testSequences('2.3', () => shared?.lab.hosts ?? []);
});

describe('the simulator does what OpenZFS 2.1 does', () => {
  let lab: Lab | undefined;
  before(async () => {
    const hosts = [{ name: 'a', kind: '2.1' }];
    // The other processor is for the lab of the tests that run meanwhile.
    lab = await startLab({ name: `conformance-${process.pid}`, hosts, cpuCount: 1, memoryMib: 1024 });
  });
  after(() => lab?.stop());

  testSequences('2.1', () => lab?.hosts ?? []);
});

function testSequences(version: ZfsVersion, getHosts: () => readonly LabHost[]): void {
  test('in random sequences, of 300 operations together', async () => {
    assert.equal(seeds.length * length, 300);
    const sequences = seeds.map((seed) => ({
      title: `seed ${seed}`,
      play: () => makeSequence(seed, length, version),
    }));
    assert.deepEqual(await compare(getHosts(), version, sequences), []);
  });

  test('in sequences that found a difference, and in those about encryption', async () => {
    const sequences = [...regressions, ...encryptionSequences].map(({ title, operations }) => ({
      title,
      play: () => playSimulated(operations, version),
    }));
    assert.deepEqual(await compare(getHosts(), version, sequences), []);
  });
}

interface Sequence {
  readonly title: string;
  readonly play: () => Promise<Played>;
}

/** Plays the sequences, on each host one after another; gives what differs. */
async function compare(
  hosts: readonly LabHost[],
  version: ZfsVersion,
  sequences: readonly Sequence[],
): Promise<string[]> {
  assert.notEqual(hosts.length, 0);
  const left = [...sequences];
  const differences: string[] = [];
  await Promise.all(
    hosts.map(async (host) => {
      assert.ok(host.zfsVersion.startsWith(`${version}.`), host.zfsVersion);
      await host.freshPool();
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        const found = await findDifferencesOn(host, await next.play());
        const { title } = next;
        differences.push(...found.map((difference) => `${title}: ${difference}`));
      }
    }),
  );
  return differences;
}
