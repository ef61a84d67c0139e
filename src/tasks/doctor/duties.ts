/** What a host may be used for by a user who isn't root. */
export type Duty = 'tag' | 'send' | 'receive' | 'prune';

/** The permissions of `zfs allow` that a duty takes. */
export interface DutyPermissions {
  /** Without it, nothing of the duty can be done: who has it is meant to do it. */
  readonly essential: string;
  /** Without these, it fails. */
  readonly needed: readonly string[];
  /** Without these, it works, with less. */
  readonly useful: readonly string[];
}

/**
 * What each duty takes (zfs-allow(8); docs/connections.md says what is lost without the useful ones). On Linux, `mount` is needed where a
 * filesystem is made or destroyed, also if it is never mounted.
 */
export const dutyPermissions: Readonly<Record<Duty, DutyPermissions>> = {
  tag: { essential: 'snapshot', needed: ['snapshot'], useful: ['userprop'] },
  send: { essential: 'send', needed: ['send'], useful: ['hold', 'release', 'bookmark'] },
  receive: {
    essential: 'receive',
    needed: ['receive', 'create', 'mount', 'canmount'],
    useful: ['userprop'],
  },
  prune: { essential: 'destroy', needed: ['destroy', 'mount'], useful: [] },
};

/** Permissions that do for others: narrower ones that newer versions of OpenZFS have. */
const substitutes: Readonly<Record<string, readonly string[]>> = {
  send: ['send:raw', 'send:encrypted'],
  receive: ['receive:append'],
};

/** Whether somebody who has these permissions has another one, or one that does for it. */
export function hasPermission(granted: ReadonlySet<string>, name: string): boolean {
  return granted.has(name) || (substitutes[name] ?? []).some((other) => granted.has(other));
}
