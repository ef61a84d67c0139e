import assert from 'node:assert/strict';
import type { Machine } from './machine.js';
import type { RunResult, SimWorld } from './sim-world.js';

/** Runs zfs-vm on a host, and expects this status. */
export async function expectRun(world: SimWorld, name: string, args: string, status = 0): Promise<RunResult> {
  const result = await world.run(name, args);
  assert.equal(result.status, status, `zfs-vm ${args}\n${result.stdout}${result.stderr}`);
  return result;
}

/** Runs zfs-vm on a host, and kills it in the middle of a large version that another one receives as tank/vm. What has arrived stays. */
export async function runAndKill(
  world: SimWorld,
  name: string,
  args: string,
  receiver: Machine,
): Promise<void> {
  let received = 0;
  receiver.delayMs = (work) => {
    if (work === 'receive' && ++received === 150) run.kill();
    return 1;
  };
  const run = world.start(name, args);
  while (received < 150 || receiver.pools.open('tank/vm').isReceiving) await world.clock.sleep(10);
  receiver.delayMs = undefined;
}

/** Runs zfs-vm on host a, kills it when another host's zfs is first called for something, and waits until all is quiet. */
export async function killAt(
  world: SimWorld,
  receiver: Machine,
  subcommand: string,
  args: string,
): Promise<void> {
  const state: { isHit: boolean } = { isHit: false };
  receiver.beforeZfs = ([name]) => {
    if (name !== subcommand || state.isHit) return;
    state.isHit = true;
    run.kill();
  };
  const run = world.start('a', args);
  for (let count = 0; count < 1000 && !state.isHit; count++) await world.clock.sleep(10);
  assert.ok(state.isHit, `${subcommand} is never called`);
  await world.clock.sleep(60_000);
  receiver.beforeZfs = undefined;
}

/** Changes a dataset a little, and makes a version of it. */
export function addVersion({ pools }: Machine, dataset: string, tag: string): void {
  pools.write(dataset, [1, pools.random.below(20), 100 + pools.random.below(20)]);
  pools.snapshot([`${dataset}@zfs-vm:${tag}`]);
}

/** Makes a version of tank/vm that takes a while to send. */
export function addLargeVersion({ pools }: Machine, tag: string): void {
  pools.write(
    'tank/vm',
    Array.from({ length: 200 }, (_, block) => block),
  );
  pools.snapshot([`tank/vm@zfs-vm:${tag}`]);
}

/** The versions that a dataset has, e.g. `web:1 web:3`. */
export function versionsOf({ pools }: Machine, dataset = 'tank/vm'): string {
  return pools
    .open(dataset)
    .snapshots.map(({ name }) => name.replace('zfs-vm:', ''))
    .join(' ');
}

/** Mounts tank/vm of a host, and writes to it whenever it is about to be rolled back and is still mounted. @returns how often that was */
export function writeWhileRolledBack(machine: Machine): { readonly count: number } {
  const written = { count: 0 };
  const dataset = machine.pools.open('tank/vm');
  dataset.isMounted = true;
  machine.beforeZfs = ([subcommand]) => {
    if (subcommand !== 'rollback' || !dataset.isMounted) return;
    machine.pools.write('tank/vm', [70]);
    written.count += 1;
  };
  return written;
}
