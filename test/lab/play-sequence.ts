import { readOutcomes, scriptSequence, type Played } from '../sim/conformance.js';
import { findDifferences } from '../sim/conformance-differences.js';
import type { LabHost } from './lab-host.js';
import { emptyPoolScript } from './pool-scripts.js';

/** Plays a sequence on a host, whose pool it empties, and tells what differs from the simulator. One round trip. */
export async function findDifferencesOn(host: LabHost, played: Played): Promise<string[]> {
  const { stdout } = await host.run('cat > /run/sequence && sh /run/sequence </dev/null 2>&1', {
    stdin: emptyPoolScript + scriptSequence(played.operations),
    timeoutMs: 300_000,
  });
  return findDifferences(played, readOutcomes(stdout));
}
