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
  /** The dataset that it follows, or followed. A dataset keeps its GUID when it is renamed, and when it or a clone of it is promoted. */
  readonly sourceGuid: bigint;
  /** The root dataset of the pool that has it: tells a source that is gone from one on another host. */
  readonly poolGuid: bigint;
}

/** The value of `roleProperty` on the dataset with this GUID. */
export function formatRole({ kind, sourceGuid, poolGuid }: Role, ownGuid: bigint): string {
  return `${kind} source=${sourceGuid} pool=${poolGuid} self=${ownGuid}`;
}

/**
 * Reads the value of `roleProperty`, as it is on a dataset or inherited there. What follows the known fields is passed over: a later
 * version may write more.
 * @param ownGuid the GUID of the dataset
 * @returns undefined where it says nothing of that very dataset
 */
export function parseRole(text: string, ownGuid: bigint): Role | undefined {
  const [, kind, source, pool, self] =
    /^(copy|aside) source=([0-9]+) pool=([0-9]+) self=([0-9]+)(?: |$)/.exec(text) ?? [];
  const [sourceGuid, poolGuid, selfGuid] = [source, pool, self].map(readGuid);
  if (kind !== 'copy' && kind !== 'aside') return undefined;
  if (sourceGuid === undefined || poolGuid === undefined || selfGuid !== ownGuid) return undefined;
  return { kind, sourceGuid, poolGuid };
}

function readGuid(text: string | undefined): bigint | undefined {
  if (!isWholeNumber(text)) return undefined;
  const guid = BigInt(text);
  return guid <= largestGuid ? guid : undefined;
}
