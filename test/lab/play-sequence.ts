import { findDifferences, readOutcomes, scriptSequence, type Played } from '../sim/conformance.js';
import type { LabHost } from './lab-host.js';

/** Plays a sequence on a host, whose pool it empties, and tells what differs from the simulator. */
export async function findDifferencesOn(host: LabHost, played: Played): Promise<string[]> {
  await host.freshPool();
  const script = scriptSequence(played.operations);
  const { stdout } = await host.run('cat > /run/sequence && sh /run/sequence </dev/null 2>&1', {
    stdin: script,
    timeoutMs: 300_000,
  });
  return findDifferences(played, readOutcomes(stdout));
}
