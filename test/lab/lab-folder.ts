import { chmod, lstat, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { identifyProcess, isAlive, killAndWait, mentions, type ProcessIdentity } from './process-identity.js';

/** What a lab that runs has written down, so that another process can use it too. */
export interface LabRecord {
  readonly name: string;
  /** The process without which the lab's hosts die; none for a detached lab. */
  readonly owner?: ProcessIdentity;
  readonly hosts: readonly HostRecord[];
}

/** One host of a running lab. */
export interface HostRecord {
  readonly name: string;
  readonly kind: string;
  readonly index: number;
  readonly zfsVersion: string;
  readonly sshPort: number;
  readonly hostKeys: readonly string[];
}

/** Everything of the lab with that name is below this folder: disks, sockets, keys, logs. */
export function findLabFolder(name: string): string {
  if (!/^[a-z][a-z0-9-]{0,19}$/.test(name)) throw new Error(`not a name for a lab: ${name}`);
  const folder = join(tmpdir(), `zfs-vm-lab-${userInfo().uid}`, name);
  // A socket's path has 107 characters at most; the longest below is that of a user's ssh connection.
  if (folder.length > 60) {
    throw new Error(`the path is too long for sockets, set TMPDIR to a shorter one: ${folder}`);
  }
  return folder;
}

/**
 * Takes the folder of a lab for this process, empty. What killed runs left, of this lab or another, is ended and removed.
 *
 * @throws when a lab of that name runs, or is being started by a living process.
 */
export async function claimLabFolder(name: string): Promise<string> {
  const folder = findLabFolder(name);
  const parent = dirname(folder);
  await mkdir(parent, { recursive: true, mode: 0o700 });
  // The path can be guessed: a folder that somebody else put there must not get our keys.
  const { uid } = await lstat(parent);
  if (uid !== userInfo().uid) throw new Error(`${parent} belongs to somebody else`);
  await chmod(parent, 0o700);

  await removeLeftovers(parent);
  const claim = await mkdtemp(join(parent, '.claim-'));
  try {
    await writeFile(join(claim, 'starter.json'), JSON.stringify(identifyProcess(process.pid)));
    // Fails when the folder is there. So of two who claim it, one gets it, and nobody ever sees it without its starter.
    await rename(claim, folder);
  } catch (error) {
    await rm(claim, { recursive: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    throw new Error(`lab ${name} runs already, or is being started`, { cause: error });
  }
  return folder;
}

/** Ends and removes the labs whose owner is gone. */
async function removeLeftovers(parent: string): Promise<void> {
  const asideMark = '.aside-';
  for (const entry of await readdir(parent)) {
    if (entry.startsWith('.')) continue;
    const found = join(parent, entry);
    const [labName = ''] = entry.split(asideMark);
    const isAside = entry !== labName;
    if (!isAside && (await isLabRunning(found))) continue;
    // Aside first, so that a new lab of that name never meets the old one's files.
    const aside = isAside ? found : `${found}${asideMark}${process.pid}`;
    if (!isAside && !(await tryRename(found, aside))) continue;
    // The guests' command lines have the folder's first name.
    await endGuests(aside, join(parent, labName));
    await rm(aside, { recursive: true, force: true });
  }
}

/** Whether it was still there to be renamed. */
async function tryRename(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** Ends the guests whose pid files are in the folder, after checking that they are this lab's. */
export async function endGuests(folder: string, nameInCommandLine = folder): Promise<void> {
  const pids = await readGuestPids(folder);
  await Promise.all(
    pids.filter((pid) => mentions(pid, `${nameInCommandLine}/`)).map((pid) => killAndWait(pid)),
  );
}

/** Writes down that the lab runs, in one piece. */
export async function writeLabRecord(folder: string, record: LabRecord): Promise<void> {
  await writeFile(join(folder, 'lab.json.new'), JSON.stringify(record, undefined, 2));
  await rename(join(folder, 'lab.json.new'), join(folder, 'lab.json'));
}

/** What the lab of that name wrote down, or `undefined` where none runs. */
export async function readLabRecord(name: string): Promise<LabRecord | undefined> {
  const folder = findLabFolder(name);
  if (!(await isLabRunning(folder))) return undefined;
  return readJson<LabRecord>(join(folder, 'lab.json'));
}

async function isLabRunning(folder: string): Promise<boolean> {
  const record = await readJson<LabRecord>(join(folder, 'lab.json'));
  if (record === undefined) {
    const starter = await readJson<ProcessIdentity>(join(folder, 'starter.json'));
    return starter !== undefined && isAlive(starter);
  }
  if (record.owner !== undefined) return isAlive(record.owner);
  const pids = await readGuestPids(folder);
  return pids.some((pid) => mentions(pid, `${folder}/`));
}

async function readGuestPids(folder: string): Promise<readonly number[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const pids = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory())
      .map((entry) => readFile(join(folder, entry.name, 'pid'), 'utf8').catch(() => '')),
  );
  return pids.map((text) => Number.parseInt(text, 10)).filter((pid) => pid > 1);
}

async function readJson<T>(file: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
