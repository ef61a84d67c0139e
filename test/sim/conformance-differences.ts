import type { Outcome, Played } from './conformance.js';

/** What errors mean, by the words that tell it. */
const errorKinds: readonly (readonly [kind: string, words: RegExp])[] = [
  ['exists', /dataset already exists|destination '[^']*' exists|destination already exists|bookmark exists/],
  ['tag exists', /tag already exists/],
  ['no tag', /no such tag/],
  ['missing parent', /parent does not exist|unable to restore to destination/],
  ['parent is no filesystem', /parent is not a filesystem/],
  ['missing destination', /destination '[^']*' does not exist/],
  ['missing', /dataset does not exist|could not find any snapshots|bookmark '[^']*' does not exist/],
  ['has children', /has children/],
  ['has clones', /has dependent clones|clones of previous snapshots exist/],
  ['has newer', /more recent snapshots or bookmarks exist/],
  ['held', /it's being held/],
  ['busy', /dataset is busy/],
  ['no clone', /not a cloned filesystem/],
  ['name conflict', /conflicts with .* from target|conflicting snapshot/s],
  ['descendant', /cannot be a descendant/],
  ['other dataset', /snapshots must be part of same dataset/],
  ['not earlier', /not an earlier snapshot from the same fs/],
  ['source elsewhere', /incremental source must be in same filesystem/],
  ['not earlier than itself', /is not earlier than it/],
  ['is a clone', /destination '[^']*' is a clone/],
  ['no source', /incremental source .* (does not exist|no longer exists)/],
  ['no origin', /specified origin fs .* does not exist|local origin for clone .* does not exist/],
  ['no match', /does not\s+match incremental source/],
  ['modified', /has been modified\s+since most recent snapshot/],
  ['has snapshots', /destination has snapshots/],
  ['partial', /contains partially-complete state/],
  ['no partial', /does not have any resumable receive state/],
  ['resuming on existing', /Resuming recv on existing destination/],
  ['no token', /resume token is corrupt/],
  ['gone', /used in the initial send no longer exists/],
  ['saved', /Partially received snapshot is saved/],
  ['incomplete', /incomplete stream|failed to read from stream|invalid backup stream/],
  [
    'locked',
    /permission denied|cannot mount .* read-only|key must be loaded|key is not loaded|[Kk]ey not loaded/i,
  ],
  ['no key change', /Key change error/],
  ['other root', /Keys must be (un)?loaded for encryption root/],
  ['wrong key', /Incorrect key provided/],
  ['key is so already', /Key already (un)?loaded/],
  ['leaves its root', /cannot (?:move encrypted child|promote dataset) outside (?:of )?its encryption root/],
  ['other blocks', /IV set guid mismatch/],
  ['copy in clear', /cannot perform raw receive on top of existing unencrypted dataset/],
  ['not possible now', /kernel modules must be upgraded|incompatible embedded data stream/],
];

/** What an error means; the kinds of all that was said. */
export function classify(stderr: string): string {
  const kinds = errorKinds.filter(([, words]) => words.test(stderr)).map(([kind]) => kind);
  // How a sender tells that nobody reads any more depends on how much it had written by then.
  if (kinds.length > 0 || stderr.trim() === '' || /broken pipe|signal received/i.test(stderr)) {
    return kinds.join(', ');
  }
  return `unknown: ${stderr.trim()}`;
}

/**
 * What of a real host's outcomes differs from the simulator's, in words. Once the states differ, what follows means nothing any
 * more, and is left out.
 */
export function findDifferences({ operations, outcomes }: Played, real: readonly Outcome[]): string[] {
  const differences: string[] = [];
  for (const [index, operation] of operations.entries()) {
    const [ours, theirs] = [outcomes[index], real[index]];
    const text = operation.kind === 'write' ? `write ${operation.dataset}` : operation.script;
    const where = `operation ${index}: ${text}`;
    if (ours === undefined || theirs === undefined) return [...differences, `${where}\nwas not played`];
    const [kind, realKind] = [classify(ours.stderr), classify(theirs.stderr)];
    if (kind !== realKind || (ours.status === 0) !== (theirs.status === 0)) {
      differences.push(
        [
          where,
          `simulated: ${ours.status} (${kind}) ${ours.stderr.trim()}`,
          `real: ${theirs.status} (${realKind}) ${theirs.stderr.trim()}`,
        ].join('\n'),
      );
    }
    if (ours.state.join('\n') === theirs.state.join('\n')) continue;
    const lines = describeStates(ours.state, theirs.state);
    return [...differences, [`state after ${where}`, ...lines].join('\n')];
  }
  return differences;
}

function describeStates(ours: readonly string[], theirs: readonly string[]): string[] {
  const extra = ours.filter((line) => !theirs.includes(line)).map((line) => `simulated: ${line}`);
  const missing = theirs.filter((line) => !ours.includes(line)).map((line) => `real: ${line}`);
  if (extra.length + missing.length > 0) return [...extra, ...missing];
  return ['simulated, in this order:', ...ours, 'real, in this order:', ...theirs];
}
