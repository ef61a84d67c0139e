import { ZfsVmError } from '../../base/errors.js';
import { dutyPermissions } from './duties.js';
import { isAtLeast, type ZfsVersion } from './zfs-version.js';

/** What a user who isn't root is to do on a host. */
export const grantRoles = ['sender', 'receiver', 'append-only', 'pruner'] as const;

/** One of them. */
export type GrantRole = (typeof grantRoles)[number];

/** Whom rights are for, on what. */
export interface GrantContext {
  readonly user: string;
  readonly dataset: string;
  readonly version: ZfsVersion;
}

/** Rights for a role: the permissions of `zfs allow`, and what else is to be known. */
export interface Grant {
  readonly role: GrantRole;
  readonly permissions: readonly string[];
  /** Narrower permissions that the version has, each with the one that it may take the place of. */
  readonly narrower: readonly { readonly name: string; readonly insteadOf: string }[];
}

/**
 * The rights for a role with a version of OpenZFS. `receive:append` is there since 2.3.5 and 2.4.0, `send:raw` since 2.4.0, but that one refuses
 * it for several increments in a stream, and `send:encrypted` since 2.4.4 (`receive:append` and `send:raw` seen on 2.4.4).
 * @throws ZfsVmError `conflict` where the version can't limit a receiver to adding
 */
export function chooseGrant(role: GrantRole, version: ZfsVersion): Grant {
  const all = (duty: 'send' | 'receive' | 'prune'): string[] => {
    const { needed, useful } = dutyPermissions[duty];
    return [...needed, ...useful];
  };
  switch (role) {
    case 'sender':
      return {
        ...{ role, permissions: all('send') },
        narrower: [
          ...(isAtLeast(version, [2, 4, 4]) ? [{ name: 'send:encrypted', insteadOf: 'send' }] : []),
          ...(isAtLeast(version, [2, 4, 1]) ? [{ name: 'send:raw', insteadOf: 'send' }] : []),
        ],
      };
    case 'receiver':
      return { role, permissions: all('receive'), narrower: [] };
    case 'pruner':
      return { role, permissions: all('prune'), narrower: [] };
    case 'append-only': {
      if (!canAppendOnly(version)) {
        throw new ZfsVmError(
          'conflict',
          `OpenZFS ${version.text} cannot limit a receiver to adding versions`,
          {
            hint: 'update OpenZFS there to 2.3.5 or 2.4.0, which have receive:append',
          },
        );
      }
      const permissions = all('receive').map((name) => (name === 'receive' ? 'receive:append' : name));
      return { role, permissions, narrower: [] };
    }
  }
}

function canAppendOnly(version: ZfsVersion): boolean {
  return isAtLeast(version, [2, 3, 5]);
}
