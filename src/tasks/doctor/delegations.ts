/** Who is asked about, as zfs knows people. */
export interface Person {
  readonly user: string;
  readonly groups: readonly string[];
}

/**
 * Reads from what `zfs allow DATASET` prints which permissions a person has on that dataset: its own, those of what is above it, and
 * those that sets stand for.
 */
export function parseDelegations(output: string, dataset: string, person: Person): Set<string> {
  const sets = new Map<string, readonly string[]>();
  const granted = new Set<string>();
  let isOwn = false;
  let heading = '';
  for (const line of output.split('\n')) {
    const [, place] = /^---- Permissions on (.*?) -*$/.exec(line) ?? [];
    if (place !== undefined) {
      isOwn = place === dataset;
    } else if (/^\S/.test(line)) {
      heading = line.trim().replace(/:$/, '');
    } else if (line.trim() !== '') {
      const words = line.trim();
      if (heading === 'Permission sets') {
        const [name = '', list = ''] = words.split(/\s+/, 2);
        // What is nearer counts: it is listed first.
        if (!sets.has(name)) sets.set(name, list.split(','));
      } else if (counts(heading, isOwn)) {
        for (const name of readGrant(words, person)) granted.add(name);
      }
    }
  }
  return expandSets(granted, sets);
}

/** Whether permissions under a heading go for the dataset that was asked about. */
function counts(heading: string, isOwn: boolean): boolean {
  switch (heading) {
    case 'Local+Descendent permissions':
      return true;
    case 'Local permissions':
      return isOwn;
    case 'Descendent permissions':
      return !isOwn;
    default:
      return false;
  }
}

function readGrant(words: string, { user, groups }: Person): readonly string[] {
  const [, who, name, list] = /^(?:(user|group) (.+)|everyone) (\S+)$/.exec(words) ?? [];
  const isMeant =
    who === undefined || (who === 'user' ? name === user : name !== undefined && groups.includes(name));
  return isMeant && list !== undefined ? list.split(',') : [];
}

function expandSets(granted: ReadonlySet<string>, sets: ReadonlyMap<string, readonly string[]>): Set<string> {
  const expanded = new Set<string>();
  const add = (name: string): void => {
    if (expanded.has(name)) return;
    expanded.add(name);
    for (const member of sets.get(name) ?? []) add(member);
  };
  for (const name of granted) add(name);
  return expanded;
}
