import type { PassedVersions } from '../../plan/passed.js';
import type { Destruction } from '../../plan/destruction.js';
import type { AsideObstacle } from '../../plan/aside.js';
import type { Conflict } from '../../plan/conflict.js';
import type { Chain, Plan, Step, UpToDate } from '../../plan/plan.js';
import type { SharedSteps } from '../../transfer/event.js';
import { fullNameOf, nameForPeople, type Snapshot } from '../../streamline/dataset.js';
import { nameHost, qualify } from '../../base/host-words.js';
import { localName } from '../../base/local-name.js';
import { toPrintable } from '../../base/printable.js';
import { quoteWord } from '../../base/shell.js';
import { baseNameOf, isPoolRoot, isWithin } from '../../zfs/names.js';
import { formatBytes, formatCount } from '../quantities.js';

/** The names of both sides of a plan. */
export interface Ends {
  readonly senderName: string;
  readonly receiverName: string;
}

/** Those of a push. */
export function endsOf(receiverName: string): Ends {
  return { senderName: localName, receiverName };
}

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
      return 'resumed';
  }
}

/** What is read once for several receivers, a line for each set of them, e.g. `3 versions are read once for b and c`. */
export function describeSharing(chains: readonly SharedSteps[]): string[] {
  const counts = new Map<string, number>();
  for (const { receivers, chain } of chains) {
    const names = `${receivers.slice(0, -1).join(', ')} and ${receivers.at(-1) ?? ''}`;
    counts.set(names, (counts.get(names) ?? 0) + chain.steps.length);
  }
  return [...counts].map(
    ([names, count]) =>
      `${formatCount(count, 'version')} ${count === 1 ? 'is' : 'are'} read once for ${names}`,
  );
}

/** Where a chain goes, e.g. `tank/vm/7 -> fjoe@b:backup/7`, or `fjoe@b:backup/7 -> tank/vm/7`. */
export function describeRoute(chain: Chain, { senderName, receiverName }: Ends): string {
  return `${qualify(senderName, chain.source)} -> ${qualify(receiverName, chain.destination)}`;
}

/**
 * Datasets that cannot have the same place as on the sender, a line each: their parent there is a clone of them, and has to be created
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
      `${chain.source} is sent to ${qualify(receiverName, chain.destination)}, next to ${clone.destination} and not below it, because ${clone.source} is its clone`,
    ];
  });
}

/** What is in step, e.g. `tank/vm: fjoe@b:backup/vm has the newest version, web:3`. */
export function describeUpToDate(
  { source, destination, newest, receiverOnly }: UpToDate,
  receiverName: string,
): string {
  const [ahead] = receiverOnly;
  const more = ahead === undefined ? '' : `, and also ${nameForPeople(ahead)}`;
  return `${source}: ${qualify(receiverName, destination)} has the newest version, ${nameForPeople(newest)}${more}`;
}

/**
 * Which copies are in step, and elsewhere than where new ones would go, e.g. `the copy of tank/vm is b:backup/vm, not b:tank/to/vm`; undefined when
 * there are none.
 */
export function describeAway(
  { upToDate }: Pick<Plan, 'upToDate'>,
  { senderName, receiverName }: Ends,
): string | undefined {
  const away = upToDate.filter(({ place, destination }) => place !== undefined && place !== destination);
  const [first, ...others] = away;
  if (first?.place === undefined) return undefined;
  const more = others.length === 0 ? '' : ` (and ${formatCount(others.length, 'other')} elsewhere)`;
  return `the copy of ${qualify(senderName, first.source)} is ${qualify(receiverName, first.destination)}, not ${qualify(receiverName, first.place)}${more}`;
}

/** What a receiver lacks for good, in one line, e.g. `2 older versions (web:1, web:2) are not on b and can no longer be sent`; undefined when there is nothing. */
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
    ? `${what} ${verb} omitted by --latest and cannot be sent to ${nameHost(receiverName)} later`
    : `${what} ${verb} not on ${nameHost(receiverName)} and can no longer be sent: it has newer ones`;
}

/** How many versions are named in a line. */
const mostNames = 5;

/**
 * Where a plan creates a new dataset that has its own name, while other copies of the same sender are elsewhere: most likely `-d` was
 * forgotten. Undefined where that is not so.
 */
export function describeLanding({ chains, upToDate }: Plan, { receiverName }: Ends): string | undefined {
  const created = chains.find(({ by, place, destination }) => by === undefined && place === destination);
  const other = [...chains, ...upToDate].find(
    ({ by, place, destination }) =>
      (by === 'role' || by === 'adoption') &&
      place !== undefined &&
      destination.endsWith(`/${baseNameOf(place)}`),
  );
  if (created === undefined || other === undefined || other.place === other.destination) return undefined;
  const parent = other.destination.slice(0, -baseNameOf(other.destination).length - 1);
  return `new dataset: ${qualify(receiverName, created.destination)}; other datasets are below ${qualify(receiverName, parent)} (to create new ones there, use -d ${quoteWord(parent)})`;
}

/** A conflict in words: what is wrong, with the evidence. */
export function describeConflict({ source, streamlines, reason }: Conflict, ends: Ends): string {
  const what = streamlines.length === 0 ? source : `${streamlines.join(', ')} in ${source}`;
  return `${what}: ${describeReason({ source, reason }, ends)}`;
}

/** What a plan does with a destination that a person may want to know of, a line each: which one it has chosen, and what it drops there. */
export function describeChoices(chain: Chain, receiverName: string): string[] {
  const { source, destination, by } = chain;
  const adoption = `using ${qualify(receiverName, destination)} as the copy of ${source}: the only dataset on ${nameHost(receiverName)} with a snapshot of it, unchanged since`;
  const abort = describeAbort(chain, receiverName);
  return [...(by === 'adoption' ? [adoption] : []), ...(abort === undefined ? [] : [abort])];
}

/** What of an interrupted receive is dropped before a chain; undefined when nothing is. */
export function describeAbort({ destination, preparation }: Chain, receiverName: string): string | undefined {
  if (preparation?.kind !== 'abort') return undefined;
  return `discard the interrupted receive of ${preparation.of} in ${qualify(receiverName, destination)}: another snapshot is sent next`;
}

/** What is destroyed for a chain, a line each; nothing unless the person asked for it by name. */
export function describePreparation({ destination, preparation }: Chain, receiverName: string): string[] {
  if (preparation?.kind !== 'rollback' && preparation?.kind !== 'replace') return [];
  const snapshots = preparation.destroys.map(
    (snapshot) => `destroy ${qualify(receiverName, fullNameOf(snapshot))}`,
  );
  const lost =
    preparation.writtenBytes > 0
      ? `, losing ${formatBytes(preparation.writtenBytes)} written since its newest snapshot`
      : '';
  if (preparation.kind === 'replace') {
    const until = ` (kept as ${preparation.aside} until the new content is verified)`;
    return [...snapshots, `destroy ${qualify(receiverName, destination)}${lost}${until}`];
  }
  const bookmarks = preparation.bookmarks.map((each) => `destroy ${qualify(receiverName, fullNameOf(each))}`);
  return [...snapshots, ...bookmarks, `roll back to ${qualify(receiverName, preparation.to)}${lost}`];
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
    ...(writtenBytes > 0 ? [`${formatBytes(writtenBytes)} written since its newest snapshot`] : []),
  ].join(' and ');
  return `set aside ${qualify(receiverName, destination)} as ${aside}, with ${what}`;
}

/** What is deleted after the sender, a line for each snapshot; nothing unless the person asked for it by name. */
export function describeDeletes({ deletes = [] }: Plan, receiverName: string): string[] {
  return deletes.flatMap((destruction) => describeDeletion(destruction, receiverName));
}

/** What is deleted in one command, a line for each snapshot. */
export function describeDeletion({ snapshots }: Destruction, receiverName: string): string[] {
  return snapshots.map((snapshot) => `destroy ${qualify(receiverName, fullNameOf(snapshot))}`);
}

/** What a chain does to the properties of its destination, a line each kind. */
export function describeProperties({ properties: { set, exclude } }: Chain): string[] {
  const settings = set.map(({ name, value }) => `${name}=${value}`);
  return [
    ...(settings.length === 0 ? [] : [`set ${toPrintable(settings.join(', '))}`]),
    ...(exclude.length === 0 ? [] : [`inherit ${exclude.join(', ')}`]),
  ];
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
