import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toCommandError } from '../../src/host/command-error.js';
import { exitCodeOfAll } from '../../src/base/errors.js';
import { isBusyFailure } from '../../src/zfs/failure.js';

/** What zfs said, as captured on OpenZFS 2.1.11 and 2.3.2, or as in `libzfs_sendrecv.c` where a lab can't be brought to say it. */
const refused: readonly { readonly said: string; readonly told: RegExp }[] = [
  {
    said: "cannot receive incremental stream: IV set guid mismatch. See the 'zfs receive' man page section\n discussing the limitations of raw encrypted send streams.",
    told: /received decrypted and encrypted again/,
  },
  {
    said: 'cannot receive incremental stream: IV set guid missing. See errata 4 at https://openzfs.github.io/openzfs-docs/msg/ZFS-8000-ER.',
    told: /did not store the IV set/,
  },
  {
    said: 'cannot receive new filesystem stream: inherited key must be loaded',
    told: /encryption key of the destination is not loaded/,
  },
  {
    said: "cannot create 'tank/vault/h1': encryption root's key is not loaded or provided",
    told: /encryption key of the destination is not loaded/,
  },
  {
    said: "warning: cannot send 'tank/sec@1': dataset key must be loaded",
    told: /key of the dataset is not loaded/,
  },
  {
    said: 'cannot receive incremental stream: encryption key does not match existing key',
    told: /key of the copy differs/,
  },
  {
    said: 'cannot receive incremental stream: cannot perform raw receive on top of existing unencrypted dataset',
    told: /its copy is not/,
  },
  {
    said: 'cannot receive new filesystem stream: pool must be upgraded to receive this stream.',
    told: /pool lacks a feature/,
  },
  {
    said: 'cannot receive incremental stream: incremental send stream requires -L (--large-block), to match previous receive.',
    told: /needs large blocks/,
  },
  {
    said: "warning: cannot send 'tank/ct@1': source snapshot contains large microzaps, need -L (--large-block) or -w (--raw) to generate stream",
    told: /needs large blocks/,
  },
  {
    said: 'cannot receive new filesystem stream: stream uses crypto parameters not compatible with this pool',
    told: /does not support the encryption/,
  },
  {
    said: 'cannot receive incremental stream: Spill block flag missing for raw send.\nThe zfs software on the sending system must be updated.',
    told: /sender is too old/,
  },
  {
    said: 'cannot receive: stream has unsupported feature, feature flags = 2000000',
    told: /too old for the stream, which has blocks compressed with zstd$/,
  },
  {
    // zfs-2.3.2 to 2.0.3, with longname=on.
    said: 'cannot receive: stream has unsupported feature, feature flags = 10430004',
    told: /too old for the stream, which has file names of more than 255 bytes$/,
  },
  {
    // The same, with a large zap_micro_max_size.
    said: 'cannot receive: stream has unsupported feature, feature flags = 204b0004',
    told: /too old for the stream, which has large microzaps$/,
  },
  {
    said: 'cannot receive: stream has unsupported feature, feature flags = 800000000',
    told: /too old for the stream$/,
  },
  {
    said: 'cannot receive incremental stream: kernel modules must be upgraded to receive this stream.',
    told: /does not match/,
  },
  {
    said: "cannot receive new filesystem stream: parent 'tank/vol' is not a filesystem",
    told: /is a volume/,
  },
];

for (const { said, told } of refused) {
  test(`a refusal that stays is a conflict in words of ours, then of zfs: ${said.slice(0, 90).replaceAll('\n', ' ')}`, () => {
    const error = toCommandError('b', 'zfs receive', { exit: { kind: 'exited', code: 1 }, stderr: said });
    assert.match(error.message, told);
    assert.match(error.details.join(' '), new RegExp(said.slice(-12).replace(/[().]/g, '.')));
    assert.deepEqual([error.kind, exitCodeOfAll([error]), isBusyFailure(said)], ['conflict', 3, false]);
  });
}

for (const said of [
  'cannot receive resume stream: kernel modules must be upgraded to receive this stream.',
  'cannot receive incremental stream: dataset is busy',
  'cannot receive new filesystem stream: out of space',
  'cannot receive incremental stream: checksum mismatch or incomplete stream.\nPartially received snapshot is saved.',
]) {
  test(`a failure that may pass is none: ${said.slice(0, 90).replaceAll('\n', ' ')}`, () => {
    const error = toCommandError('b', 'zfs receive', { exit: { kind: 'exited', code: 1 }, stderr: said });
    assert.deepEqual([error.kind, exitCodeOfAll([error])], ['failed', 1]);
  });
}

/** What zfs says where its module isn't loaded: on Linux, and on FreeBSD as in `libzfs_compat.c`, to root and to others. */
const unloaded: readonly (readonly [said: string, hint: RegExp])[] = [
  ["The ZFS modules are not loaded.\nTry running '/sbin/modprobe zfs' as root to load them.", /modprobe zfs/],
  [
    "The ZFS modules cannot be auto-loaded.\nTry running 'modprobe zfs' as root to manually load them.",
    /modprobe zfs/,
  ],
  ['Failed to load zfs module: No such file or directory', /kldload zfs/],
  ['Failed to load openzfs module: Operation not permitted', /kldload zfs/],
];

for (const [said, hint] of unloaded) {
  test(`the module is not loaded, and is loaded in the way of its system: ${said.slice(0, 40)}`, () => {
    const error = toCommandError('b', 'zfs list', { exit: { kind: 'exited', code: 1 }, stderr: said });
    assert.match(error.message, /the ZFS kernel module is not loaded/);
    assert.match(error.hint ?? '', hint);
  });
}

test('a refusal beside a failure is a failure', () => {
  const toError = (stderr: string): ReturnType<typeof toCommandError> =>
    toCommandError('b', 'zfs receive', { exit: { kind: 'exited', code: 1 }, stderr });
  const errors = [toError(refused[0]?.said ?? ''), toError('cannot receive: out of space')];
  assert.equal(exitCodeOfAll(errors), 1);
});

test('who lacks rights is told how to get them where they are: here, or on another host', () => {
  const stderr = "cannot create 'tank/x': permission denied";
  const hintOn = (host: string): string | undefined =>
    toCommandError(host, 'zfs create', { exit: { kind: 'exited', code: 1 }, stderr }).hint;
  assert.match(hintOn('local') ?? '', /"sudo zfs-vm \.\.\."/);
  assert.doesNotMatch(hintOn('local') ?? '', / -s /);
  assert.match(hintOn('b') ?? '', /add -s to use sudo/);
});
