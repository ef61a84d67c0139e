import type { LabHost } from '../test/lab/lab-host.js';
import { poolName } from '../test/lab/pool-scripts.js';

/** The datasets that are sent are right below this one. */
export const senderPlace = `${poolName}/from`;

/** Where the receiver has its copies, each under the name that it has below `senderPlace`. */
export const receiverPlace = `${poolName}/to`;

/** What the two hosts have before each run: datasets of the same history, of which the receiver lacks the end. */
export interface WorldShape {
  readonly datasets: number;
  /** So many versions of each dataset are on both hosts. */
  readonly common: number;
  /** So many more are on the sender only. */
  readonly missing: number;
  /** So much incompressible data is new in each version. */
  readonly kibPerVersion: number;
}

/** The names of the datasets, without what they are below; each is the name of its streamline too. */
export function listNames({ datasets }: WorldShape): string[] {
  return Array.from({ length: datasets }, (_, index) => `d${index + 1}`);
}

/** The full name of a version on the sender; the first is 1. */
export function nameVersion(name: string, version: number): string {
  return `${senderPlace}/${name}@zfs-vm:${name}:${version}`;
}

/** The two hosts of a benchmark, and the way back to how they were. */
export class World {
  readonly #sender: LabHost;
  readonly #receiver: LabHost;
  readonly #shape: WorldShape;
  /** The GUIDs of all the sender's versions. */
  #guids = '';

  constructor(sender: LabHost, receiver: LabHost, shape: WorldShape) {
    this.#sender = sender;
    this.#receiver = receiver;
    this.#shape = shape;
  }

  /** Makes it, on new pools. */
  async prepare(): Promise<void> {
    const { common, missing } = this.#shape;
    const names = listNames(this.#shape);
    await Promise.all([this.#sender.freshPool(), this.#receiver.freshPool()]);
    await Promise.all([
      runScript(
        this.#sender,
        [senderPlace, ...names.map((name) => `${senderPlace}/${name}`)].map((name) => `zfs create ${name}`),
      ),
      runScript(this.#receiver, [`zfs create -o canmount=off ${receiverPlace}`]),
    ]);
    for (let version = 1; version <= common; version++) await this.#makeVersion(version);
    if (common > 0) await this.#copyCommonVersions();
    for (let version = common + 1; version <= common + missing; version++) await this.#makeVersion(version);
    if (missing === 0) await this.#bookmarkNewest();
    this.#guids = await listGuids(this.#sender, senderPlace);
    // Each run comes after a list of the receiver, in `checkArrivals`: the first must not find a colder cache than the others.
    await listGuids(this.#receiver, receiverPlace);
  }

  /** Takes back all that a run has done: what the receiver got, and the bookmarks that zfs-vm leaves on the sender. */
  async reset(): Promise<void> {
    if (this.#shape.missing > 0) await this.#takeBack();
    // So that no run waits for what was written before it.
    await Promise.all([this.#sender, this.#receiver].map((host) => runScript(host, ['zpool sync'])));
  }

  async #takeBack(): Promise<void> {
    await runScript(this.#sender, [
      `zfs list -H -t bookmark -o name -r ${senderPlace} | while read -r name; do zfs destroy "$name"; done`,
    ]);
    // Somebody may have mounted them.
    await runScript(this.#receiver, [
      'zfs mount | while read -r name _; do',
      `  case $name in ${receiverPlace}/*) zfs unmount "$name";; esac`,
      'done',
    ]);
    if (this.#shape.common === 0) await this.#destroyCopies();
    else await this.#rollBackCopies();
  }

  /** Hosts in step are as the run left them that brought the newest versions: with their bookmarks, which the next one needn't make. */
  async #bookmarkNewest(): Promise<void> {
    const newest = listNames(this.#shape).map((name) => nameVersion(name, this.#shape.common));
    await runScript(
      this.#sender,
      newest.map((name) => `zfs bookmark ${name} ${name.replace('@', '#')}`),
    );
  }

  /** Throws unless the receiver has each of the sender's versions, and nothing else. */
  async checkArrivals(): Promise<void> {
    if ((await listGuids(this.#receiver, receiverPlace)) !== this.#guids) {
      throw new Error('the receiver does not have what was to be sent');
    }
  }

  async #makeVersion(version: number): Promise<void> {
    const { kibPerVersion } = this.#shape;
    const names = listNames(this.#shape);
    const writes = names.map(
      (name) => `head -c ${kibPerVersion}K /dev/urandom >/${senderPlace}/${name}/version-${version}`,
    );
    await runScript(this.#sender, [
      ...(kibPerVersion > 0 ? writes : []),
      `zfs snapshot ${names.map((name) => nameVersion(name, version)).join(' ')}`,
    ]);
  }

  async #copyCommonVersions(): Promise<void> {
    const { common } = this.#shape;
    const sends: string[] = [];
    const receives: string[] = [];
    for (const name of listNames(this.#shape)) {
      const first = nameVersion(name, 1);
      sends.push(`zfs send -Lec ${first}`);
      if (common > 1) sends.push(`zfs send -Lec -I ${first} ${nameVersion(name, common)}`);
      receives.push(
        ...Array.from({ length: Math.min(common, 2) }, () => `zfs receive -u ${receiverPlace}/${name}`),
      );
    }
    await runScript(this.#sender, [
      'set -o pipefail',
      `{ ${sends.join(' && ')}; } | ssh root@${this.#receiver.name} '${receives.join(' && ')}'`,
    ]);
  }

  async #destroyCopies(): Promise<void> {
    await runScript(this.#receiver, [
      `zfs list -H -o name -r -d 1 ${receiverPlace} | while read -r name; do`,
      `  [ "$name" = ${receiverPlace} ] || zfs destroy -r "$name"`,
      'done',
      // Freeing the blocks would go on beside the next run.
      `zpool wait -t free ${poolName}`,
    ]);
  }

  /** All of them by one process, in one transaction: `zfs rollback -r` for each would take half a minute here. */
  async #rollBackCopies(): Promise<void> {
    const program = `
      arguments = ...
      common = tonumber(arguments.argv[2])
      for dataset in zfs.list.children(arguments.argv[1]) do
        local newer = {}
        for snapshot in zfs.list.snapshots(dataset) do
          if tonumber(string.match(snapshot, ':(%d+)$')) > common then table.insert(newer, snapshot) end
        end
        for _, snapshot in ipairs(newer) do assert(zfs.sync.destroy(snapshot) == 0, snapshot) end
        if #newer > 0 then assert(zfs.sync.rollback(dataset) == 0, dataset) end
      end`;
    await this.#receiver.run(['zfs', 'program', poolName, '-', receiverPlace, String(this.#shape.common)], {
      stdin: program,
      timeoutMs,
    });
  }
}

/** Far more than making or reading the largest of these takes on hosts that have the machine to themselves. */
const timeoutMs = 20 * 60_000;

/** Runs lines of bash; the first that fails ends it. */
async function runScript(host: LabHost, lines: readonly string[]): Promise<void> {
  await host.run('bash -se', { stdin: `${lines.join('\n')}\n`, timeoutMs });
}

async function listGuids(host: LabHost, place: string): Promise<string> {
  const argv = ['zfs', 'list', '-Hp', '-t', 'snapshot', '-o', 'guid', '-r', place];
  const { stdout } = await host.run(argv, { timeoutMs });
  return stdout.split('\n').sort().join('\n');
}
