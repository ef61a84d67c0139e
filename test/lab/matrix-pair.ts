import { freshPools } from './client.js';
import type { Lab } from './lab.js';
import { startLab } from './lab.js';
import type { LabHost } from './lab-host.js';
import type { Outcome, Pair, Scenario } from './matrix-scenarios.js';

/** Two hosts of two kinds that run. */
export interface KindPair {
  /** Both directions. */
  readonly directions: readonly [Pair, Pair];
  readonly stop: () => Promise<void>;
}

/** Boots a host of each kind, and puts zfs-vm on both. */
export async function startKindPair(labName: string, kinds: readonly [string, string]): Promise<KindPair> {
  const [kindOfA, kindOfB] = kinds;
  const lab = await startLab({
    name: labName,
    hosts: [
      { name: 'a', kind: kindOfA },
      { name: 'b', kind: kindOfB },
    ],
  });
  try {
    const [a, b] = [lab.host('a'), lab.host('b')];
    await Promise.all([lab.deploy(a), lab.deploy(b)]);
    const directions = [await makePair(lab, a, b), await makePair(lab, b, a)] as const;
    return { directions, stop: () => lab.stop() };
  } catch (error) {
    await lab.stop();
    throw error;
  }
}

async function makePair(lab: Lab, sender: LabHost, receiver: LabHost): Promise<Pair> {
  return { sender, receiver, outside: await lab.makeOutsideClient(sender) };
}

/** What runs on a host, for the record. */
export async function describeHost(host: LabHost): Promise<string> {
  const { stdout } = await host.run('zfs version; echo "Linux $(uname -r)"');
  return stdout.trim().replaceAll('\n', ', ');
}

/** Takes away what a scenario that failed may have left mounted, which would keep the pool busy. */
const clearMounts = `pkill -x sha256sum
for folder in /run/zfs-vm-test /run/opened; do ! mountpoint -q $folder || umount $folder; done`;

/** Runs a scenario on empty pools. */
export async function runScenario(pair: Pair, scenario: Scenario): Promise<Outcome> {
  const { sender: a, receiver: b } = pair;
  await Promise.all([a, b].map((host) => host.run(clearMounts)));
  await freshPools({ a, b });
  return scenario.run(pair);
}
