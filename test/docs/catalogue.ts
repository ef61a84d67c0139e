import { describeConflict } from '../../src/report/plan/describe-conflict.js';
import { suggestResolution } from '../../src/report/plan/suggest-resolution.js';
import type { ErrorKind } from '../../src/base/errors.js';
import { exitCodes } from '../../src/base/errors.js';
import type { ConflictKind, ConflictReason } from '../../src/plan/conflict.js';
import type { Snapshot } from '../../src/streamline/dataset.js';
import { readTag } from '../../src/streamline/tag.js';
import { listRefusals } from './refusals.js';

/** An entry: what leads to a conflict, and one such conflict. */
interface Entry<Kind extends ConflictKind> {
  readonly cause: string;
  readonly example: ConflictReason & { readonly kind: Kind };
}

/** One error kind: when it occurs, and what to do. */
interface ErrorEntry {
  readonly cause: string;
  readonly resolution: string;
}

function snapshot(fullName: string, guid = 1n): Snapshot {
  const [dataset = '', name = ''] = fullName.split('@');
  const reading = readTag(name);
  return {
    ...{ kind: 'snapshot', dataset, name, guid, createtxg: 1 },
    tag: reading.kind === 'tag' ? reading.tag : undefined,
  };
}

const one = snapshot('tank/vm@zfs-vm:web:1');
const two = snapshot('tank/vm@zfs-vm:web:2');
const theirs = snapshot('tank/vm@zfs-vm:web:2', 2n);

/** Every conflict kind; the compiler asks for a new one. */
const conflicts: { readonly [Kind in ConflictKind]: Entry<Kind> } = {
  diverged: {
    cause: 'Both hosts have snapshots after the newest common version: someone created one on the receiver.',
    example: {
      ...{ kind: 'diverged', destination: 'tank/vm', common: one, receiverOnly: [theirs], clones: [] },
      ...{ isForeign: false, held: [], asideObstacle: null },
    },
  },
  'version-differs': {
    cause: 'The same version was created on both hosts, with different content.',
    example: { kind: 'version-differs', ours: two, theirs, undo: 'rollback', asideObstacle: null },
  },
  modified: {
    cause: 'The copy was written to or mounted after its newest snapshot, or that snapshot was destroyed.',
    example: {
      ...{ kind: 'modified', destination: 'tank/vm', common: one, writtenBytes: 14336 },
      ...{ isForeign: false, asideObstacle: null },
    },
  },
  'past-promoted': {
    cause: 'A clone of the copy was promoted on the receiver and took over the snapshots of the copy.',
    example: { kind: 'past-promoted', destination: 'tank/vm', holder: 'tank/work', base: one },
  },
  'half-moved': {
    cause: 'The receiver stopped while `--set-aside` or `--replace` was renaming the copy.',
    example: {
      ...{ kind: 'half-moved', dataset: 'tank/vm-set-aside-20260101T000000Z', before: 'tank/vm' },
      taken: 'free',
    },
  },
  'copy-unclear': {
    cause: 'Several datasets on the receiver have common versions, and none is marked as the copy.',
    example: {
      ...{ kind: 'copy-unclear', candidates: ['backup/vm', 'tank/old'], base: one },
      ...{ place: 'tank/vm', isFree: true },
    },
  },
  'passed-by': {
    cause: 'The receiver has a snapshot that is newer than the version to send. ZFS only appends snapshots.',
    example: {
      ...{ kind: 'passed-by', destination: 'tank/vm', newest: two },
      base: snapshot('tank/vm@zfs-vm:web:3'),
    },
  },
  'no-common-version': {
    cause: 'The receiver has a streamline of the same name whose versions are all different.',
    example: { kind: 'no-common-version', streamline: 'web', theirs },
  },
  'destination-exists': {
    cause: 'A new dataset would be created under a name that is in use.',
    example: { kind: 'destination-exists', destination: 'tank/vm', dependents: [] },
  },
  'partial-receive': {
    cause: 'Another program, or a transfer of another snapshot, left an interrupted receive.',
    example: { kind: 'partial-receive', destination: 'tank/vm', of: 'tank/vm@daily' },
  },
  'not-encrypted': {
    cause: 'The dataset is encrypted, but its copy was created without encryption.',
    example: { kind: 'not-encrypted', destination: 'tank/vm' },
  },
  'encrypted-anew': {
    cause: 'The copy was sent decrypted and encrypted with a key of the receiver.',
    example: { kind: 'encrypted-anew', destination: 'tank/vm', common: one },
  },
  'encryption-root-changed': {
    cause: 'The copy inherits its key from a dataset that is not the copy of the encryption root.',
    example: {
      ...{ kind: 'encryption-root-changed', destination: 'tank/vm', common: one },
      ...{ root: 'tank', expected: 'secret' },
    },
  },
  'key-not-loaded': {
    cause: 'The destination is below an encrypted dataset whose key is not loaded.',
    example: { kind: 'key-not-loaded', destination: 'tank/vm', isNew: true, root: 'tank' },
  },
  'place-in-clear': {
    cause:
      'A parent was created without encryption while the key was not loaded, so the data would be unencrypted.',
    example: { kind: 'place-in-clear', destination: 'tank/x/vm', below: 'tank' },
  },
  'name-taken': {
    cause:
      'Two datasets would be created under the same name, e.g. because both end with it and `-d` is given.',
    example: { kind: 'name-taken', destination: 'backup/vm', by: 'fast/vm' },
  },
  'name-too-long': {
    cause: 'ZFS limits full names to 255 characters.',
    example: { kind: 'name-too-long', destination: 'backup/a-very-long-name' },
  },
  'no-pool': {
    cause: 'The receiver has no pool with the name that the new dataset would begin with.',
    example: { kind: 'no-pool', destination: 'fast/vm', pool: 'fast' },
  },
  'parent-is-volume': {
    cause: 'A volume cannot contain datasets.',
    example: { kind: 'parent-is-volume', destination: 'tank/disk/vm', parent: 'tank/disk' },
  },
  'parent-without-place': {
    cause: 'The parent of a tree member has a conflict, or its copy cannot be identified.',
    example: { kind: 'parent-without-place', parent: 'tank/vm' },
  },
  'origin-missing': {
    cause: 'A clone can only be received where its origin, or another snapshot of that history, exists.',
    example: { kind: 'origin-missing', origin: 'tank/base@zfs-vm:debian:7', nearest: one },
  },
  'origin-in-other-pool': {
    cause: 'A clone must be in the same pool as its origin.',
    example: { kind: 'origin-in-other-pool', origin: 'fast/base', destination: 'tank/vm' },
  },
};

const errors: { readonly [Kind in ErrorKind]: ErrorEntry } = {
  failed: {
    cause: 'A command on a host failed, or its output was not understood.',
    resolution:
      'The message has the output of that command. What was received is kept: fix the cause and run the same command again.',
  },
  usage: {
    cause: 'The command line or the configuration file is wrong. Nothing was done.',
    resolution: 'Correct the argument that the message names; `zfs-vm COMMAND --help` lists the options.',
  },
  conflict: {
    cause: 'Doing it would lose data, ZFS refuses it permanently, or a question was not answered with "yes".',
    resolution: 'See the conflicts below. Everything else was done.',
  },
  connection: {
    cause: 'A host cannot be reached, refuses the login or the use of zfs, or was lost after all retries.',
    resolution:
      'Check the login with `ssh HOST` and the permissions with `zfs-vm doctor HOST`, then run the same command again.',
  },
  interrupted: {
    cause: 'The command was interrupted, e.g. with Ctrl-C.',
    resolution: 'What was received is kept: run the same command again to continue.',
  },
};

const ends = { senderName: 'local', receiverName: 'b' };

/** One conflict of each kind. */
export function listExamples(): ConflictReason[] {
  return Object.values<Entry<ConflictKind>>(conflicts).map(({ example }) => example);
}

/** Every conflict kind with an example of its message and of how it is resolved. */
export function listConflicts(): { kind: string; cause: string; message: string; resolution: string }[] {
  return Object.entries(conflicts).map(([kind, { cause, example }]) => ({
    ...{ kind, cause },
    message: describeConflict({ source: 'tank/vm', streamlines: ['web'], reason: example }, ends),
    resolution: suggestResolution(example, ends),
  }));
}

/** docs/messages.md, as `npm run docs` writes it. */
export function formatCatalogue(): string {
  return [
    '<!-- written by "npm run docs" from test/docs/catalogue.ts: do not edit -->',
    '',
    '# Errors and conflicts',
    '',
    'Every message is followed by a line that begins with `try:` or `to resolve:`. Commands in it can be pasted; run them on the host that the line names.',
    '',
    '## Errors',
    '',
    ...Object.entries(errors).flatMap(([kind, { cause, resolution }]) => [
      `### ${kind}`,
      '',
      `Exit code ${exitCodes[kind as ErrorKind]}. ${cause}`,
      '',
      resolution,
      '',
    ]),
    '## Conflicts',
    '',
    'A conflict leaves its dataset as it is; all others are transferred, and the command ends with exit code 3. The kind is in the JSON (`kind`). In the examples, this machine pushes to b. [Conflicts](conflicts.md) says how to choose between the ways to resolve one.',
    '',
    ...listConflicts().flatMap(({ kind, cause, message, resolution }) => [
      `### ${kind}`,
      '',
      cause,
      '',
      `    conflict: ${message}`,
      `      to resolve: ${resolution}`,
      '',
    ]),
    ...listRefusals().flatMap(({ command, refusals }) => [
      `## Refusals of ${command}`,
      '',
      ...refusals.flatMap(({ kind, cause, message, hint }) => [
        `### ${kind}`,
        '',
        cause,
        '',
        `    zfs-vm: ${message}`,
        `      try: ${hint}`,
        '',
      ]),
    ]),
  ].join('\n');
}
