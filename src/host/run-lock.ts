import { createHash, randomBytes } from 'node:crypto';
import { closeSync, constants, openSync } from 'node:fs';
import { link, lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { homedir, hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { ZfsVmError } from '../base/errors.js';
import { describeThrown } from '../base/printable.js';

/** A lock that is held. */
export interface RunLock {
  readonly release: () => Promise<void>;
}

/** Where open(2) takes a lock as flock(2) does (O_EXLOCK); Node.js has no name for it. */
const lockingOpen: ReadonlyMap<string, number> = new Map([
  ['darwin', 0x20],
  ['freebsd', 0x20],
]);

/**
 * Takes a lock that one run of this user on this machine can hold; undefined when another one has it. The system releases it
 * when the run ends, however it ends, and nobody else can take it: it lies in a folder where only this user writes.
 * @throws ZfsVmError `failed` where there can be no such folder, or no lock in it
 */
export async function takeRunLock(name: string): Promise<RunLock | undefined> {
  const folder = chooseFolder();
  try {
    await makePrivate(folder);
    // Several machines may have the same home.
    const file = createHash('sha256').update(`${hostname()} ${name}`).digest('hex');
    const flag = lockingOpen.get(process.platform);
    return flag === undefined ? await lockBySocket(folder, file) : lockByOpen(join(folder, file), flag);
  } catch (error) {
    throw new ZfsVmError('failed', `cannot take the lock: ${describeThrown(error)}`, {
      hint: `make sure that only this user can write to ${folder}, where sync keeps its locks`,
      cause: error,
    });
  }
}

/**
 * Where this user's locks lie, whatever the environment says: runs of the same user must meet there. Root's are where nobody else writes
 * and nothing is left after a restart.
 */
function chooseFolder(): string {
  return process.getuid?.() === 0
    ? '/var/run/zfs-vm'
    : join(accountHome(), '.local', 'state', 'zfs-vm', 'locks');
}

function accountHome(): string {
  try {
    return userInfo().homedir;
  } catch {
    // In a container, one may be a user of whom nothing but a number is known.
    return homedir();
  }
}

async function makePrivate(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await lstat(folder);
  if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o022) !== 0) {
    throw new Error(`other users can write to ${folder}`);
  }
}

function lockByOpen(path: string, flag: number): RunLock | undefined {
  const { O_RDWR, O_CREAT, O_NONBLOCK } = constants;
  try {
    const fd = openSync(path, O_RDWR | O_CREAT | O_NONBLOCK | flag, 0o600);
    return {
      release: () => {
        closeSync(fd);
        return Promise.resolve();
      },
    };
  } catch (error) {
    if (codeOf(error) === 'EAGAIN') return undefined;
    throw error;
  }
}

/**
 * For Linux, whose open(2) takes no locks: who holds it listens at a socket, for as long as the process lives. Each holder gives its socket
 * the name with the next number, when it listens already. The name with the highest number tells: where nobody listens there, its
 * holder is gone, and of all who see that, one gets the next number. So that numbers never come again, the name stays.
 */
async function lockBySocket(folder: string, file: string): Promise<RunLock | undefined> {
  // Names of sockets have 107 characters at most, however long the folder's is.
  const fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  const toPath = (name: string): string => `/proc/self/fd/${fd}/${name}`;
  const nameOf = (number: number): string => `${file}.${number}`;
  const own = `new-${randomBytes(8).toString('hex')}`;
  const server = createServer((visitor) => visitor.destroy());
  const release = async (): Promise<void> => {
    await new Promise((resolve) => server.close(resolve));
    closeSync(fd);
  };
  try {
    await listen(server, toPath(own));
    for (;;) {
      const newest = await findNewest(folder, file);
      if (newest > 0 && (await isListening(toPath(nameOf(newest))))) break;

      const number = newest + 1;
      if (!(await linkIfFree(join(folder, own), join(folder, nameOf(number))))) continue;

      if ((await findNewest(folder, file)) === number) {
        await Promise.all(
          [own, ...(await listOlder(folder, file, number))].map((name) => rmIn(folder, name)),
        );
        // It keeps nobody waiting who forgot to release it.
        server.unref();
        return { release };
      }
      // Others came and went meanwhile, who tidied up behind them: this number was taken before.
      await rmIn(folder, nameOf(number));
    }
    await release();
    return undefined;
  } catch (error) {
    await release();
    throw error;
  }
}

async function findNewest(folder: string, file: string): Promise<number> {
  return Math.max(0, ...(await listNumbers(folder, file)));
}

async function listOlder(folder: string, file: string, number: number): Promise<string[]> {
  const numbers = await listNumbers(folder, file);
  return numbers.filter((other) => other < number).map((other) => `${file}.${other}`);
}

async function listNumbers(folder: string, file: string): Promise<number[]> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(`${file}.`));
  return names.map((name) => Number(name.slice(file.length + 1))).filter(Number.isSafeInteger);
}

function rmIn(folder: string, name: string): Promise<void> {
  return rm(join(folder, name), { force: true });
}

/** Gives a file another name, unless that is taken. */
async function linkIfFree(path: string, newPath: string): Promise<boolean> {
  try {
    await link(path, newPath);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // Later it doesn't matter: whoever couldn't be let in has seen that somebody listens.
    server.on('error', reject);
    server.listen(path, resolve);
  });
}

/** Whether a process listens at a socket. One that has been stopped (Ctrl-Z) does, too. */
function isListening(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => {
      const code = codeOf(error);
      // Somebody with a higher number may have removed it.
      if (code === 'ECONNREFUSED' || code === 'ENOENT') resolve(false);
      // So many look at once that no more can wait.
      else if (code === 'EAGAIN') resolve(true);
      else reject(error);
    });
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
