import type { Chain, Conflict, ConflictReason, Step } from '../plan/plan.js';
import { fullNameOf, isTagged, type Snapshot } from '../streamline/dataset.js';
import { formatTagShort } from '../streamline/tag.js';

/** What a step sends and from what, e.g. `incremental since debian-7:3`. */
export function describeStep(step: Step): string {
  switch (step.kind) {
    case 'full':
      return 'full';
    case 'incremental':
      return `incremental since ${nameForPeople(step.from)}`;
    case 'clone':
      return `clone of ${nameForPeople(step.from)}`;
  }
}

/** Where a chain goes, e.g. `tank/vm/7 -> fjoe@b:backup/7`. */
export function describeRoute(chain: Chain, receiverName: string): string {
  return `${chain.source} -> ${receiverName}:${chain.destination}`;
}

/** A conflict in words: what is wrong, with the evidence. */
export function describeConflict({ source, streamlines, reason }: Conflict, receiverName: string): string {
  return `${streamlines.join(', ')} in ${source}: ${describeReason(reason, receiverName)}`;
}

/** The way out of a conflict, in words. */
export function suggestWayOut(reason: ConflictReason): string {
  switch (reason.kind) {
    case 'diverged':
      return `if what the receiver has there may go, destroy it by hand ("zfs rollback -r ${reason.destination}@${reason.common.name}"); otherwise tag it there and pull it under another name`;
    case 'passed-by':
      return 'nothing to do unless you need these very versions; the next tag will be sent again';
    case 'no-common-version':
      return 'the two have nothing in common: give one of them another streamline name';
    case 'destination-exists':
      return 'choose another place with -d, or rename that dataset';
    case 'partial-receive':
      return `drop it with "zfs receive -A ${reason.destination}" on the receiver, then run this again`;
    case 'name-taken':
      return 'choose one of them with -n, and send the other with another -d';
    case 'name-too-long':
      return 'choose a shorter place with -d';
    case 'no-pool':
      return 'name a place that exists with -d';
    case 'parent-is-volume':
      return 'choose another place with -d';
    case 'origin-missing':
      return `send ${reason.nearest.tag.streamline} as well (leave out -n, or add -n ${reason.nearest.tag.streamline})`;
    case 'origin-in-other-pool':
      return 'choose a place in that pool with -d';
  }
}

function describeReason(reason: ConflictReason, receiverName: string): string {
  switch (reason.kind) {
    case 'diverged': {
      const [newest] = reason.receiverOnly;
      const more = reason.receiverOnly.length - 1;
      const what = newest === undefined ? 'snapshots' : nameForPeople(newest);
      return `diverged: after ${nameForPeople(reason.common)}, ${receiverName}:${reason.destination} went on with ${what}${more > 0 ? ` and ${more} more` : ''}, which the sender doesn't have there`;
    }
    case 'passed-by':
      return `${receiverName}:${reason.destination} already holds ${nameForPeople(reason.base)}, which is newer than ${nameForPeople(reason.newest)}, and ZFS can't insert older snapshots`;
    case 'no-common-version':
      return `${receiverName} has ${reason.streamline} already (${fullNameOf(reason.theirs)}), with other content: no version is the same on both sides`;
    case 'destination-exists':
      return `${receiverName} already has ${reason.destination}, and it is something else`;
    case 'partial-receive':
      return `${receiverName}:${reason.destination} has an interrupted receive, which this version of zfs-vm can't resume`;
    case 'name-taken':
      return `${reason.by} goes to ${receiverName}:${reason.destination} already`;
    case 'name-too-long':
      return `its name on the receiver would be too long for ZFS: ${reason.destination}`;
    case 'no-pool':
      return `it would go to ${reason.destination}, and ${receiverName} has no pool "${reason.pool}"`;
    case 'parent-is-volume':
      return `${reason.parent} on ${receiverName} is a volume, so nothing can be below it`;
    case 'origin-missing':
      return `it is a clone of ${reason.origin}, and ${receiverName} has nothing that it was cloned from, not even ${formatTagShort(reason.nearest.tag)}`;
    case 'origin-in-other-pool':
      return `it is a clone, and what it was cloned from is ${receiverName}:${reason.origin}, in another pool than ${reason.destination}`;
  }
}

/** A version by its tag, any other snapshot by its full name. */
function nameForPeople(snapshot: Snapshot): string {
  return isTagged(snapshot) ? formatTagShort(snapshot.tag) : fullNameOf(snapshot);
}
