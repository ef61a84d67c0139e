/** Whose a property is. */
interface Kind {
  /** Which types of datasets have it. */
  readonly of: 'filesystem' | 'both';
  /** Whether datasets inherit it: excluding it is a change then, which takes the right to it. */
  readonly inherits: boolean;
}

const inherited: Kind = { of: 'filesystem', inherits: true };
const own: Kind = { of: 'filesystem', inherits: false };
const ownOfBoth: Kind = { of: 'both', inherits: false };

/**
 * What no stream decides about the host that receives it, though one of `zfs send -p` or `-R` may say it: what makes a dataset appear, or
 * lets what is in it act, and what takes room or keeps the next versions out. Every zfs that takes `-x` knows all of these, as one that
 * doesn't know a name refuses the whole receive: so `overlay`, `volmode`, `snapdev`, `context` and `zoned`, which not every system has,
 * aren't here, and nor is `keylocation`, which zfs doesn't let anybody exclude for raw streams. Streams that have properties
 * at all are refused where they can be seen (`StreamCheck`); this is what holds where they can't.
 */
const keptOut: ReadonlyMap<string, Kind> = new Map([
  // Where it would be seen: a root file system, a home, /etc.
  ['mountpoint', inherited],
  ['canmount', own],
  ['sharenfs', inherited],
  ['sharesmb', inherited],
  // What files in it may do, where what is above it forbids that.
  ['setuid', inherited],
  ['devices', inherited],
  ['exec', inherited],
  // What is taken from others in the pool.
  ['reservation', ownOfBoth],
  ['refreservation', ownOfBoth],
  // What would keep later versions, or what lies below, from coming.
  ['quota', own],
  ['refquota', own],
  ['filesystem_limit', own],
  ['snapshot_limit', ownOfBoth],
]);

/** The names of those that datasets of a type have: `-x` of others is a warning for each stream. */
export function keptOutProperties(type: 'filesystem' | 'volume'): string[] {
  return [...keptOut].flatMap(([name, kind]) => (kind.of === 'both' || kind.of === type ? [name] : []));
}

/** Whether a property is one of them, and inherited. */
export function isInheritedKeptOut(name: string): boolean {
  return keptOut.get(name)?.inherits === true;
}
