import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { ZfsVmError } from '../../base/errors.js';
import { describeThrown, toPrintable } from '../../base/printable.js';
import { readLines } from '../run-command.js';

/**
 * Runs ssh until it ends by itself or the script's stdin does, and then removes the folder of its socket. So neither outlives us,
 * even if we are killed. Signals of the terminal reach everything that runs here: they are for us alone, who have commands to end
 * first. (A SIGTERM to all of the group, as from a service manager, ends the connection at once.) ssh leaves a signal ignored that it finds ignored, but while it asks for a password (seen with OpenSSH 9.2). Told to end, it
 * gives the terminal back, but may also wait until all that it has still to send is gone, and that may be long.
 */
const guardScript = `
folder=$1; shift
trap '' INT HUP QUIT
exec 3<&0
"$@" </dev/null 3<&- &
ssh=$!
exec 2>/dev/null
{ cat; kill "$ssh"; sleep 0.2 || sleep 1; kill -9 "$ssh"; } <&3 >/dev/null &
watcher=$!
wait "$ssh"
kill "$watcher"
rm -rf "$folder"`;

/** ssh binds its socket under a longer name first, and such names have 104 bytes on some systems (sun_path). */
const longestSocketPath = 80;

const pollMs = 20;

/** How long the last words of an ssh that has ended may take: what it has started may keep its stderr open. */
const lastWordsMs = 200;

/** How long ssh may take to end once it was told to. */
const farewellMs = 1000;

/** How many of the last lines that ssh wrote are kept. */
const keptLines = 20;

/** How to start a master. */
export interface MasterOptions {
  /** Options and address for ssh. */
  readonly words: readonly string[];
  /** The only key that the host may show, with its type, as a line of known_hosts has them; as the configuration says when left out. */
  readonly hostKey?: string | undefined;
  /** The host, for messages. */
  readonly label: string;
  /** What a person can try the same way with, for messages. */
  readonly sshCommand: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Takes the lines that ssh writes, made printable. */
  readonly onLine: (line: string) => void;
  /** Aborting it cancels connecting. Later it does nothing. */
  readonly signal: AbortSignal | undefined;
}

/**
 * An ssh process that holds one connection, logged in, and lets others run commands over it by its socket. It runs no command
 * itself, so that it doesn't count against the host's MaxSessions.
 */
export class Master {
  readonly socketPath: string;
  readonly #label: string;
  readonly #guard: { readonly stdin: { destroy(): void } };
  readonly #hasEnded: Promise<void>;
  readonly #lines: string[] = [];
  #isClosed = false;
  #lossReason: string | undefined;

  private constructor(folder: string, { words, label, env, onLine, hostKey }: MasterOptions) {
    this.socketPath = join(folder, 'ssh');
    this.#label = label;
    const pinned = hostKey === undefined ? [] : pinHostKey(join(folder, 'known_hosts'), hostKey);
    const ssh = ['ssh', '-M', '-S', escapePercent(this.socketPath), '-N', ...pinned, ...words];
    // Not in a group of its own: ssh asks on the terminal, where only the group in the foreground is heard.
    const guard = spawn('/bin/sh', ['-c', guardScript, 'sh', folder, ...ssh], {
      env: { ...env },
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    this.#guard = guard;
    guard.stdin.on('error', () => undefined);
    const hasLastWords = readLines(guard.stderr, (line) => {
      const printable = toPrintable(line.trim());
      if (printable === '' || this.#isClosed) return;
      this.#lines.push(printable);
      this.#lines.splice(0, this.#lines.length - keptLines);
      onLine(printable);
    });
    this.#hasEnded = new Promise((resolve) => {
      guard.once('error', resolve).once('exit', resolve);
    }).then(async () => {
      guard.stdin.destroy();
      // A guard that was killed couldn't.
      await rm(folder, { recursive: true, force: true }).catch(() => undefined);
      await Promise.race([hasLastWords, wait(lastWordsMs, undefined, { ref: false })]);
      this.#lossReason ??= `connection to ${label} lost: ${this.#lines.at(-1) ?? 'ssh exited without a message'}`;
    });
  }

  /**
   * Starts ssh and waits until it has logged in, however long the person takes to answer what it asks.
   * @throws ZfsVmError `connection` with ssh's own words; `interrupted` when the signal is aborted. Nothing is left then.
   */
  static async start(options: MasterOptions): Promise<Master> {
    const { label, sshCommand, signal } = options;
    throwIfStopped(label, signal);
    const master = new Master(await makeFolder(), options);
    try {
      // The socket gets its name when it takes commands, and not before ssh has logged in.
      while (!existsSync(master.socketPath)) {
        await wait(pollMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
        throwIfStopped(label, signal);
        if (master.lossReason() !== undefined) throw describeFailure(label, sshCommand, master.#lines);
      }
      // What it has said before is in its pipe, and would be left out if all ended at once. A turn that has begun may have looked
      // there already.
      await nextTurn();
      await nextTurn();
      return master;
    } catch (error) {
      await master.close();
      throw error;
    }
  }

  /** Why the connection is gone; `undefined` while it is there, as far as is known. */
  lossReason(): string | undefined {
    return this.#lossReason;
  }

  /** Why the connection is gone, for one who knows that it is, and may know it first. */
  async awaitLossReason(): Promise<string> {
    await Promise.race([this.#hasEnded, wait(farewellMs, undefined, { ref: false })]);
    return this.#lossReason ?? `connection to ${this.#label} lost`;
  }

  /** Ends the connection; fulfils when ssh is gone with its socket, or takes too long. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#lossReason ??= 'the connection was closed';
    this.#guard.stdin.destroy();
    await Promise.race([this.#hasEnded, wait(farewellMs, undefined, { ref: false })]);
  }
}

/** What the host is called where its key is pinned. */
const pinnedName = 'zfs-vm-pinned';

/** Writes a file for ssh that knows one key, and gives the options with which that is the only one that is taken. */
function pinHostKey(path: string, hostKey: string): string[] {
  writeFileSync(path, `${pinnedName} ${hostKey}\n`);
  const options = [
    ...['StrictHostKeyChecking=yes', `HostKeyAlias=${pinnedName}`, 'CheckHostIP=no', 'UpdateHostKeys=no'],
    ...[
      `UserKnownHostsFile="${escapePercent(path)}"`,
      'GlobalKnownHostsFile=/dev/null',
      'VerifyHostKeyDNS=no',
    ],
    // OpenSSH 8.4 and older have none.
    ...['IgnoreUnknown=KnownHostsCommand', 'KnownHostsCommand=none'],
  ];
  return options.flatMap((option) => ['-o', option]);
}

/** `%` in paths stands for something in ssh's options. */
export function escapePercent(path: string): string {
  return path.replaceAll('%', '%%');
}

/** A new folder that only we can look into, where a socket's path is short enough. */
async function makeFolder(): Promise<string> {
  const places = [tmpdir(), '/tmp'].filter(
    (place) => place.length < longestSocketPath - '/zfs-vm-XXXXXX/ssh'.length,
  );
  const [place = '/tmp'] = places;
  try {
    return await mkdtemp(join(place, 'zfs-vm-'));
  } catch (error) {
    throw new ZfsVmError(
      'failed',
      `cannot create a directory for the control socket of ssh: ${describeThrown(error)}`,
      {
        hint: 'set TMPDIR to a writable directory',
        cause: error,
      },
    );
  }
}

function throwIfStopped(label: string, signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new ZfsVmError('interrupted', `stopped while connecting to ${label}`, { cause: signal.reason });
}

function describeFailure(label: string, sshCommand: string, lines: readonly string[]): ZfsVmError {
  const last = lines.at(-1);
  if (lines.some((line) => /\bssh: (command )?not found/.test(line))) {
    return new ZfsVmError('connection', 'ssh command not found on this machine', {
      hint: 'install the OpenSSH client, or omit --transport',
    });
  }
  return new ZfsVmError('connection', `cannot connect to ${label}: ${last ?? 'ssh gave no reason'}`, {
    details: lines.slice(0, -1).map((line) => `ssh: ${line}`),
    hint: `check that "${sshCommand}" logs in`,
  });
}
