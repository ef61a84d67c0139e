import type { AsideObstacle } from '../../plan/aside.js';
import type { Conflict } from '../../plan/conflict.js';
import { fullNameOf, nameForPeople, type Snapshot } from '../../streamline/dataset.js';
import { nameHost, qualify } from '../../base/host-words.js';
import { isPoolRoot } from '../../zfs/names.js';
import { formatBytes, formatCount } from '../quantities.js';
import type { Ends } from './describe-plan.js';

/** A conflict in words: what is wrong, with the evidence. */
export function describeConflict({ source, streamlines, reason }: Conflict, ends: Ends): string {
  const what = streamlines.length === 0 ? source : `${streamlines.join(', ')} in ${source}`;
  return `${what}: ${describeReason({ source, reason }, ends)}`;
}

/** Why what was changed on a receiver cannot be set aside, as the end of a sentence. */
function describeAsideObstacle(obstacle: AsideObstacle | null | undefined): string {
  if (obstacle === null || obstacle === undefined) return '';
  return `; --set-aside is not possible, because ${explainObstacle(obstacle)}`;
}

function explainObstacle(obstacle: AsideObstacle): string {
  switch (obstacle.kind) {
    case 'pool-root':
      return 'it is the root of a pool';
    case 'datasets-below': {
      const [first = '', ...others] = obstacle.names;
      return `${first}${others.length > 0 ? ` and ${others.length} more are` : ' is'} below it`;
    }
    case 'tree-in-conflict':
      return `its tree ${obstacle.above} has a conflict`;
    case 'encryption-root':
      return `it uses the key of ${obstacle.root}, and ZFS can rename it only below that`;
    case 'name-too-long':
      return 'the new name would be too long for ZFS';
  }
}

/** What keeps snapshots from being destroyed, as the end of a sentence. */
function describeHeld(held: readonly Snapshot[], done = 'rolled back'): string {
  const [first] = held;
  if (first === undefined) return '';
  return `; not ${done}, because ${fullNameOf(first)}${held.length > 1 ? ` and ${held.length - 1} more are` : ' is'} held`;
}

function describeReason(
  { source, reason }: Pick<Conflict, 'source' | 'reason'>,
  { senderName, receiverName }: Ends,
): string {
  const [sender, receiver] = [nameHost(senderName), nameHost(receiverName)];
  const there = (name: string): string => qualify(receiverName, name);
  switch (reason.kind) {
    case 'diverged': {
      const [newest] = reason.receiverOnly;
      const more = reason.receiverOnly.length - 1;
      const what = newest === undefined ? 'snapshots' : nameForPeople(newest);
      return `diverged after ${nameForPeople(reason.common)}: ${there(reason.destination)} has ${what}${more > 0 ? ` and ${more} more` : ''}, which ${source} on ${sender} does not have${describeHeld(reason.held)}${describeAsideObstacle(reason.asideObstacle)}`;
    }
    case 'version-differs':
      return `${nameForPeople(reason.ours)} differs: ${there(fullNameOf(reason.theirs))} has the GUID ${reason.theirs.guid}, ${qualify(senderName, fullNameOf(reason.ours))} has the GUID ${reason.ours.guid}${describeHeld(reason.held ?? [])}${describeAsideObstacle(reason.asideObstacle)}`;
    case 'modified':
      return `${there(reason.destination)} has ${formatBytes(reason.writtenBytes)} of changes after ${nameForPeople(reason.common)} that are in no snapshot: it was written to or mounted, or its newest snapshot was destroyed${describeAsideObstacle(reason.asideObstacle)}`;
    case 'past-promoted':
      return `${there(reason.destination)} has no snapshot left to continue from: its clone ${reason.holder} was promoted on ${receiver} and now has ${nameForPeople(reason.base)}`;
    case 'half-moved':
      return `${there(reason.dataset)} is the copy, but ${receiver} stopped while it was being renamed from ${reason.before}`;
    case 'copy-unclear':
      return reason.candidates.length === 1
        ? `cannot tell whether ${there(reason.candidates.join())} is the copy: it has ${nameForPeople(reason.base)}, but was changed since`
        : `cannot tell which dataset on ${receiver} is the copy: ${reason.candidates.join(', ')}`;
    case 'passed-by':
      return `${there(reason.destination)} cannot receive ${nameForPeople(reason.newest)}: it has ${nameForPeople(reason.base)}, which was created later, and ZFS cannot insert older snapshots`;
    case 'no-common-version':
      return `${receiver} has ${reason.streamline} with different content (${fullNameOf(reason.theirs)}): no common version`;
    case 'destination-exists': {
      if (reason.promotedFrom !== undefined) {
        return `the snapshots that ${there(reason.destination)} was received from now belong to ${reason.copyOf ?? ''}, which was promoted on ${sender}: ZFS cannot continue a dataset as a clone`;
      }
      const dependents = reason.dependents.length;
      const something = isPoolRoot(reason.destination)
        ? 'the root of a pool, which ZFS cannot rename or destroy'
        : reason.tiedTo !== undefined
          ? `encrypted with the key of ${reason.tiedTo}: ZFS can rename it only below that, so it cannot be replaced`
          : reason.isMarked === true
            ? 'marked as the copy of another dataset, or was set aside'
            : 'another dataset';
      const what = reason.copyOf === undefined ? something : `the copy of ${reason.copyOf}`;
      const held = describeHeld(reason.held ?? [], 'replaced');
      return `destination ${there(reason.destination)} already exists and is ${what}${held}${dependents > 0 ? `, with ${formatCount(dependents, 'dataset')} below it or cloned from it` : ''}`;
    }
    case 'partial-receive':
      return `${there(reason.destination)} has an interrupted receive of ${reason.of ?? 'an unknown snapshot'}, but another snapshot would be sent next`;
    case 'not-encrypted':
      return `the dataset is encrypted on ${sender}, but its copy ${there(reason.destination)} is not: it cannot receive raw increments`;
    case 'encrypted-anew':
      return `${there(reason.destination)} was received decrypted and encrypted again on ${receiver}: it cannot receive raw increments after ${nameForPeople(reason.common)}`;
    case 'encryption-root-changed':
      return `${there(reason.destination)} inherits its key from ${reason.root}, which is not the copy of ${reason.expected}: after another version, no key could open it`;
    case 'key-not-loaded':
      return `${there(reason.destination)} ${reason.isNew ? 'would be' : 'is'} encrypted with the key of ${reason.root}, which is not loaded`;
    case 'place-in-clear':
      return `${there(reason.destination)} would be stored unencrypted below the encrypted dataset ${reason.below}`;
    case 'name-taken':
      return `destination ${there(reason.destination)} is already used for ${reason.by}`;
    case 'name-too-long':
      return `the destination name is too long for ZFS: ${reason.destination}`;
    case 'no-pool':
      return `cannot create ${reason.destination}: ${receiver} has no pool "${reason.pool}"`;
    case 'parent-is-volume':
      return `the parent ${there(reason.parent)} is a volume and cannot contain datasets`;
    case 'parent-without-place':
      return reason.elsewhere === undefined
        ? `its parent ${reason.parent} has no copy on ${receiver}`
        : `its parent ${reason.parent} may be ${there(reason.elsewhere)}, but nothing identifies that as the copy`;
    case 'origin-missing':
      return `it is a clone of ${reason.origin}, and ${receiver} has no snapshot to clone it from, not even ${nameForPeople(reason.nearest)}`;
    case 'origin-in-other-pool':
      return `it is a clone of ${there(reason.origin)}, which is in another pool than the destination ${reason.destination}`;
  }
}
