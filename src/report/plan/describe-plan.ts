import { suggestMovingBack } from './suggest-moving-back.js';
import type { PassedVersions } from '../../plan/passed.js';
import type { Destruction } from '../../plan/destruction.js';
import type { AsideObstacle } from '../../plan/aside.js';
import type { Chain, Conflict, ConflictReason, Plan, Step, UpToDate } from '../../plan/plan.js';
import type { SharedSteps } from '../../transfer/event.js';
import { fullNameOf, nameForPeople, type Snapshot } from '../../streamline/dataset.js';
import { toPrintable } from '../../base/printable.js';
import { quoteCommand, quoteWord } from '../../base/shell.js';
import { baseNameOf, isPoolRoot, isWithin } from '../../zfs/names.js';
import { roleProperty } from '../../zfs/role.js';
import { formatBytes, formatCount } from '../quantities.js';

/** What a step sends and from what, e.g. `incremental since debian-7:3`. */
export function describeStep(step: Step): string {
  switch (step.kind) {
    case 'full':
      return 'full';
    case 'incremental':
      return `incremental since ${nameForPeople(step.from)}`;
    case 'clone':
      return `clone of ${nameForPeople(step.from)}`;
    case 'resume':
      return 'the rest of an interrupted stream';
  }
}

/** What is read once for several receivers, a line for each set of them, e.g. `b and c share 3 versions: each is read once`. */
export function describeSharing(chains: readonly SharedSteps[]): string[] {
  const counts = new Map<string, number>();
  for (const { receivers, chain } of chains) {
    const names = `${receivers.slice(0, -1).join(', ')} and ${receivers.at(-1) ?? ''}`;
    counts.set(names, (counts.get(names) ?? 0) + chain.steps.length);
  }
  return [...counts].map(
    ([names, count]) => `${names} share ${formatCount(count, 'version')}: each is read once`,
  );
}

/** Where a chain goes, e.g. `tank/vm/7 -> fjoe@b:backup/7`. */
export function describeRoute(chain: Chain, receiverName: string): string {
  return `${chain.source} -> ${receiverName}:${chain.destination}`;
}

/**
 * Tells of datasets that can't be where they are on the sender, a line each: what is above them there is a clone of them, which has to come
 * after them.
 */
export function describeBeside({ chains }: Pick<Plan, 'chains'>, receiverName: string): string[] {
  return chains.flatMap((chain) => {
    const clone = chains.find(
      ({ source, steps: [first] }) =>
        isWithin(chain.source, source) &&
        first.kind === 'clone' &&
        first.origin.startsWith(`${chain.destination}@`),
    );
    if (clone === undefined || isWithin(chain.destination, clone.destination)) return [];
    return [
      `${chain.source} goes to ${receiverName}:${chain.destination}, beside ${clone.destination}: ${clone.source} is a clone of it, so it cannot be below that`,
    ];
  });
}

/** What is in step, e.g. `tank/vm: fjoe@b:backup/vm has web:3, the newest`. */
export function describeUpToDate(
  { source, destination, newest, receiverOnly }: UpToDate,
  receiverName: string,
): string {
  const [ahead] = receiverOnly;
  const more = ahead === undefined ? '' : `, and is ahead with ${nameForPeople(ahead)}`;
  return `${source}: ${receiverName}:${destination} has ${nameForPeople(newest)}, the newest${more}`;
}

/** What a receiver lacks for good, in one line, e.g. `2 older versions (web:1, web:2) are not on b and cannot be sent any more`; undefined when there is nothing. */
export function describePassed(
  { versions, isLatest }: PassedVersions,
  receiverName: string,
): string | undefined {
  // The members of a tree are one version.
  const names = [...new Set(versions.flatMap((passed) => passed.versions).map(nameForPeople))];
  if (names.length === 0) return undefined;
  const few = names.length <= mostNames ? names : [...names.slice(0, mostNames), '...'];
  const what = `${formatCount(names.length, 'older version')} (${few.join(', ')})`;
  const verb = names.length === 1 ? 'is' : 'are';
  return isLatest
    ? `${what} ${verb} left out by --latest and cannot be sent to ${receiverName} later`
    : `${what} ${verb} not on ${receiverName} and cannot be sent any more: it has newer ones`;
}

/** How many versions are named in a line. */
const mostNames = 5;

/** A conflict in words: what is wrong, with the evidence. */
export function describeConflict({ source, streamlines, reason }: Conflict, receiverName: string): string {
  const what = streamlines.length === 0 ? source : `${streamlines.join(', ')} in ${source}`;
  return `${what}: ${describeReason(reason, receiverName)}`;
}

/** What a plan does with a destination that a person may want to know of, a line each: which one it has chosen, and what it drops there. */
export function describeChoices(chain: Chain, receiverName: string): string[] {
  const { source, destination, by } = chain;
  const adoption = `${receiverName}:${destination} is taken for the copy of ${source}: the only dataset there with a snapshot of it, and unchanged since`;
  const abort = describeAbort(chain, receiverName);
  return [...(by === 'adoption' ? [adoption] : []), ...(abort === undefined ? [] : [abort])];
}

/** What of an interrupted receive is dropped before a chain; undefined when nothing is. */
export function describeAbort({ destination, preparation }: Chain, receiverName: string): string | undefined {
  if (preparation?.kind !== 'abort') return undefined;
  return `drop what had arrived of ${preparation.of} at ${receiverName}:${destination}: it isn't what is sent next`;
}

/** What is destroyed for a chain, a line each; nothing unless the person asked for it by name. */
export function describePreparation({ destination, preparation }: Chain, receiverName: string): string[] {
  if (preparation?.kind !== 'rollback' && preparation?.kind !== 'replace') return [];
  const snapshots = preparation.destroys.map((snapshot) => `destroy ${receiverName}:${fullNameOf(snapshot)}`);
  const lost =
    preparation.writtenBytes > 0 ? `, losing ${formatBytes(preparation.writtenBytes)} written since` : '';
  if (preparation.kind === 'replace') {
    const until = ` (kept as ${preparation.aside} until the new content is verified)`;
    return [...snapshots, `destroy ${receiverName}:${destination}${lost}${until}`];
  }
  const bookmarks = preparation.bookmarks.map((each) => `destroy ${receiverName}:${fullNameOf(each)}`);
  return [...snapshots, ...bookmarks, `roll back ${receiverName}:${preparation.to}${lost}`];
}

/** What of a destination is set aside before a chain, and under which name; undefined when nothing is. */
export function describeSetAside(
  { destination, preparation }: Chain,
  receiverName: string,
): string | undefined {
  if (preparation?.kind !== 'set-aside') return undefined;
  const { aside, keeps, writtenBytes } = preparation;
  const [newest] = keeps;
  const what = [
    ...(newest === undefined
      ? []
      : [`${nameForPeople(newest)}${keeps.length > 1 ? ` and ${keeps.length - 1} more` : ''}`]),
    ...(writtenBytes > 0 ? [`${formatBytes(writtenBytes)} written since`] : []),
  ].join(' and ');
  return `set aside ${receiverName}:${destination} as ${aside}, with ${what}`;
}

/** What is deleted after the sender, a line for each snapshot; nothing unless the person asked for it by name. */
export function describeDeletes({ deletes = [] }: Plan, receiverName: string): string[] {
  return deletes.flatMap((destruction) => describeDeletion(destruction, receiverName));
}

/** What is deleted in one command, a line for each snapshot. */
export function describeDeletion({ snapshots }: Destruction, receiverName: string): string[] {
  return snapshots.map((snapshot) => `destroy ${receiverName}:${fullNameOf(snapshot)}`);
}

/** What a chain does to the properties of its destination, a line each kind. */
export function describeProperties({ properties: { set, exclude } }: Chain): string[] {
  const settings = set.map(({ name, value }) => `${name}=${value}`);
  return [
    ...(settings.length === 0 ? [] : [`set ${toPrintable(settings.join(', '))}`]),
    ...(exclude.length === 0 ? [] : [`inherit ${exclude.join(', ')}`]),
  ];
}

/** The way out of a conflict, in words. */
export function suggestWayOut(reason: ConflictReason): string {
  switch (reason.kind) {
    case 'diverged':
      if (reason.isForeign) return suggestForgetting(reason.destination);
      return [...suggestSetAside(reason.asideObstacle), suggestRollback(reason)].join(', or ');
    case 'version-differs':
      if (reason.isForeign === true) return suggestForgetting(reason.theirs.dataset);
      return [
        ...(reason.asideObstacle === null ? suggestSetAside(null) : []),
        'give one of the two another name with "zfs rename"',
        ...describeUndoing(reason),
      ].join(', or ');
    case 'modified':
      if (reason.isForeign) return suggestForgetting(reason.destination);
      return `see what with ${quoted(['zfs', 'diff', `${reason.destination}@${reason.common.name}`])} there; ${[
        ...suggestSetAside(reason.asideObstacle),
        'if it may go, run this again with --rollback',
      ].join(', or ')}`;
    case 'past-promoted':
      return `to continue in ${reason.destination}, give it its snapshots back with "${quoteCommand(['zfs', 'promote', reason.destination])}" there: ${reason.holder} keeps its content, as a clone of it`;
    case 'half-moved':
      return suggestMovingBack(reason);
    case 'copy-unclear':
      return suggestNaming(reason);
    case 'passed-by':
      return `make the next version on the sender with "${quoteCommand(['zfs-vm', 'tag', reason.newest.dataset])}": it is sent, and is the newest then`;
    case 'no-common-version':
      if (isPoolRoot(reason.theirs.dataset)) return 'give one of them another streamline name';
      if (reason.isElsewhere === true || reason.isMarked === true) {
        return 'give one of them another streamline name';
      }
      return reason.copyOf === undefined
        ? 'give one of them another streamline name, or use --replace if what the receiver has may go'
        : `give one of them another streamline name: what the receiver has is a copy of ${reason.copyOf} and can't be replaced`;
    case 'destination-exists':
      if (reason.held !== undefined) return `choose another place with -d, or ${suggestRelease(reason.held)}`;
      if (isPoolRoot(reason.destination)) return 'choose another place with -d';
      if (reason.tiedTo !== undefined) return 'choose another place with -d';
      if (reason.promotedFrom !== undefined) {
        return `to continue there, run ${quoted(['zfs', 'promote', reason.promotedFrom])} on the sender, which gives ${reason.promotedFrom} its snapshots back: ${reason.copyOf ?? ''} keeps its content, as a clone of it. To keep the promotion, rename ${reason.destination} on the receiver: ${reason.promotedFrom} is sent again there, as a clone of it`;
      }
      return reason.dependents.length === 0 && reason.copyOf === undefined && reason.isMarked !== true
        ? 'choose another place with -d, rename that dataset, or use --replace if it may go'
        : 'choose another place with -d, or rename that dataset';
    case 'partial-receive':
      return `drop it with "${quoteCommand(['zfs', 'receive', '-A', reason.destination])}" on the receiver if it may go, then run this again`;
    case 'not-encrypted':
      return `destroy that copy if it may go, with ${quoted(['zfs', 'destroy', '-r', reason.destination])} on the receiver, and run this again to send the dataset encrypted`;
    case 'encrypted-anew':
      return `destroy that copy if it may go, with ${quoted(['zfs', 'destroy', '-r', reason.destination])} on the receiver, and run this again to send the dataset as it is`;
    case 'encryption-root-changed':
      return `make it its own encryption root again on the receiver, with its key loaded: ${quoted(['zfs', 'change-key', '-o', 'keyformat=passphrase', '-o', 'keylocation=prompt', reason.destination])}. Then run this again: the sender's key comes with the next version`;
    case 'key-not-loaded':
      return `load the key with ${quoted(['zfs', 'load-key', reason.root])} on the receiver, choose another place with -d, or add "-o encryption=off" to store a new dataset there without encryption`;
    case 'place-in-clear':
      return 'choose another place with -d, or add "-o encryption=off" to store it there without encryption';
    case 'name-taken':
      return 'choose one of them with -n, and send the other with another -d';
    case 'name-too-long':
    case 'parent-is-volume':
      return 'choose another place with -d';
    case 'no-pool':
      return 'name a place that exists with -d';
    case 'parent-without-place':
      return reason.elsewhere === undefined
        ? `settle the conflict of ${reason.parent} first`
        : `to continue there, name its place with -d; for a copy of its own, make the next version of the whole tree on the sender with ${quoted(['zfs-vm', 'tag', '-r', reason.parent])}`;
    case 'origin-missing':
      return `get ${nameForPeople(reason.nearest)} there first: choose its streamline too, or settle the conflict of ${reason.nearest.dataset}`;
    case 'origin-in-other-pool':
      return 'choose a place in that pool with -d';
  }
}

/** A command in double quotes. */
function quoted(words: readonly string[]): string {
  return `"${quoteCommand(words)}"`;
}

/** What to do about a copy that another host claims. */
function suggestForgetting(destination: string): string {
  return `it is marked as the copy of a dataset on another host, and is not undone; if that is not so any more, run "${quoteCommand(['zfs', 'inherit', roleProperty, destination])}" there, and this again`;
}

/** How the copy is named: by its place. */
function suggestNaming({
  candidates,
  place,
  isFree,
}: ConflictReason & { readonly kind: 'copy-unclear' }): string {
  const parents = candidates
    .filter((name) => place !== undefined && name.includes('/') && baseNameOf(name) === baseNameOf(place))
    .map((name) => `-d ${quoteWord(name.slice(0, name.lastIndexOf('/')))}`);
  const naming =
    parents.length === 0 ? [] : [`name the one that is meant by its place (${parents.join(' or ')})`];
  const commands = candidates.map((name) => quoted(['zfs', 'rename', name, place ?? '']));
  const renaming = isFree ? [`rename it to its place on the receiver (${commands.join(' or ')})`] : [];
  const ways = [...naming, ...renaming];
  return ways.length === 0
    ? 'choose a place with -d; if none of them is the copy, rename or destroy them'
    : ways.join(', or ');
}

/** How the receiver's version is undone, where that is possible. */
function describeUndoing({
  undo,
  clones = [],
  held = [],
}: ConflictReason & { readonly kind: 'version-differs' }): string[] {
  if (undo === undefined) return [];
  if (held.length > 0) return [suggestRelease(held)];
  const option = `use --${undo} if the receiver's may go`;
  return [
    clones.length === 0
      ? option
      : `promote or destroy ${clones.join(', ')}, cloned from it, and then ${option}`,
  ];
}

/** How what is held can be rolled back after all. */
function suggestRelease(held: readonly Snapshot[]): string {
  const holds = quoteCommand(['zfs', 'holds', ...held.slice(0, 1).map(fullNameOf)]);
  return `see who holds it with "${holds}" on the receiver, release it there with "zfs release", and run this again`;
}

/** How the receiver keeps what it went on with, where that is possible. */
function suggestSetAside(obstacle: AsideObstacle | null): string[] {
  return obstacle === null
    ? ['run this again with --set-aside, which keeps what the receiver has there as a dataset beside it']
    : [];
}

/** How a rollback is possible. */
function suggestRollback({ held, clones }: ConflictReason & { readonly kind: 'diverged' }): string {
  if (held.length > 0) return suggestRelease(held);
  return clones.length === 0
    ? 'if what the receiver has there may go, run this again with --rollback'
    : `it can't be rolled back while it has clones (${clones.join(', ')}): promote or destroy them first`;
}

/** Why what a receiver went on with can't be set aside, as the end of a sentence. */
function describeAsideObstacle(obstacle: AsideObstacle | null | undefined): string {
  if (obstacle === null || obstacle === undefined) return '';
  switch (obstacle.kind) {
    case 'pool-root':
      return "; it can't be set aside, as it is the root of a pool";
    case 'datasets-below': {
      const [first = '', ...others] = obstacle.names;
      return `; it can't be set aside, as ${first}${others.length > 0 ? ` and ${others.length} more are` : ' is'} below it`;
    }
    case 'tree-in-conflict':
      return `; it is not set aside as long as ${obstacle.above}, which it is a member of, has a conflict`;
    case 'encryption-root':
      return `; it can't be set aside, as it has the key of ${obstacle.root}, and ZFS renames it only to below that`;
    case 'name-too-long':
      return "; it can't be set aside, as no name beside it is short enough for ZFS";
  }
}

/** What keeps snapshots from being destroyed, as the end of a sentence. */
function describeHeld(held: readonly Snapshot[], done = 'rolled back'): string {
  const [first] = held;
  if (first === undefined) return '';
  return `; nothing is ${done}, as ${fullNameOf(first)}${held.length > 1 ? ` and ${held.length - 1} more are` : ' is'} held`;
}

function describeReason(reason: ConflictReason, receiverName: string): string {
  switch (reason.kind) {
    case 'diverged': {
      const [newest] = reason.receiverOnly;
      const more = reason.receiverOnly.length - 1;
      const what = newest === undefined ? 'snapshots' : nameForPeople(newest);
      return `diverged: after ${nameForPeople(reason.common)}, ${receiverName}:${reason.destination} went on with ${what}${more > 0 ? ` and ${more} more` : ''}, which the sender doesn't have there${describeHeld(reason.held)}${describeAsideObstacle(reason.asideObstacle)}`;
    }
    case 'version-differs':
      return `${nameForPeople(reason.ours)} is something else on ${receiverName}: ${fullNameOf(reason.theirs)} has the GUID ${reason.theirs.guid}, and ours ${reason.ours.guid}${describeHeld(reason.held ?? [])}${describeAsideObstacle(reason.asideObstacle)}`;
    case 'modified':
      return `${receiverName}:${reason.destination} has ${formatBytes(reason.writtenBytes)} that came after ${nameForPeople(reason.common)} and are in no snapshot: it was written to or mounted, or its newest snapshot was destroyed${describeAsideObstacle(reason.asideObstacle)}`;
    case 'past-promoted':
      return `${receiverName}:${reason.destination} has no snapshot left to continue from: ${reason.holder}, a clone of it, was promoted there and has ${nameForPeople(reason.base)} now`;
    case 'half-moved':
      return `${receiverName}:${reason.dataset} is the copy, and ${receiverName} stopped while it was renamed from ${reason.before}`;
    case 'copy-unclear':
      return reason.candidates.length === 1
        ? `${receiverName}:${reason.candidates.join()} has ${nameForPeople(reason.base)} and was changed since, and nothing says whether it is the copy`
        : `${receiverName} has several datasets that may be the copy: ${reason.candidates.join(', ')}`;
    case 'passed-by':
      return `${receiverName}:${reason.destination} lacks ${nameForPeople(reason.newest)} and can't get it: it has ${nameForPeople(reason.base)}, which was made later, and ZFS can't insert older snapshots`;
    case 'no-common-version':
      return `${receiverName} has ${reason.streamline} already (${fullNameOf(reason.theirs)}), with other content: no version is the same on both sides`;
    case 'destination-exists': {
      if (reason.promotedFrom !== undefined) {
        return `the snapshots that ${receiverName}:${reason.destination} came from belong to ${reason.copyOf ?? ''} now, which was promoted on the sender: ZFS can't continue a dataset as a clone`;
      }
      const dependents = reason.dependents.length;
      const something = isPoolRoot(reason.destination)
        ? 'the root of a pool, which ZFS can neither rename nor destroy'
        : reason.tiedTo !== undefined
          ? `encrypted with the key of ${reason.tiedTo}: ZFS renames it only to below that, so it can't be replaced`
          : reason.isMarked === true
            ? 'marked as the copy of another dataset, or was set aside'
            : 'something else';
      const what = reason.copyOf === undefined ? something : `a copy of ${reason.copyOf}`;
      const held = describeHeld(reason.held ?? [], 'replaced');
      return `${receiverName} already has ${reason.destination}, and it is ${what}${held}${dependents > 0 ? `, with ${formatCount(dependents, 'dataset')} below it or cloned from it` : ''}`;
    }
    case 'partial-receive':
      return `${receiverName}:${reason.destination} has an interrupted receive of ${reason.of ?? "something that zfs can't tell"}, which isn't what would be sent next`;
    case 'not-encrypted':
      return `it is encrypted on the sender, and ${receiverName}:${reason.destination} is not: encrypted data can't go on there as it is`;
    case 'encrypted-anew':
      return `${receiverName}:${reason.destination} was received decrypted and encrypted anew there: it can't go on after ${nameForPeople(reason.common)} with the encrypted blocks of the sender`;
    case 'encryption-root-changed':
      return `${receiverName}:${reason.destination} inherits its key from ${reason.root}, which is not the copy of ${reason.expected}: after another version no key would open it`;
    case 'key-not-loaded':
      return `${receiverName}:${reason.destination} is to be encrypted with the key of ${reason.root}, which is not loaded`;
    case 'place-in-clear':
      return `it is not encrypted, and would not be at ${receiverName}:${reason.destination}, though that is below the encrypted dataset ${reason.below}`;
    case 'name-taken':
      return `${reason.by} goes to ${receiverName}:${reason.destination} already`;
    case 'name-too-long':
      return `its name on the receiver would be too long for ZFS: ${reason.destination}`;
    case 'no-pool':
      return `it would go to ${reason.destination}, and ${receiverName} has no pool "${reason.pool}"`;
    case 'parent-is-volume':
      return `${reason.parent} on ${receiverName} is a volume, so nothing can be below it`;
    case 'parent-without-place':
      return reason.elsewhere === undefined
        ? `it belongs below ${reason.parent}, which has no place on ${receiverName}`
        : `it belongs below ${reason.parent}, which ${receiverName} has in ${reason.elsewhere}, and nothing tells that this is its copy`;
    case 'origin-missing':
      return `it is a clone of ${reason.origin}, and ${receiverName} has nothing that it was cloned from, not even ${nameForPeople(reason.nearest)}`;
    case 'origin-in-other-pool':
      return `it is a clone, and what it was cloned from is ${receiverName}:${reason.origin}, in another pool than ${reason.destination}`;
  }
}
