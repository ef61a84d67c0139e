import assert from 'node:assert/strict';
import type { LabHost } from './lab-host.js';
import type { OutsideClient } from './outside-client.js';
import type { ProgramResult } from './run-program.js';
import { acquireLab, type SharedLab } from './shared-lab.js';

/** A lab for tests of the whole program: zfs-vm is on host a, and both hosts have empty pools. */
export interface ClientLab extends SharedLab {
  /** Where zfs-vm runs. */
  readonly a: LabHost;
  readonly b: LabHost;
  /** zfs-vm on this machine, as if it were on host a: much faster, for what it can do. */
  readonly outside: OutsideClient;
}

/** Takes a shared lab and puts the program on host a. */
export async function acquireClientLab(): Promise<ClientLab> {
  const shared = await acquireLab();
  const a = shared.lab.host('a');
  const b = shared.lab.host('b');
  await shared.lab.deploy(a);
  return { ...shared, a, b, outside: await shared.lab.makeOutsideClient(a) };
}

/** Empties the pools of both hosts. */
export async function freshPools({ a, b }: Pick<ClientLab, 'a' | 'b'>): Promise<void> {
  await Promise.all([a.freshPool(), b.freshPool()]);
}

/** Where zfs-vm runs. */
export type Client = LabHost | OutsideClient;

/** Runs zfs-vm, with shell text as arguments; the status is the test's to check. */
export async function runZfsVm(
  client: Client,
  args: string,
  options: { timeoutMs?: number } = {},
): Promise<ProgramResult> {
  return client.run(`zfs-vm ${args}`, { check: false, timeoutMs: 120_000, ...options });
}

/** Runs zfs-vm and fails, with all it said, unless it ends with this status. */
export async function expectZfsVm(client: Client, args: string, status = 0): Promise<ProgramResult> {
  const result = await runZfsVm(client, args);
  assert.equal(result.code, status, `zfs-vm ${args}\n${result.stdout}${result.stderr}`);
  return result;
}

/** All snapshots of a host with their GUIDs and of datasets with their origin: two equal texts mean nothing changed. */
export async function snapState(host: LabHost): Promise<string> {
  const { stdout } = await host.run('zfs list -Hp -t all -o name,guid,origin,canmount,receive_resume_token');
  return stdout;
}

/** `GUID NAME` of the versions on a host, the name without the dataset; sorted. */
export async function listVersionGuids(host: LabHost): Promise<string[]> {
  const { stdout } = await host.run('zfs list -Hp -t snapshot -o guid,name');
  return stdout
    .split('\n')
    .filter((line) => line.includes('@zfs-vm:'))
    .map((line) => line.replace(/\t.*@/, ' '))
    .sort();
}

/** The snapshots of a dataset, e.g. `web:1 web:3`. */
export async function versionsOf(host: LabHost, dataset: string): Promise<string> {
  const { stdout } = await host.run(`zfs list -H -d 1 -t snapshot -s createtxg -o name '${dataset}'`);
  return stdout
    .trim()
    .replaceAll(/^.*@(zfs-vm:)?/gm, '')
    .replaceAll('\n', ' ');
}

/** One checksum of all files of a snapshot of a filesystem, names and modes included. */
export async function hashFiles(host: LabHost, snapshot: string): Promise<string> {
  const folder = '/run/zfs-vm-test';
  const { stdout } = await host.run(
    [
      `set -e; mkdir -p ${folder}; mount -t zfs '${snapshot}' ${folder}`,
      `cd ${folder}; find . -type f -print0 | sort -z | xargs -0 stat -c '%n %a %s'`,
      'find . -type f -print0 | sort -z | xargs -0 sha256sum; cd /; umount /run/zfs-vm-test',
    ].join('\n'),
  );
  return stdout;
}

/** The checksum of a volume's snapshot. A clone of it is read, since snapshots of volumes have no device. */
export async function hashVolume(host: LabHost, snapshot: string): Promise<string> {
  const { stdout } = await host.run(
    [
      `set -e; zfs clone '${snapshot}' tank/hashed`,
      'for attempt in $(seq 100); do [ -e /dev/zvol/tank/hashed ] && break; sleep 0.1; done',
      'sha256sum < /dev/zvol/tank/hashed',
      'for attempt in $(seq 100); do zfs destroy tank/hashed 2>/dev/null && exit; sleep 0.1; done; exit 1',
    ].join('\n'),
  );
  return stdout;
}

/** A new volume, with its device there. */
export async function makeVolume(host: LabHost, name: string, sizeMib = 64): Promise<void> {
  await host.run(
    `set -e; zfs create -V ${sizeMib}M '${name}'
    for attempt in $(seq 100); do [ -e '/dev/zvol/${name}' ] && exit; sleep 0.1; done; exit 1`,
  );
}
