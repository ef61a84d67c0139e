import { zedPermissions } from './users.js';

/** The pool of every lab host; its root is mounted at /tank. */
export const poolName = 'tank';

/**
 * Shell for a guest: `make_partition DISK SIZE-MIB` gives `$partition`, blank. On a partition `zpool create` need not label a
 * whole disk, which takes seconds; a discard makes the disk's file on the lab's machine small again.
 */
const makePartition = `
make_partition() {
  disk=/dev/$1
  partition=\${disk}1
  sectors=$(($2 * 2048))
  if [ "$(cat "/sys/class/block/\${partition##*/}/size" 2>/dev/null)" != "$sectors" ]; then
    printf 'label: dos\\n2048,%s\\n' "$sectors" | sfdisk --quiet --wipe always "$disk"
    # The kernel reads the table, and the device appears a moment later.
    for _ in $(seq 100); do [ -b "$partition" ] && break; sleep 0.1; done
  fi
  blkdiscard -f "$partition"
}`;

/** Shell for root on a guest: destroys every pool and makes a new one of that size. */
export function scriptFreshPool(sizeMib: number): string {
  return `set -eu
${makePartition}
# What a test that ended early left running would keep the pool busy.
pkill -KILL -x zfs && while pgrep -x zfs >/dev/null; do sleep 0.05; done
zpool list -H -o name | while read -r pool; do zpool destroy -f "$pool"; done
# The labels of a pool that was grown would be looked at in every import.
[ ! -b /dev/vde1 ] || blkdiscard -f /dev/vde1
rm -rf --one-file-system /${poolName}
make_partition vdd ${sizeMib}
zpool create -f ${poolName} "$partition"
zfs allow zed ${zedPermissions.join(',')} ${poolName}
`;
}

/**
 * Shell for root on a guest whose pool nobody uses: puts an empty one in its place, of the same size, that mounts nothing by itself and
 * makes no devices of volumes. Much cheaper than `scriptFreshPool`.
 */
export const emptyPoolScript = `
zpool destroy -f ${poolName} &&
  zpool create -f -O mountpoint=legacy -O volmode=none ${poolName} /dev/vdd1 || exit
`;

/** Shell for root on a guest: adds that much room to the pool, on the second disk. */
export function scriptGrowPool(byMib: number): string {
  return `set -eu
${makePartition}
make_partition vde ${byMib}
zpool add -f ${poolName} "$partition"
`;
}
