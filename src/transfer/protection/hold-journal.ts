import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findStateFolder } from '../../base/state-folder.js';

/** Holds that a run has taken on a host, and not yet released. */
export interface HoldRecord {
  /** The host as the person named it. */
  readonly host: string;
  /** The words that call zfs there. */
  readonly zfs: readonly string[];
  readonly tag: string;
  readonly snapshots: readonly string[];
  /** The run that took them. */
  readonly pid: number;
  /** Whether what takes them has ended: until then, some may still be taken after they were released. */
  readonly isTaken: boolean;
}

/** Holds that a run has left. */
export interface LeftHolds extends HoldRecord {
  /** Whether nothing takes any of them any more, as far as anybody can know. */
  readonly isSettled: boolean;
}

/** After this time, no zfs still waits for its pool to take a hold. */
const longestTakingMs = 3_600_000;

/**
 * How it is written down: a process's number means something only on its machine, which may share the folder with others, and until
 * that is started again.
 */
interface WrittenRecord extends HoldRecord {
  readonly machine: string;
  readonly bootId: string;
  /** When the run began to take them, in milliseconds since 1970. */
  readonly writtenAtMs: number;
}

/** Where holds are written down before they are taken, so that the next run can release those of one that died. */
export class HoldJournal {
  readonly #folder: string;
  /** The tags whose holds this process still has to release. */
  readonly #own = new Set<string>();

  constructor(env: Readonly<Record<string, string | undefined>> = process.env) {
    this.#folder = join(findStateFolder(env), 'holds');
  }

  /**
   * Writes a record down so that it is there also after a sudden end of the machine, in the place of one with the same tag; tells
   * whether that was possible.
   */
  async write(record: HoldRecord): Promise<boolean> {
    this.#own.add(record.tag);
    try {
      await mkdir(this.#folder, { recursive: true });
      const written: WrittenRecord = {
        ...record,
        machine: await readMachineId(),
        bootId: await readBootId(),
        writtenAtMs: Date.now(),
      };
      const path = this.#fileOf(record.tag);
      // A record that was there before stays whole until the new one is.
      const file = await open(`${path}.new`, 'w', 0o600);
      try {
        await file.writeFile(JSON.stringify(written));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(`${path}.new`, path);
      await syncFolder(this.#folder);
      return true;
    } catch {
      return false;
    }
  }

  /** Leaves holds that couldn't be released, so that `findLeft` finds them, be it for a later attempt of the same process. */
  leave(tag: string): void {
    this.#own.delete(tag);
  }

  /** Removes a record whose holds are released. One that stays is harmless: they are released once more by the next run. */
  async remove(tag: string): Promise<void> {
    this.#own.delete(tag);
    await rm(this.#fileOf(tag), { force: true }).catch(() => undefined);
  }

  /** The holds that were left, on whatever host: by runs of this machine which are no more, or by this one. */
  async findLeft(): Promise<LeftHolds[]> {
    const files = await readdir(this.#folder).catch(() => []);
    const whole = files.filter((file) => file.endsWith('.json'));
    const records = await Promise.all(whole.map((file) => readRecord(join(this.#folder, file))));
    const [machine, bootId] = [await readMachineId(), await readBootId()];
    return records
      .filter((record) => record !== undefined)
      .filter((record) => record.machine === machine)
      .filter((record) => !(record.bootId === bootId && this.#isInUse(record)))
      .map(({ host, zfs, tag, snapshots, pid, isTaken, writtenAtMs }) => {
        const isOld = Math.abs(Date.now() - writtenAtMs) > longestTakingMs;
        return { host, zfs, tag, snapshots, pid, isTaken, isSettled: isTaken || isOld };
      });
  }

  #isInUse({ tag, pid }: HoldRecord): boolean {
    return pid === process.pid ? this.#own.has(tag) : isAlive(pid);
  }

  #fileOf(tag: string): string {
    return join(this.#folder, `${tag.replaceAll(':', '-')}.json`);
  }
}

/** So that the names in it are there after a sudden end, too. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  await folder.sync().finally(() => folder.close());
}

/** What tells this machine from any other, also after it was renamed; the same for all where the system has no such thing. */
function readMachineId(): Promise<string> {
  return readText('/etc/machine-id');
}

/** What tells this start of the machine from any other; the same for all where the system has no such thing. */
function readBootId(): Promise<string> {
  return readText('/proc/sys/kernel/random/boot_id');
}

/** What a file says; nothing where there is none. */
async function readText(path: string): Promise<string> {
  return (await readFile(path, 'utf8').catch(() => '')).trim();
}

async function readRecord(path: string): Promise<WrittenRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
    const { host, zfs, tag, snapshots, pid, machine, bootId, isTaken = true, writtenAtMs = 0 } = record;
    if (typeof host !== 'string' || typeof tag !== 'string') return undefined;
    if (typeof machine !== 'string' || typeof bootId !== 'string') return undefined;
    if (!isListOfWords(zfs) || !isListOfWords(snapshots) || typeof pid !== 'number') return undefined;
    if (typeof isTaken !== 'boolean' || typeof writtenAtMs !== 'number') return undefined;
    return { host, zfs, tag, snapshots, pid, machine, bootId, isTaken, writtenAtMs };
  } catch {
    // Somebody else is writing or removing it at this moment.
    return undefined;
  }
}

function isListOfWords(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((word) => typeof word === 'string');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
