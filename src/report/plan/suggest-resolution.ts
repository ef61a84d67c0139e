import { nameHost, qualify } from '../../base/host-words.js';
import { quoteWord, showCommand } from '../../base/shell.js';
import type { AsideObstacle } from '../../plan/aside.js';
import type { ConflictReason, ReasonOf } from '../../plan/conflict.js';
import { fullNameOf, isTagged, nameForPeople, type Snapshot } from '../../streamline/dataset.js';
import { baseNameOf, isPoolRoot } from '../../zfs/names.js';
import { roleProperty } from '../../zfs/role.js';
import type { Ends } from './describe-plan.js';

/** How a conflict can be resolved, in words. */
export function suggestResolution(reason: ConflictReason, { senderName, receiverName }: Ends): string {
  const [onSender, onReceiver] = [`on ${nameHost(senderName)}`, `on ${nameHost(receiverName)}`];
  const runOnReceiver = (...words: string[]): string => `run ${showCommand(...words)} ${onReceiver}`;
  switch (reason.kind) {
    case 'diverged':
      if (reason.isForeign) return suggestForgetting(reason.destination, receiverName);
      return joinWays([
        ...suggestSetAside(reason.asideObstacle, receiverName),
        suggestRollback(reason, receiverName),
      ]);
    case 'version-differs':
      if (reason.isForeign === true) return suggestForgetting(reason.theirs.dataset, receiverName);
      // Another name for one of the two would not do: the copy would still have a snapshot that its original does not have.
      return reason.asideObstacle === undefined
        ? suggestSeparating(reason, { senderName, receiverName })
        : joinWays([
            ...suggestSetAside(reason.asideObstacle, receiverName),
            ...describeUndoing(reason, receiverName),
          ]);
    case 'modified':
      if (reason.isForeign) return suggestForgetting(reason.destination, receiverName);
      return `to list the changes, ${runOnReceiver('zfs', 'diff', `${reason.destination}@${reason.common.name}`)} (if it is not mounted, first ${showCommand('zfs', 'mount', '-o', 'ro', reason.destination)}; a writable mount changes it); ${joinWays(
        [
          ...suggestSetAside(reason.asideObstacle, receiverName),
          `${again} with --rollback to destroy the changes on ${nameHost(receiverName)}`,
        ],
      )}`;
    case 'past-promoted':
      return `to give ${reason.destination} its snapshots back, ${runOnReceiver('zfs', 'promote', reason.destination)}; ${reason.holder} keeps its content, as a clone`;
    case 'half-moved':
      return suggestMovingBack(reason, receiverName);
    case 'copy-unclear':
      return suggestNaming(reason, receiverName);
    case 'passed-by':
      return `create the next version with ${showCommand('zfs-vm', 'tag', reason.newest.dataset)} ${onSender}, then ${again}`;
    case 'no-common-version':
      return suggestSeparating(reason, { senderName, receiverName });
    case 'destination-exists':
      if (reason.held !== undefined) return `${elsewhere}, or ${suggestRelease(reason.held, receiverName)}`;
      if (isPoolRoot(reason.destination) || reason.tiedTo !== undefined) return elsewhere;
      if (reason.promotedFrom !== undefined) {
        return `to continue there, run ${showCommand('zfs', 'promote', reason.promotedFrom)} ${onSender}, which gives ${reason.promotedFrom} its snapshots back; ${reason.copyOf ?? ''} keeps its content, as a clone. To keep the promotion, rename ${reason.destination} ${onReceiver}; ${reason.promotedFrom} is then sent again, as a clone`;
      }
      return reason.dependents.length === 0 && reason.copyOf === undefined && reason.isMarked !== true
        ? `${elsewhere}, rename ${qualify(receiverName, reason.destination)}, or ${again} with --replace to destroy it`
        : `${elsewhere}, or rename ${qualify(receiverName, reason.destination)}`;
    case 'partial-receive':
      return `to discard the interrupted receive, ${runOnReceiver('zfs', 'receive', '-A', reason.destination)}, then ${again}`;
    case 'not-encrypted':
      return `if the copy is not needed, destroy it: ${runOnReceiver('zfs', 'destroy', '-r', reason.destination)}, then ${again} to send the dataset encrypted`;
    case 'encrypted-anew':
      return `if the copy is not needed, destroy it: ${runOnReceiver('zfs', 'destroy', '-r', reason.destination)}, then ${again} to send the dataset raw`;
    case 'encryption-root-changed':
      return `make the copy its own encryption root, with its key loaded: ${runOnReceiver('zfs', 'change-key', '-o', 'keyformat=passphrase', '-o', 'keylocation=prompt', reason.destination)}, then ${again}; the next version brings the key of the sender`;
    case 'key-not-loaded':
      return reason.isNew
        ? `to load the key, ${runOnReceiver('zfs', 'load-key', reason.root)}, or ${elsewhere}, or add "-o encryption=off" to create the new dataset unencrypted`
        : `to load the key, ${runOnReceiver('zfs', 'load-key', reason.root)}, then ${again}`;
    case 'place-in-clear':
      return `${elsewhere}, or add "-o encryption=off" to store the dataset there unencrypted`;
    case 'name-taken':
      return 'select one of the two with -n, and send the other with another -d';
    case 'name-too-long':
    case 'parent-is-volume':
      return elsewhere;
    case 'no-pool':
      return 'choose a destination in an existing pool with -d';
    case 'parent-without-place':
      return reason.elsewhere === undefined
        ? `resolve the conflict of ${reason.parent} first`
        : `to continue there, name its parent with -d; for a separate copy, create the next version of the whole tree with ${showCommand('zfs-vm', 'tag', '-r', reason.parent)} ${onSender}`;
    case 'origin-missing':
      return `send ${nameForPeople(reason.nearest)} first: select its streamline too, or resolve the conflict of ${reason.nearest.dataset}`;
    case 'origin-in-other-pool':
      return 'choose a destination in the pool of the origin with -d';
  }
}

const elsewhere = 'choose another destination with -d';

const again = 'run the same command again';

/** Several ways, as one sentence that says only once that the command is to be run again. */
function joinWays([first = '', ...others]: readonly string[]): string {
  const start = `${again} `;
  const rest = others.map((way) =>
    first.startsWith(start) && way.startsWith(start) ? way.slice(start.length) : way,
  );
  return [first, ...rest].join(', or ');
}

/** How two images of one streamline name get apart: another name is not enough where the dataset of the other one is at the destination. */
function suggestSeparating(
  { theirs, isElsewhere, isMarked, copyOf }: ReasonOf<'no-common-version' | 'version-differs'>,
  { senderName, receiverName }: Ends,
): string {
  const streamline = isTagged(theirs) ? theirs.tag.streamline : 'NAME';
  const hosts = [...new Set([senderName, receiverName].map((name) => `on ${nameHost(name)}`))].join(' or ');
  const renaming = `rename the streamline with ${showCommand('zfs-vm', 'rename', streamline, 'NEW')} ${hosts}`;
  if (isElsewhere === true) return renaming;
  const separating = `${renaming}, and choose another destination with -d`;
  if (isPoolRoot(theirs.dataset) || isMarked === true) return separating;
  const there = qualify(receiverName, theirs.dataset);
  return copyOf === undefined
    ? `${separating}, or ${again} with --replace to destroy ${there}`
    : `${separating}: ${there} is the copy of ${copyOf} and cannot be replaced`;
}

/** What to do about a copy that another host claims. */
function suggestForgetting(destination: string, receiverName: string): string {
  return `${qualify(receiverName, destination)} is marked as the copy of a dataset on another host and is not rolled back; if that is no longer true, run ${showCommand('zfs', 'inherit', roleProperty, destination)} on ${nameHost(receiverName)}, then ${again}`;
}

/** How the copy is named: by its place. */
function suggestNaming(
  { candidates, place, isFree }: ReasonOf<'copy-unclear'>,
  receiverName: string,
): string {
  const parents = candidates
    .filter((name) => place !== undefined && name.includes('/') && baseNameOf(name) === baseNameOf(place))
    .map((name) => `-d ${quoteWord(name.slice(0, name.lastIndexOf('/')))}`);
  const naming = parents.length === 0 ? [] : [`choose the copy by its parent (${parents.join(' or ')})`];
  const commands = candidates.map((name) => showCommand('zfs', 'rename', name, place ?? ''));
  const renaming = isFree
    ? [`rename the copy on ${nameHost(receiverName)} (${commands.join(' or ')}), then ${again}`]
    : [];
  const ways = [...naming, ...renaming];
  return ways.length === 0
    ? 'choose a destination with -d; if none of the datasets is the copy, rename or destroy them'
    : ways.join(', or ');
}

/** How the receiver's version is undone, where that is possible. */
function describeUndoing(
  { undo, clones = [], held = [] }: ReasonOf<'version-differs'>,
  receiverName: string,
): string[] {
  if (undo === undefined) return [];
  if (held.length > 0) return [suggestRelease(held, receiverName)];
  const option = `${again} with --${undo} to destroy the one on ${nameHost(receiverName)}`;
  return [
    clones.length === 0 ? option : `promote or destroy its clones (${clones.join(', ')}), then ${option}`,
  ];
}

/** How what is held can be rolled back after all. */
function suggestRelease(held: readonly Snapshot[], receiverName: string): string {
  const [first] = held.map(fullNameOf);
  return `list the holds with ${showCommand('zfs', 'holds', first ?? '')} on ${nameHost(receiverName)}, release them there with "zfs release", then ${again}`;
}

/** How the receiver keeps what was changed there, where that is possible. */
function suggestSetAside(obstacle: AsideObstacle | null, receiverName: string): string[] {
  return obstacle === null
    ? [`${again} with --set-aside to keep the changes on ${nameHost(receiverName)} in a renamed dataset`]
    : [];
}

/** How a rollback is possible. */
function suggestRollback({ held, clones }: ReasonOf<'diverged'>, receiverName: string): string {
  if (held.length > 0) return suggestRelease(held, receiverName);
  return clones.length === 0
    ? `${again} with --rollback to destroy the changes on ${nameHost(receiverName)}`
    : `promote or destroy the clones (${clones.join(', ')}), then ${again} with --rollback to destroy the changes on ${nameHost(receiverName)}`;
}

/** How a copy that is half moved aside gets its name back; with its clone in its place, that one gets its history. */
function suggestMovingBack({ dataset, before, taken }: ReasonOf<'half-moved'>, receiverName: string): string {
  const there = `on ${nameHost(receiverName)}`;
  switch (taken) {
    case 'free':
      return `to restore the name, run ${showCommand('zfs', 'rename', dataset, before)} ${there}, then ${again}`;
    case 'clone':
      return `to complete the renaming, run ${showCommand('zfs', 'promote', before)} ${there}, then ${again}; ${dataset} keeps the changes of the receiver`;
    case 'other':
      return `rename ${dataset} with "zfs rename" ${there}, then ${again}: ${before} is another dataset`;
  }
}
