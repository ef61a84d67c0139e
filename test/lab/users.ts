/**
 * Who can log in to a lab host, with any of the lab's keys or with `labPassword`:
 * - `root`;
 * - `fjoe`, who may do everything by sudo without a password;
 * - `pat`, whose sudo asks for the password;
 * - `zed`, who has no sudo but `zedPermissions` on the pool.
 *
 * As everywhere on Debian, only root finds zfs in the PATH of a command over SSH.
 */
export type LabUser = 'root' | 'fjoe' | 'pat' | 'zed';

/** All of them. */
export const labUsers: readonly LabUser[] = ['root', 'fjoe', 'pat', 'zed'];

/** The password of every user. No secret: the hosts are reached from this machine only. */
export const labPassword = 'lab';

/** What `zfs allow` gives `zed` on the pool. */
export const zedPermissions: readonly string[] = [
  ...['bookmark', 'clone', 'create', 'destroy', 'diff', 'hold', 'mount', 'promote', 'receive', 'release'],
  ...['rename', 'rollback', 'send', 'snapshot', 'userprop'],
  ...[
    'canmount',
    'compression',
    'mountpoint',
    'readonly',
    'recordsize',
    'refreservation',
    'volmode',
    'volsize',
  ],
];
