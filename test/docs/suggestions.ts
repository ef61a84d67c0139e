import type { ConflictKind, ConflictReason, ReasonOf } from '../../src/plan/conflict.js';
import { describeFinding } from '../../src/report/doctor/describe-finding.js';
import { suggestResolution } from '../../src/report/plan/suggest-resolution.js';
import { ZfsVmError } from '../../src/base/errors.js';
import type { Finding } from '../../src/tasks/doctor/finding.js';
import { listExamples } from './catalogue.js';
import { listRefusals } from './refusals.js';

/** What a message suggests, after `try:` or `to resolve:`. */
export interface Suggestion {
  readonly kind: string;
  readonly text: string;
}

const ends = { senderName: 'local', receiverName: 'b' };

/** Where the resolution depends on more than the kind: each way that the examples do not take. */
const variants: {
  readonly [Kind in ConflictKind]?: (example: ReasonOf<Kind>) => ConflictReason[];
} = {
  diverged: (example) => [
    { ...example, isForeign: true },
    { ...example, held: example.receiverOnly },
    { ...example, clones: ['tank/work'] },
    { ...example, asideObstacle: { kind: 'datasets-below', names: ['tank/vm/a'] } },
  ],
  'version-differs': (example) => [
    { ...example, isForeign: true },
    { ...example, held: [example.theirs] },
    { ...example, clones: ['tank/work'] },
    { kind: example.kind, ours: example.ours, theirs: example.theirs, undo: 'replace' },
    { kind: example.kind, ours: example.ours, theirs: example.theirs, undo: undefined, isElsewhere: true },
  ],
  modified: (example) => [
    { ...example, isForeign: true },
    { ...example, asideObstacle: { kind: 'name-too-long' } },
  ],
  'half-moved': (example) => [
    { ...example, taken: 'clone' },
    { ...example, taken: 'other' },
  ],
  'copy-unclear': (example) => [
    { ...example, isFree: false },
    { ...example, isFree: false, place: undefined },
  ],
  'no-common-version': (example) => [
    { ...example, isElsewhere: true },
    { ...example, copyOf: 'tank/a' },
    { kind: 'destination-exists', destination: 'tank/vm', dependents: [], held: [example.theirs] },
  ],
  'destination-exists': (example) => [
    { ...example, tiedTo: 'tank/secret' },
    { ...example, promotedFrom: 'tank/vm', copyOf: 'tank/work' },
    { ...example, isMarked: true },
  ],
  'parent-without-place': (example) => [{ ...example, elsewhere: 'tank/x/vm' }],
};

function listVariants(example: ConflictReason): ConflictReason[] {
  const vary = variants[example.kind] as ((example: ConflictReason) => ConflictReason[]) | undefined;
  return vary?.(example) ?? [];
}

const error = new ZfsVmError('failed', 'permission denied', { hint: 'run "zfs list"' });

/** A finding of each kind, as it is when there is something to do; the compiler asks for a new one. */
const findings: { readonly [Kind in Finding['kind']]: Extract<Finding, { kind: Kind }> } = {
  local: { level: 'ok', kind: 'local' },
  connection: {
    ...{ level: 'ok', kind: 'connection', transport: 'ssh2', isAsked: false, reasons: [], elapsedMs: 1 },
  },
  unreachable: { level: 'fault', kind: 'unreachable', error },
  gate: { level: 'fault', kind: 'gate', error },
  'host-key': { level: 'ok', kind: 'host-key', fingerprint: undefined },
  sessions: { level: 'warning', kind: 'sessions', reason: 'refused' },
  speed: { level: 'ok', kind: 'speed', roundTripMs: 1, upload: 1, download: 1 },
  account: { level: 'ok', kind: 'account', user: 'pat', isRoot: false, shell: '/bin/sh' },
  banner: { level: 'note', kind: 'banner', text: 'hello' },
  programs: { level: 'fault', kind: 'programs', missing: ['awk'] },
  zstd: { level: 'note', kind: 'zstd', isThere: false },
  clock: { level: 'warning', kind: 'clock', skewSeconds: 100 },
  'zfs-unusable': { level: 'fault', kind: 'zfs-unusable', error },
  'zfs-version': { level: 'fault', kind: 'zfs-version', version: '0.8', kernelVersion: undefined },
  pools: { level: 'fault', kind: 'pools', names: [] },
  'pool-health': { level: 'warning', kind: 'pool-health', pool: 'my tank', health: 'DEGRADED' },
  'pool-readonly': { level: 'fault', kind: 'pool-readonly', pool: 'my tank' },
  'pool-features': { level: 'note', kind: 'pool-features', pool: 'my tank', disabled: ['large_blocks'] },
  'pool-space': { level: 'warning', kind: 'pool-space', pool: 'my tank', freeBytes: 1, percentUsed: 99 },
  quota: { level: 'warning', kind: 'quota', dataset: 'tank/vm', quotaBytes: 2, availableBytes: 1 },
  destination: { level: 'fault', kind: 'destination', dataset: 'tank/x/vm', missing: 'tank/x' },
  'destination-key': { level: 'warning', kind: 'destination-key', dataset: 'tank/vm', root: 'tank/vm' },
  rights: {
    ...{ level: 'fault', kind: 'rights', duty: 'receive', user: 'pat smith', place: 'tank/vm' },
    ...{ missing: ['create', 'mount'], wanted: ['create', 'mount', 'receive'] },
  },
  'all-rights': { level: 'ok', kind: 'all-rights', by: 'root' },
  'sudo-unusable': { level: 'fault', kind: 'sudo-unusable', error },
  sudo: { level: 'note', kind: 'sudo', isLogging: true },
  holds: { level: 'warning', kind: 'holds', count: 1, snapshots: ['tank/vm@a'] },
  'young-holds': { level: 'note', kind: 'young-holds', count: 1 },
  partials: { level: 'warning', kind: 'partials', datasets: ['tank/vm'], isResumable: false },
  asides: {
    ...{ level: 'note', kind: 'asides' },
    datasets: ['tank/vm-set-aside-20260101T000000Z', 'tank/vm-set-aside-20260102T000000Z'],
    cloned: [{ dataset: 'tank/vm-set-aside-20260102T000000Z', clones: ['tank/work'] }],
  },
  bookmarks: { level: 'note', kind: 'bookmarks', count: 5000 },
  'malformed-tags': { level: 'note', kind: 'malformed-tags', names: ['tank/vm@zfs-vm:a'] },
  'no-leftovers': { level: 'ok', kind: 'no-leftovers' },
  locks: { level: 'fault', kind: 'locks', error },
};

/**
 * What is suggested for every kind of conflict, refusal and finding.
 * @param rename changes names in what they are about
 */
export function listSuggestions(rename: <Value>(value: Value) => Value): Suggestion[] {
  return [
    ...listExamples()
      .flatMap((example) => [example, ...listVariants(example)])
      .map((reason) => ({
        kind: reason.kind,
        text: suggestResolution(rename(reason), ends),
      })),
    ...listRefusals(rename).flatMap(({ command, refusals }) =>
      refusals.map(({ kind, hint }) => ({ kind: `${command} ${kind}`, text: hint })),
    ),
    ...Object.values<Finding>(findings).flatMap((finding) => {
      const { remedy } = describeFinding(rename(finding), 'b');
      return remedy === undefined ? [] : [{ kind: `doctor ${finding.kind}`, text: remedy }];
    }),
  ];
}
