import { snapshotsIn, captureState } from './capture.js';
import type { Scene } from './random-world.js';

/** Which versions a command is about, as its options say. */
export interface Wanted {
  /** Streamlines, each with the last version that is wanted, if not all are. */
  readonly patterns: readonly { readonly streamline: string; readonly upTo: number | undefined }[];
  readonly latest: boolean;
  readonly allSnapshots: boolean;
}

/** A push or pull that brings something from a to b. */
export interface TransferWords {
  /** Where zfs-vm is run: a pushes, b pulls. */
  readonly host: 'a' | 'b';
  /** What the sender is called there. */
  readonly senderName: string;
  readonly words: string;
  /** The same, only planned, as JSON. */
  readonly planWords: string;
  readonly wanted: Wanted;
  readonly leavesBookmarks: boolean;
  /** Whether it may destroy what it names. */
  readonly mayLose: boolean;
  /** Whether it goes to the other host as somebody who may do nothing there. */
  readonly isPowerless: boolean;
  /** Where `-d` sends what is new. */
  readonly destination: string | undefined;
  /** Whether it may undo what is in its way. */
  readonly undoes: boolean;
  /** The property that it sets where something is there already; empty for none. */
  readonly changes: string;
  /** What to call to drop interrupted receives on b. */
  readonly abortWords: string;
}

/** What lets a command undo, destroy or set aside what is in its way. */
const undoing = ['--rollback --yes', '--replace --yes', '--rollback --replace --yes', '--set-aside'] as const;

/** What destinations get beside their content, with the properties that this changes where something is there already. */
const propertyWords = [
  { words: '-o compression=zstd', changes: 'compression' },
  { words: '-o readonly=on -x mountpoint', changes: 'readonly' },
  { words: '-x compression', changes: 'compression' },
  { words: '--props storage', changes: '' },
  { words: '--props compression,quota', changes: '' },
] as const;

/** Chooses a command for a world. */
export function pickCommand({ world, random, sender, receiving, destination }: Scene): TransferWords {
  const isPull = random.chance(0.35);
  const other = isPull ? 'a' : 'b';
  const who = random.below(20);
  const isPowerless = who === 0;
  world.addUser('guest', {});
  world.addUser('fjoe', { sudo: random.chance(0.3) ? 'anything, and logs what it reads' : 'anything' });
  const target = isPowerless
    ? `guest@${other}`
    : who < 5
      ? `fjoe@${other}`
      : random.pick([other, `root@${other}`]);
  const global = who > 0 && who < 5 ? '-s ' : '';
  const wanted: Wanted = {
    patterns: random.chance(0.2) ? pickPatterns() : [],
    latest: random.chance(0.12),
    allSnapshots: false,
  };
  const allSnapshots = wanted.patterns.length === 0 && random.chance(0.12);
  const undo = random.chance(0.2) ? random.pick(undoing) : undefined;
  const mayLose = undo !== undefined && undo !== '--set-aside';
  const properties = random.chance(0.15) ? random.pick(propertyWords) : undefined;
  const deletes = random.chance(0.1);
  const leavesBookmarks = !random.chance(0.1);
  const place =
    (random.chance(0.9) ? destination : undefined) ?? (random.chance(0.12) ? pickPlace() : undefined);
  const options = [
    ...wanted.patterns.map(
      ({ streamline, upTo }) => `-n ${streamline}${upTo === undefined ? '' : `:${upTo}`}`,
    ),
    ...(place === undefined ? [] : [`-d ${place}`]),
    ...(wanted.latest ? ['--latest'] : []),
    ...(allSnapshots ? ['--all-snapshots'] : []),
    ...(random.chance(0.3) ? [`-j ${1 + random.below(4)}`] : []),
    ...(leavesBookmarks ? [] : ['--no-bookmark']),
    ...(random.chance(0.12) ? ['--compress'] : []),
    ...(random.chance(0.1) ? ['--bwlimit 500K'] : []),
    ...(random.chance(0.15) ? [`--retries ${random.below(5)}`] : []),
    ...(random.chance(0.1) ? ['--stall-timeout 60'] : []),
    ...(undo === undefined ? [] : [undo]),
    ...(properties === undefined ? [] : [properties.words]),
    ...(deletes ? ['--delete --yes'] : []),
  ].join(' ');
  // With sudo, `copy` would call it on both hosts.
  const isCopy = global === '' && random.chance(0.1);
  const route = isCopy
    ? `copy ${options} ${isPull ? `${target} local` : `local ${target}`}`
    : `${isPull ? 'pull' : 'push'} ${options} ${target}`;
  const words = route.replace(/  +/g, ' ');
  return {
    host: isPull ? 'b' : 'a',
    senderName: isPull ? target : 'local',
    words: global + words,
    planWords: `${global}plan ${words} --json`,
    wanted: { ...wanted, allSnapshots },
    destination: place,
    changes: properties?.changes ?? '',
    undoes: mayLose,
    ...{ leavesBookmarks, mayLose: mayLose || deletes, isPowerless },
    abortWords: isPull ? 'abort --yes' : `${global}abort --yes ${target}`,
  };

  /** Another place than copies usually have, also right where the image has been all the time. */
  function pickPlace(): string {
    return random.pick(['tank/new/place', 'tank', ...receiving.pools.map((pool) => `${pool}/local`)]);
  }

  function pickPatterns(): Wanted['patterns'] {
    const tags = [...snapshotsIn(captureState(sender))].flatMap(({ snapshot }) => {
      const [, streamline, version] = /^zfs-vm:(.+):([0-9]+)$/.exec(snapshot.name) ?? [];
      return streamline === undefined ? [] : [{ streamline, version: Number(version) }];
    });
    if (tags.length === 0) return [];
    return Array.from({ length: 1 + random.below(2) }, () => {
      const { streamline, version } = random.pick(tags);
      return { streamline, upTo: random.chance(0.4) ? version : undefined };
    });
  }
}
