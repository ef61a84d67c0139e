/** What people call the machine that zfs-vm runs on, where a host is wanted; no remote and no group may be called so. */
export const localName = 'local';
