/** Somebody on a simulated host. */
export interface User {
  readonly name: string;
  readonly isRoot: boolean;
  /** What sudo lets this user do. */
  readonly sudo: 'anything' | 'anything, and logs what it reads' | 'after a password' | 'nothing';
  /** What `zfs allow` gives this user on all pools. */
  readonly permissions: ReadonlySet<string>;
}

/** The one who may do everything. */
export const rootUser: User = { name: 'root', isRoot: true, sudo: 'anything', permissions: new Set() };

/** Somebody who isn't root. */
export function plainUser(
  name: string,
  { sudo = 'nothing', permissions = [] }: { sudo?: User['sudo']; permissions?: readonly string[] } = {},
): User {
  return { name, isRoot: false, sudo, permissions: new Set(permissions) };
}

/** Whether zfs lets a user do what takes these permissions. */
export function mayDo(user: User, permissions: readonly string[]): boolean {
  return user.isRoot || permissions.every((permission) => user.permissions.has(permission));
}
