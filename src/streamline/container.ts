/**
 * The datasets that hold a container or VM, from its id or name, the way the usual managers name them:
 * Proxmox VE (`subvol-ID-disk-N`, `vm-ID-disk-N`, and `base-ID-disk-N` for templates), Incus and LXD
 * (`containers/NAME`; of `virtual-machines/NAME`, which only has its configuration, the disk in `NAME.block`), libvirt, OpenVZ
 * and others (last component `ID`).
 * @returns all that fit, in the order given; more than one means that the id says too little
 */
export function findContainerDatasets(id: string, datasetNames: Iterable<string>): string[] {
  const fitting = [...datasetNames].filter((name) => {
    const [last = '', folder] = name.split('/').reverse();
    if (folder === undefined) return false;
    if (last === id) return true;
    if (folder === 'virtual-machines' && last === `${id}.block`) return true;
    const [, proxmoxId] = /^(?:subvol|vm|base)-(.+)-disk-[0-9]+$/.exec(last) ?? [];
    return proxmoxId === id;
  });
  return fitting.filter((name) => !fitting.includes(`${name}.block`));
}
