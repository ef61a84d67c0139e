import type { PassedVersions } from '../../plan/passed.js';
import type { Destruction } from '../../plan/destruction.js';
import type { Chain, Plan, Step, UpToDate } from '../../plan/plan.js';
import type { SharedSteps } from '../../transfer/event.js';
import { fullNameOf, nameForPeople } from '../../streamline/dataset.js';
import { nameHost, qualify } from '../../base/host-words.js';
import { localName } from '../../base/local-name.js';
import { toPrintable } from '../../base/printable.js';
import { quoteWord } from '../../base/shell.js';
import { baseNameOf, isWithin } from '../../zfs/names.js';
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
