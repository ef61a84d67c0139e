/**
 * `node build/bench/fan-out.js [--rounds 3] [--chunks 32] [-- OPTION...]`: how long a push to three hosts takes beside a push to one of them, and how
 * often the source is read for it. The hosts are sshds of our own on this machine, zfs is a fake, and what it is read from gives no
 * more than 20 MB/s, as a disk does: the more often it is read, the longer it takes. docs/performance.md says what is measured.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parseArgs } from 'node:util';
import { findPackageRoot } from '../test/lab/package-root.js';
import { FakeZfs, receiverPlace } from './fake-zfs.js';
import { findSshd, OwnSshd } from './own-sshd.js';
import { note, runProgram } from './program.js';
import { formatRow, median } from './statistics.js';
import { runWatched, type WatchedRun } from './watched-run.js';

/** 8 MB and a rest of 0.4 s: 20 MB/s. */
const pace = { chunkBytes: 8_000_000, pauseSeconds: 0.4 };

const hostCount = 3;

const columns = ['hosts', 'rounds', 'min s', 'median s', 'max s', 'ratio', 'sends', 'cpu s', 'peak MiB'];

/** A host of our own, and what it has. */
interface Receiver {
  readonly sshd: OwnSshd;
  readonly zfs: FakeZfs;
}

async function startReceiver(
  program: string,
  folder: string,
  index: number,
  sizeBytes: number,
): Promise<Receiver> {
  const own = join(folder, `host-${index}`);
  mkdirSync(own);
  const zfs = new FakeZfs(own, sizeBytes, pace);
  const path = process.env['PATH'] ?? '/usr/bin:/bin';
  const sshd = await OwnSshd.start(
    program,
    own,
    `${zfs.receiverFolder}${delimiter}${path}`,
    [],
    `host-${index}`,
  );
  return { sshd, zfs };
}

async function runBenchmark(rounds: number, chunks: number, options: readonly string[]): Promise<void> {
  const sizeBytes = pace.chunkBytes * chunks;
  const program = findSshd();
  if (program === undefined) throw new Error("there is no sshd on this machine: install OpenSSH's server");
  const folder = mkdtempSync(join(tmpdir(), 'zfs-vm-bench-'));
  const receivers: Receiver[] = [];
  try {
    for (let index = 1; index <= hostCount; index++) {
      receivers.push(await startReceiver(program, folder, index, sizeBytes));
    }
    const configPath = join(folder, 'ssh_config');
    writeFileSync(configPath, receivers.map(({ sshd }) => readFileSync(sshd.configPath, 'utf8')).join(''));
    const [first] = receivers;
    const path = process.env['PATH'] ?? '/usr/bin:/bin';
    const env = {
      ...process.env,
      PATH: `${first?.zfs.senderFolder ?? ''}${delimiter}${path}`,
      ZFS_VM_SSH_CONFIG: configPath,
      XDG_STATE_HOME: folder,
    };
    const results = [1, hostCount].map((count) => ({ count, runs: [] as WatchedRun[], sends: 0 }));
    for (let round = 1; round <= rounds; round++) {
      for (const result of results) {
        for (const { zfs } of receivers) zfs.reset();
        const some = receivers.slice(0, result.count);
        const targets = some.map(({ sshd }) => sshd.target);
        const executable = join(findPackageRoot(), 'zfs-vm');
        const argv = [
          process.execPath,
          executable,
          'push',
          ...options,
          '-d',
          receiverPlace,
          ...targets,
        ] as const;
        result.runs.push(await runWatched([...argv], env));
        result.sends = first?.zfs.countSends() ?? 0;
        const arrived = some.map(({ zfs }) => zfs.readReceivedBytes());
        if (arrived.some((bytes) => bytes !== sizeBytes)) {
          throw new Error(`of ${sizeBytes} bytes, ${arrived.join(', ')} arrived`);
        }
        note(`round ${round}, ${result.count} hosts: ${result.runs.at(-1)?.seconds.toFixed(2) ?? ''} s`);
      }
    }
    printResults(results);
  } finally {
    for (const { sshd } of receivers) await sshd.stop();
    rmSync(folder, { recursive: true });
  }
}

function printResults(
  results: readonly {
    readonly count: number;
    readonly runs: readonly WatchedRun[];
    readonly sends: number;
  }[],
): void {
  const widths = columns.map(({ length }) => length);
  console.log(formatRow(columns, widths, 0).trimEnd());
  let alone: number | undefined;
  for (const { count, runs, sends } of results) {
    const seconds = runs.map((run) => run.seconds);
    const middle = median(seconds);
    alone ??= middle;
    const cells = [
      ...[String(count), String(runs.length)],
      ...[Math.min(...seconds), middle, Math.max(...seconds)].map((each) => each.toFixed(2)),
      ...[(middle / alone).toFixed(2), String(sends)],
      median(runs.map((run) => run.cpuSeconds)).toFixed(2),
      Math.max(...runs.map((run) => run.peakMib)).toFixed(0),
    ];
    console.log(formatRow(cells, widths, 0));
  }
}

const { values, positionals } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, chunks: { type: 'string', default: '32' } },
  allowPositionals: true,
});
await runProgram(() => runBenchmark(Number(values.rounds), Number(values.chunks), positionals));
