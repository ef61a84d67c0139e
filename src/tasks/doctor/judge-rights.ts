import { dutyPermissions, hasPermission, type Duty } from './duties.js';
import type { Finding } from './finding.js';
import type { SectionReading } from './host-reading.js';

/** What is known of a user who isn't root. */
export interface RightsReading {
  readonly user: string;
  /** What the user may do, by the dataset. */
  readonly permissions: ReadonlyMap<string, ReadonlySet<string>>;
  /** The place that new datasets go to, where one is named: then receiving is wanted there. */
  readonly destination: string | undefined;
}

const duties: readonly Duty[] = ['tag', 'send', 'receive', 'prune'];

/**
 * What a user lacks for each duty: at the named place, or where least is missing. A duty of which the user has nothing isn't meant for
 * them, unless all are such.
 */
export function judgeRights(reading: RightsReading): Finding[] {
  const judged = duties.map((duty) => ({ duty, ...findNearest(duty, reading) }));
  const mayNothing = judged.every(({ isMeant }) => !isMeant);
  return judged.map(({ duty, place, missing, isMeant }): Finding => {
    const { needed } = dutyPermissions[duty];
    const isBroken = missing.some((name) => needed.includes(name));
    const level =
      missing.length === 0 ? 'ok' : !isMeant && !mayNothing ? 'note' : isBroken ? 'fault' : 'warning';
    const { user } = reading;
    return { kind: 'rights', level, duty, user, place, missing, wanted: wantedFor(duty) };
  });
}

/** All that a duty takes. */
function wantedFor(duty: Duty): readonly string[] {
  const { needed, useful } = dutyPermissions[duty];
  return [...needed, ...useful];
}

interface Nearest {
  readonly place: string | undefined;
  readonly missing: readonly string[];
  /** Whether the user is meant to do it. */
  readonly isMeant: boolean;
}

function findNearest(duty: Duty, { permissions, destination }: RightsReading): Nearest {
  const isNamed = duty === 'receive' && destination !== undefined;
  const places = isNamed ? [destination] : [...permissions.keys()];
  const candidates = places.map((place) => {
    const granted = permissions.get(place) ?? new Set<string>();
    const missing = wantedFor(duty).filter((name) => !hasPermission(granted, name));
    return { place, missing, isMeant: isNamed || hasPermission(granted, dutyPermissions[duty].essential) };
  });
  // Of those where it is meant, the one that lacks least; the first of several such.
  const [best] = candidates.toSorted(
    (a, b) => Number(b.isMeant) - Number(a.isMeant) || a.missing.length - b.missing.length,
  );
  return best ?? { place: undefined, missing: wantedFor(duty), isMeant: false };
}

/** What is to be said of sudo, from what `sudo -l` says. */
export function judgeSudo({ status, output }: SectionReading): Finding[] {
  // What is wrong with it, the zfs that it does not run reports.
  if (status !== 0) return [];
  const isLogging = /log_(input|stdin)/i.test(output);
  return [{ kind: 'sudo', level: isLogging ? 'note' : 'ok', isLogging }];
}
