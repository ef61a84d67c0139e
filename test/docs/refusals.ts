import { ZfsVmError } from '../../src/base/errors.js';
import type { CloneFault } from '../../src/plan/plan-clone.js';
import type { RenameObstacle } from '../../src/plan/plan-rename.js';
import type { RestoreFault } from '../../src/plan/plan-restore.js';
import type { UntagObstacle } from '../../src/plan/plan-untag.js';
import { describeRenameObstacle, describeUntagObstacle } from '../../src/report/retag/describe-retag.js';
import { describeCloneFault } from '../../src/tasks/clone/clone-fault.js';
import { describeRestoreFault } from '../../src/tasks/restore/restore-fault.js';
import { isTagged, type Snapshot } from '../../src/streamline/dataset.js';
import { readTag } from '../../src/streamline/tag.js';

/** An entry: what leads to a refusal, and one such refusal. */
interface Entry<Reason, Kind> {
  readonly cause: string;
  readonly example: Reason & { readonly kind: Kind };
}

/** An entry for every kind of a reason; the compiler asks for a new one. */
type Entries<Reason extends { readonly kind: string }> = {
  readonly [Kind in Reason['kind']]: Entry<Extract<Reason, { kind: Kind }>, Kind>;
};

const snapshot = 'tank/vm@zfs-vm:web:1';

const restoreFaults: Entries<RestoreFault> = {
  ambiguous: {
    cause: 'Several datasets come from the version, and none is named.',
    example: { kind: 'ambiguous', candidates: ['tank/vm', 'tank/work'] },
  },
  unrelated: {
    cause: 'The dataset does not come from the version, so it cannot go back to it.',
    example: { kind: 'unrelated', dataset: 'tank/other' },
  },
  'pool-root': {
    cause: 'A restore renames the dataset, and ZFS cannot rename the root of a pool.',
    example: { kind: 'pool-root', dataset: 'tank' },
  },
  receiving: {
    cause: 'An interrupted receive is in the dataset.',
    example: { kind: 'receiving', dataset: 'tank/vm' },
  },
  locked: {
    cause: 'A clone of an encrypted dataset needs its key.',
    example: { kind: 'locked', dataset: 'tank/vm', root: 'tank/secret' },
  },
  'encryption-root': {
    cause: 'The dataset inherits its key, and ZFS does not rename it to where it would lose that.',
    example: { kind: 'encryption-root', dataset: 'tank/secret/vm', root: 'tank/secret' },
  },
  'name-too-long': {
    cause: 'The name with the time added exceeds the ZFS limit of 255 characters.',
    example: { kind: 'name-too-long', dataset: 'tank/a-very-long-name' },
  },
};

const cloneFaults: Entries<CloneFault> = {
  exists: {
    cause: 'The name of the clone is in use.',
    example: { kind: 'exists', origin: snapshot },
  },
  'no-pool': {
    cause: 'This machine has no pool with the name that the clone begins with.',
    example: { kind: 'no-pool', pools: ['fast'] },
  },
  'no-parent': {
    cause: 'The parent of the clone does not exist.',
    example: { kind: 'no-parent', parent: 'tank/work' },
  },
  'parent-is-volume': {
    cause: 'A volume cannot contain datasets.',
    example: { kind: 'parent-is-volume', parent: 'tank/work' },
  },
  'other-pool': {
    cause: 'A clone shares blocks with its version, so it is in the same pool.',
    example: { kind: 'other-pool', pools: ['fast'] },
  },
  ambiguous: {
    cause: 'Several datasets have a version of this name, with different content.',
    example: {
      kind: 'ambiguous',
      candidates: [readSnapshot('tank/vm@zfs-vm:web:1', 1n), readSnapshot('tank/old@zfs-vm:web:1', 2n)],
    },
  },
  'bad-name': {
    cause: 'A member of the tree would get a name that ZFS does not allow.',
    example: { kind: 'bad-name', destination: 'tank/work/a-very-long-name', fault: 'it is too long' },
  },
};

const untagObstacles: Entries<UntagObstacle> = {
  clones: {
    cause: 'ZFS does not destroy a snapshot that has clones.',
    example: { kind: 'clones', snapshot, clones: ['tank/work'] },
  },
  held: {
    cause: 'Somebody, or a transfer that is running, holds the snapshot.',
    example: { kind: 'held', snapshot },
  },
  'partial-receive': {
    cause: 'An interrupted receive continues from the version.',
    example: { kind: 'partial-receive', snapshot, at: 'tank/vm' },
  },
  'newest-sent': {
    cause: 'The next version would get the same name and be another snapshot than that on the other host.',
    example: { kind: 'newest-sent', snapshot },
  },
  'copy-written': {
    cause: 'Without its newest snapshot, a copy can no longer be told from one with changes.',
    example: { kind: 'copy-written', snapshot },
  },
  'last-snapshot': {
    cause: 'Without a snapshot, a copy can receive nothing.',
    example: { kind: 'last-snapshot', snapshot },
  },
};

const renameObstacles: Entries<RenameObstacle> = {
  exists: {
    cause: 'Another snapshot has the new name.',
    example: { kind: 'exists', snapshot, by: 'tank/vm@zfs-vm:web:2' },
  },
  'other-image': {
    cause:
      'Another image has the streamline of the new name. Versions of two images in one streamline could not be told apart.',
    example: { kind: 'other-image', snapshot, by: 'tank/ct@zfs-vm:web:2' },
  },
  order: {
    cause: 'Versions are ordered by their numbers, and a new name cannot change the order of snapshots.',
    example: { kind: 'order', snapshot, neighbour: 'web:2', isAfter: true },
  },
  held: {
    cause: 'ZFS does not rename a snapshot that is held.',
    example: { kind: 'held', snapshot },
  },
  'name-too-long': {
    cause: 'ZFS limits full names to 255 characters.',
    example: { kind: 'name-too-long', snapshot },
  },
};

function readSnapshot(fullName: string, guid: bigint): Snapshot & { tag: NonNullable<Snapshot['tag']> } {
  const [dataset = '', name = ''] = fullName.split('@');
  const reading = readTag(name);
  const tag = reading.kind === 'tag' ? reading.tag : undefined;
  const found: Snapshot = { ...{ kind: 'snapshot', dataset, name, guid, createtxg: 1 }, tag };
  if (!isTagged(found)) throw new Error(`${fullName} is no version`);
  return found;
}

/** What a command does not do, and what can be done about it. */
export interface Refusal {
  readonly kind: string;
  readonly cause: string;
  readonly message: string;
  readonly hint: string;
}

/** The commands that refuse something with a kind, each with its refusals. */
export interface RefusingCommand {
  readonly command: string;
  readonly refusals: readonly Refusal[];
}

/**
 * Every kind of refusal, with an example of its message and of what to do.
 * @param rename changes names in the examples
 */
export function listRefusals(rename: <Value>(value: Value) => Value = (value) => value): RefusingCommand[] {
  const [version, target, host] = [rename('web:1'), rename('tank/new'), 'b'];
  const toRefusals = <Reason extends { readonly kind: string }>(
    entries: Readonly<Record<string, Entry<Reason, string>>>,
    describe: (reason: Reason) => ZfsVmError | { readonly summary: string; readonly hint: string },
  ): Refusal[] =>
    Object.entries(entries).map(([kind, { cause, example }]) => {
      const said = describe(rename(example));
      const message = said instanceof ZfsVmError ? said.message : said.summary;
      return { kind, cause, message, hint: said.hint ?? '' };
    });
  return [
    {
      command: 'restore',
      refusals: toRefusals<RestoreFault>(restoreFaults, (fault) => describeRestoreFault(fault, version)),
    },
    {
      command: 'clone',
      refusals: toRefusals<CloneFault>(cloneFaults, (fault) => describeCloneFault(fault, target)),
    },
    {
      command: 'untag',
      refusals: toRefusals<UntagObstacle>(untagObstacles, (obstacle) =>
        describeUntagObstacle(obstacle, host),
      ),
    },
    {
      command: 'rename',
      refusals: toRefusals<RenameObstacle>(renameObstacles, (obstacle) =>
        describeRenameObstacle(obstacle, host),
      ),
    },
  ];
}
