import { isWholeNumber, largestGuid } from './list-fields.js';

/**
 * The user property of a dataset that says what it is to zfs-vm. ZFS itself doesn't know where a dataset was received from. It is set on the
 * dataset itself; a dataset below inherits the value, and `zfs send -p`, `-R` or a tool that carries properties may take it along. So the
 * value names its owner, too: it means something only on the dataset that has that GUID.
 */
export const roleProperty = 'zfs-vm:role';

/** The value of `roleProperty` on a filesystem that was only made to give others a place, where that is not encrypted as what is above it is. */
export const groundRole = 'ground';

/**
 * A channel program that sets the role of each dataset it is given, as pairs of a name and a value, all in one process. One that can't be
 * set stops none of the others (`zfs.sync.set_prop`, zfs-program(8); seen on OpenZFS 2.1.11 and 2.3.2).
 */
export const roleProgram = `
local arguments = ...
local words = arguments["argv"]
for index = 1, #words, 2 do
  zfs.sync.set_prop(words[index], "${roleProperty}", words[index + 1])
end
`;

/** What a dataset is, by what was written down on it. */
export interface Role {
  /** `copy`: it follows a dataset of a sender. `aside`: it was such a copy, and was set aside with what its host had made of it. */
  readonly kind: 'copy' | 'aside';
  /** The datasets that it follows, or followed, the one that was added last first: several hosts may send to one copy. */
  readonly sources: readonly [Followed, ...Followed[]];
}

/** A dataset of a sender that a copy follows. */
export interface Followed {
  /** A dataset keeps its GUID when it is renamed, and when it or a clone of it is promoted. */
  readonly guid: bigint;
  /** The root dataset of the pool that has it: tells a source that is gone from one on another host. */
  readonly poolGuid: bigint;
}

/** How many sources are written down: of more, the one that was added first is forgotten. */
export const mostSources = 8;

/** Whether a role names a dataset of a sender. */
export function follows(role: Role | undefined, { guid }: { readonly guid: bigint | undefined }): boolean {
  return guid !== undefined && role?.sources.some((source) => source.guid === guid) === true;
}

/**
 * The value of `roleProperty` on the dataset with this GUID: at most some 400 characters.
 * @param ownGuid where a script finds it out, the variable that has it: the value stands between `"` then, and has nothing else that means something to a shell
 */
export function formatRole({ kind, sources }: Role, ownGuid: bigint | '$guid'): string {
  const [{ guid, poolGuid }, ...others] = sources;
  const also = others.slice(0, mostSources - 1).map((other) => `${other.guid}/${other.poolGuid}`);
  const rest = also.length === 0 ? '' : ` also=${also.join(',')}`;
  return `${kind} source=${guid} pool=${poolGuid} self=${ownGuid}${rest}`;
}

/**
 * Reads the value of `roleProperty`, as it is on a dataset or inherited there. What follows the known fields is passed over: a later
 * version may write more.
 * @param ownGuid the GUID of the dataset
 * @returns undefined where it says nothing of that very dataset
 */
export function parseRole(text: string, ownGuid: bigint): Role | undefined {
  const [, kind, source, pool, self, also = ''] =
    /^(copy|aside) source=([0-9]+) pool=([0-9]+) self=([0-9]+)(?: also=([0-9/,]+))?(?: |$)/.exec(text) ?? [];
  const first = readFollowed(source, pool);
  const selfGuid = readGuid(self);
  if (kind !== 'copy' && kind !== 'aside') return undefined;
  if (first === undefined || selfGuid !== ownGuid) return undefined;
  const others = also.split(',', mostSources - 1).flatMap((pair) => {
    const [other, itsPool, ...rest] = pair.split('/');
    return rest.length > 0 ? [] : (readFollowed(other, itsPool) ?? []);
  });
  return { kind, sources: [first, ...others] };
}

function readFollowed(source: string | undefined, pool: string | undefined): Followed | undefined {
  const [guid, poolGuid] = [readGuid(source), readGuid(pool)];
  return guid === undefined || poolGuid === undefined ? undefined : { guid, poolGuid };
}

function readGuid(text: string | undefined): bigint | undefined {
  if (!isWholeNumber(text)) return undefined;
  const guid = BigInt(text);
  return guid <= largestGuid ? guid : undefined;
}
