import type { Machine } from '../sim/machine.js';
import { SimWorld } from '../sim/sim-world.js';
import { addVersion } from '../sim/steps.js';

/** A page whose commands are run on simulated hosts: a, where the person sits, and others. */
export interface PlayedPage {
  readonly path: string;
  /** What the hosts have before the first command, by their names; all have an empty pool, tank. */
  readonly hosts: Readonly<Record<string, (machine: Machine) => void>>;
  /** What was run on host a before, the words after `zfs-vm`. */
  readonly before?: readonly string[];
}

const empty = (): void => undefined;

/** A container's filesystem that has something in it, mounted. */
function addImage({ pools }: Machine, name: string, megabytes = 8): void {
  const parts = name.split('/');
  for (const depth of parts.keys()) {
    const each = parts.slice(0, depth + 1).join('/');
    if (!pools.datasets.has(each)) pools.create(each);
  }
  pools.write(
    name,
    Array.from({ length: megabytes * 256 }, (_, block) => block),
  );
  pools.open(name).isMounted = true;
}

const withWeb = (machine: Machine): void => {
  addImage(machine, 'tank/vm/web');
};

/** Three versions of the image, which is in use. */
const withVersions = (machine: Machine): void => {
  addImage(machine, 'tank/vm/web');
  for (const version of [1, 2, 3]) addVersion(machine, 'tank/vm/web', `web:${version}`);
};

/** A version at noon and one at night, for some days. */
const withDays = (machine: Machine): void => {
  addImage(machine, 'tank/vm/web');
  const halfDays = 10;
  for (let version = 1; version <= halfDays; version++) {
    machine.clockOffsetMs = (version - halfDays) * 43_200_000;
    addVersion(machine, 'tank/vm/web', `web:${version}`);
  }
};

const withProperties = (machine: Machine): void => {
  withVersions(machine);
  machine.pools.set('tank/vm/web', new Map([['recordsize', '65536']]));
};

const withTree = (machine: Machine): void => {
  withWeb(machine);
  addImage(machine, 'tank/vm/db', 2);
  addImage(machine, 'tank/vm/db/wal', 1);
};

const withMachines = (machine: Machine): void => {
  addImage(machine, 'tank/vm/subvol-101-disk-0', 2);
  addImage(machine, 'tank/vm/db', 2);
  addImage(machine, 'tank/vm/db/wal', 1);
  addImage(machine, 'tank/vm/template', 4);
  for (const disk of [0, 1]) {
    const name = `tank/vm/vm-102-disk-${disk}`;
    machine.pools.create(name, { type: 'volume', properties: new Map([['volsize', '1048576']]) });
    machine.pools.write(name, [1, 2, 3]);
  }
};

/** What sanoid and syncoid have left. */
const withOthersSnapshots = (machine: Machine): void => {
  addImage(machine, 'tank/vm/web');
  for (const name of ['autosnap_daily', 'syncoid_a_2024-01-01']) {
    machine.pools.write('tank/vm/web', [1, 2, 3]);
    machine.pools.snapshot([`tank/vm/web@${name}`]);
  }
  machine.pools.write('tank/vm/web', [4]);
};

const b = { b: empty };

export const playedPages: readonly PlayedPage[] = [
  { path: 'docs/failover.md', hosts: { a: withVersions, ...b }, before: ['push root@b'] },
  { path: 'docs/conflicts.md', hosts: { a: withVersions, ...b }, before: ['push root@b'] },
  { path: 'docs/first-image.md', hosts: { a: withWeb, ...b } },
  { path: 'docs/backup-host.md', hosts: { a: withTree, ...b } },
  { path: 'docs/fleet.md', hosts: { a: withVersions, ...b, c: empty, d: empty }, before: ['push root@c'] },
  { path: 'docs/machines.md', hosts: { a: withMachines, ...b } },
  { path: 'docs/monitoring.md', hosts: { a: withDays, ...b, c: empty }, before: ['push -n web:9 root@b'] },
  {
    path: 'docs/moving.md',
    hosts: { a: withOthersSnapshots, ...b },
    before: ['push --all-snapshots -n tank/vm/web -d tank/backup root@b'],
  },
  { path: 'docs/image-versions.md', hosts: { a: withWeb, ...b } },
  { path: 'docs/clones.md', hosts: { a: withVersions, ...b } },
  { path: 'docs/transfers.md', hosts: { a: withVersions, ...b, c: empty } },
  { path: 'docs/properties.md', hosts: { a: withProperties, ...b } },
  { path: 'docs/retention.md', hosts: { a: withDays, ...b }, before: ['push root@b'] },
  { path: 'docs/restore.md', hosts: { a: withVersions, ...b }, before: ['push root@b'] },
  { path: 'docs/connections.md', hosts: { a: withVersions, ...b } },
];

/** How many milliseconds something takes, besides its bytes. */
const delays = { connect: 80, zfs: 20, send: 0, receive: 0 } as const;

/** The hosts of a page, as its first command finds them. */
export async function makeWorld({ hosts, before = [] }: PlayedPage): Promise<SimWorld> {
  const world = new SimWorld(21);
  for (const [name, prepare] of Object.entries(hosts)) {
    const machine = world.addMachine(name);
    machine.delayMs = (work, bytes) => delays[work] + (work === 'receive' ? bytes / 3000 : 0);
    prepare(machine);
  }
  world.addUser('fjoe', { sudo: 'anything' });
  for (const words of before) await world.run('a', words);
  return world;
}
