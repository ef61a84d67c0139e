/** A failure of the zfs command in the words of the person's task. */
export interface ZfsFailure {
  /**
   * `denied` when the host let us in but not do this, or not yet; `refused` when zfs will say the same each time, until a person has changed
   * something; `failed` for everything else.
   */
  readonly kind: 'denied' | 'refused' | 'failed';
  readonly message: string;
  readonly hint: string | undefined;
  /** The hint for the machine that zfs-vm runs on, where it is another one. */
  readonly localHint?: string;
}

/** What sudo says where it wants a password and may not ask for it; also the one that is written in Rust. */
const passwordWanted =
  /sudo: (a password is required|a terminal is required|no tty present|sorry, you must have a tty|interactive authentication is required)/;

/** Whether sudo has refused for want of a password. */
export function wantsPassword(stderr: string): boolean {
  return passwordWanted.test(stderr);
}

/** What was written in the last seconds, in a transaction group that is still open, is in no `written` yet; a receive notices it. */
const writtenTo = /has been modified\s+since most recent snapshot/;

const knownFailures: readonly { pattern: RegExp; failure: ZfsFailure }[] = [
  {
    pattern: passwordWanted,
    failure: {
      kind: 'denied',
      message: 'sudo requires a password',
      hint: 'allow this user to run zfs without a password (sudoers: "USER ALL=(root) NOPASSWD: /usr/sbin/zfs"), or connect as root',
    },
  },
  {
    pattern: /is not in the sudoers file|is not allowed to (execute|run)|may not run sudo/,
    failure: {
      kind: 'denied',
      message: 'this user is not allowed to run zfs with sudo',
      hint: 'allow it in sudoers ("USER ALL=(root) NOPASSWD: /usr/sbin/zfs"), or connect as root',
    },
  },
  {
    pattern: /sudo: (command )?not found|sudo: No such file/,
    failure: {
      kind: 'failed',
      message: 'sudo not found',
      hint: 'omit -s and connect as a user with zfs permissions',
    },
  },
  {
    // The ssh of this machine says so where the host opens no more channels on a connection.
    pattern: /session request failed|Session open refused by peer/i,
    failure: {
      kind: 'denied',
      message: 'the host refuses more commands on one connection',
      hint: 'use a smaller -j, or raise MaxSessions in sshd_config on that host',
    },
  },
  {
    pattern: /zfs: (command )?not found|zfs: No such file|unknown command:? zfs/i,
    failure: {
      kind: 'failed',
      message: 'zfs command not found',
      hint: 'install OpenZFS on that host (Debian: zfsutils-linux); searched PATH, /usr/local/sbin, /usr/sbin and /sbin',
    },
  },
  {
    pattern: /ZFS modules (are not|cannot be) (auto-)?loaded/,
    failure: {
      kind: 'denied',
      message: 'the ZFS kernel module is not loaded',
      hint: 'on that host, run "modprobe zfs" as root',
    },
  },
  {
    // FreeBSD, where zfs loads the module itself if it may (`libzfs_error_init` in `libzfs_compat.c`).
    pattern: /Failed to load (?:open)?zfs module/,
    failure: {
      kind: 'denied',
      message: 'the ZFS kernel module is not loaded',
      hint: 'on that host, run "kldload zfs" as root',
    },
  },
  {
    pattern: /cannot (?:receive|create)[^\n]*(?:invalid property '|' does not apply to datasets)/,
    failure: {
      kind: 'failed',
      message: 'the zfs on the host does not accept a property given with -o, -x or --props',
      hint: 'check the spelling of the properties, and the list of "zfs get" on that host; what was received before is kept',
    },
  },
  {
    pattern: /must be (?:one of '|power of 2)|bad numeric value|bad property value|invalid property value/,
    failure: {
      kind: 'failed',
      message: 'invalid value of a property given with -o or --props',
      hint: 'correct the value, then run the same command again; what was received before is kept',
    },
  },
  {
    pattern: writtenTo,
    failure: {
      kind: 'failed',
      message: 'the destination has been written to since its newest snapshot',
      hint: 'on that host, list the changes with "zfs diff"; to discard them, use "zfs rollback" to that snapshot; then run the same command again',
    },
  },
  {
    pattern: /out of space|no space left|quota exceeded/i,
    failure: {
      kind: 'failed',
      message: 'no space left (pool full or quota exceeded); what was received is kept',
      hint: 'free space in the pool or raise the quota, then run the same command again; --replace needs space for both the old and the new content',
    },
  },
  {
    pattern: /permission denied/i,
    failure: {
      kind: 'denied',
      message: 'permission denied by zfs for this user',
      hint: 'add -s to use sudo on that host, log in as root, or grant permissions with "zfs allow"',
      localHint: 'run the command as root ("sudo zfs-vm ..."), or grant permissions with "zfs allow"',
    },
  },
];

/**
 * Whether a command failed because somebody else is, or was since we looked, at work on the dataset: looking again a little later
 * may help.
 */
export function isBusyFailure(stderr: string): boolean {
  return [somebodyAtWork, writtenTo, baseGone, staleToken].some((pattern) => pattern.test(stderr));
}

const somebodyAtWork =
  /dataset is busy|being received|contains partially-complete state|destination '[^']*' exists/i;

/** What `zfs receive` says where what a stream goes on from was there when we looked, and is no more. */
const baseGone =
  /does not\s+match incremental source|destination '[^']*' does not exist|(local origin for clone|specified origin fs) .* does not exist/;

/**
 * What it says of the rest of a stream when the partial receive has moved, come to its end or been dropped since its token was
 * read: a receive whose sender has died goes on with what is still on its way. The kernel gives EINVAL for all of it, which zfs
 * takes for other things (`zfs_receive_one` in `libzfs_sendrecv.c`; each seen with OpenZFS 2.1.11 or 2.3.2).
 */
const staleToken =
  /cannot receive resume stream: (kernel modules must be upgraded|incompatible embedded data stream feature|Resuming recv on existing destination)/;

/** Why a receiver refuses a stream that it may take with other options. */
export type StreamRefusal =
  /** The stream has embedded blocks, and what it would make is encrypted by the receiver; or another fault that zfs takes for that. */
  | 'embedded'
  /** The pool lacks a feature that the stream, or `zfs receive -s`, needs. */
  | 'pool-features'
  /** What is there was received with `-L`, and goes on with it only. */
  | 'needs-large-blocks';

/** Finds in what `zfs receive` said why it refused a stream (`zfs_receive_one` in `libzfs_sendrecv.c`; seen on OpenZFS 2.3.2). */
export function findStreamRefusal(stderr: string): StreamRefusal | undefined {
  // 2.1 says so of embedded blocks where it receives with -s, and every version of other faults.
  if (/incompatible embedded data stream feature|kernel modules must be upgraded/.test(stderr)) {
    return 'embedded';
  }
  if (/pool must be upgraded to receive this stream/.test(stderr)) return 'pool-features';
  return /requires -L \(--large-block\)/.test(stderr) ? 'needs-large-blocks' : undefined;
}

/** Whether a command failed because a dataset, snapshot or bookmark isn't there. @param fullName of that */
export function isGone(stderr: string, fullName: string): boolean {
  return stderr.includes(`'${fullName}': dataset does not exist`);
}

/**
 * Whether a send of several increments in one stream failed for lack of the right to hold snapshots: `zfs send -I` holds all that
 * it sends, where `-i` holds none (`libzfs_sendrecv.c`; OpenZFS issue 16394).
 */
export function isHoldDenied(stderr: string): boolean {
  return /cannot hold|permission denied/i.test(stderr);
}

/**
 * What `zfs receive` and `zfs send` refuse, and will again: the streams and the places are what they are (`zfs_receive_one` and `zfs_send_one_cb_impl`
 * in `libzfs_sendrecv.c`, and what their error numbers stand for in `dmu_recv.c` and `dsl_crypt.c`).
 */
const refusals: readonly { pattern: RegExp; message: string; hint: string }[] = [
  {
    pattern: /IV set guid mismatch/,
    message: 'the copy was received decrypted and encrypted again: it cannot receive raw increments',
    hint: 'if the copy is not needed, destroy it, then run the same command again to send the dataset raw',
  },
  {
    pattern: /IV set guid missing/,
    message: 'the copy was received by an old zfs that did not store the IV set of its blocks',
    hint: 'see https://openzfs.github.io/openzfs-docs/msg/ZFS-8000-ER',
  },
  {
    pattern: /inherited key must be loaded|encryption root's key is not loaded or provided/,
    message: 'the encryption key of the destination is not loaded',
    hint: 'load the key on that host with "zfs load-key", or choose another destination with -d',
  },
  {
    pattern: /dataset key must be loaded/,
    message: 'the encryption key of the dataset is not loaded',
    hint: 'load the key on that host with "zfs load-key"',
  },
  {
    pattern: /encryption key does not match existing key|failed to create encryption key/,
    message: "the encryption key of the copy differs from the sender's",
    hint: 'if the copy is not needed, destroy it, then run the same command again to send the dataset raw',
  },
  {
    pattern: /cannot perform raw receive on top of existing unencrypted dataset/,
    message: 'the dataset is encrypted on the sender, but its copy is not',
    hint: 'if the copy is not needed, destroy it, then run the same command again to send the dataset raw',
  },
  {
    pattern: /pool must be upgraded to receive this stream/,
    message: 'the pool lacks a feature that the stream needs',
    hint: 'choose another pool with -d, or list the missing features on that host with "zpool upgrade"',
  },
  {
    pattern: /stream uses crypto parameters not compatible with this pool/,
    message: 'the pool does not support the encryption of the stream',
    hint: 'choose another pool with -d',
  },
  {
    pattern: /requires -L \(--large-block\)|contains large microzaps, need -L/,
    message: 'the stream needs large blocks, which the receiving pool refused',
    hint: 'choose another pool with -d, or upgrade the pool with "zpool upgrade"',
  },
  {
    pattern: /Spill block flag missing for raw send/,
    message: 'the zfs on the sender is too old for raw streams',
    hint: 'update OpenZFS on the sender',
  },
  {
    pattern: /stream has unsupported feature/,
    message: 'the zfs on the host is too old for the stream',
    hint: 'update OpenZFS on that host',
  },
  {
    pattern:
      /cannot receive (?:new filesystem|incremental) stream: (?:kernel modules must be upgraded|incompatible embedded data stream feature)/,
    message: 'the stream does not match the destination',
    hint: 'on that host, check "zfs get encryption,redacted,origin"; destroy the copy if it is not needed, or choose another destination with -d',
  },
  {
    pattern: /parent '[^']*' is not a filesystem/,
    message: 'the parent of the destination is a volume',
    hint: 'choose another destination with -d',
  },
];

/**
 * What streams may have that not every zfs knows, by its bit in the flags of a stream, the newest first (`DMU_BACKUP_FEATURE_*` in
 * `zfs_ioctl.h`). A zfs that refuses a stream for one of its flags doesn't know the newest, at least.
 */
const streamFeatures: readonly (readonly [bit: bigint, name: string])[] = [
  [29n, 'large microzaps'],
  [28n, 'file names of more than 255 bytes'],
  [25n, 'blocks compressed with zstd'],
  [24n, 'encrypted blocks'],
  [23n, 'large dnodes'],
];

/** The newest feature of a stream that zfs has refused for its features; undefined where it is none of the known ones. */
function findNewestFeature(stderr: string): string | undefined {
  const [, flags] = /stream has unsupported feature, feature flags = ([0-9a-f]{1,16})\b/.exec(stderr) ?? [];
  if (flags === undefined) return undefined;
  return streamFeatures.find(([bit]) => (BigInt(`0x${flags}`) >> bit) % 2n === 1n)?.[1];
}

/** Explains why a zfs command failed, from what it wrote to stderr; undefined when zfs's own words say it best. */
export function explainZfsFailure(stderr: string): ZfsFailure | undefined {
  const refusal = refusals.find(({ pattern }) => pattern.test(stderr));
  if (refusal !== undefined) {
    const feature = findNewestFeature(stderr);
    const message = feature === undefined ? refusal.message : `${refusal.message}, which has ${feature}`;
    return { kind: 'refused', message, hint: refusal.hint };
  }
  return knownFailures.find(({ pattern }) => pattern.test(stderr))?.failure;
}
