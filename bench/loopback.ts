/**
 * `node build/bench/loopback.js [--size 4G] [--rounds 3] [--pull] [--also PATH]`: how fast one big stream goes through zfs-vm, by itself and with
 * either transport, beside the plain pipe, from this machine to itself. sshd is our own, and zfs a fake that costs next to nothing.
 * `--also` measures another zfs-vm too: the executable of an older checkout. docs/performance.md says what is measured.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { quoteCommand } from '../src/base/shell.js';
import { findPackageRoot } from '../test/lab/package-root.js';
import { FakeZfs, receiverPlace, snapshotName } from './fake-zfs.js';
import { findSshd, OwnSshd } from './own-sshd.js';
import { note, runProgram } from './program.js';
import { formatRow, median } from './statistics.js';
import { runWatched, type WatchedRun } from './watched-run.js';

/** A way to bring the stream over. */
interface Contender {
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  /** Whether it is zfs-vm, whose memory is of interest. */
  readonly isOurs: boolean;
}

/** One contender and its runs. */
interface Result {
  readonly contender: Contender;
  readonly runs: (WatchedRun & { readonly serverCpuSeconds: number })[];
  cipher: string;
}

const columns = [
  ...['contender               ', 'cipher                       ', 'rounds', 'min s', 'median s', 'max s'],
  ...['ratio', ' MB/s', 'cpu s', 'sshd cpu s', 'peak MiB'],
];
const columnWidths = columns.map((column) => column.length);
const textColumns = 2;

interface Request {
  readonly direction: 'push' | 'pull';
  readonly sizeBytes: number;
  readonly rounds: number;
  readonly also: string | undefined;
}

function readRequest(argv: readonly string[]): Request {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      size: { type: 'string', default: '4G' },
      rounds: { type: 'string', default: '3' },
      pull: { type: 'boolean', default: false },
      also: { type: 'string' },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a number from 1');
  const [, number = '', unit = ''] = /^([0-9]{1,6})([KMG])$/.exec(values.size) ?? [];
  const sizeBytes = Number(number) * 1024 ** ' KMG'.indexOf(unit);
  if (number === '' || sizeBytes === 0) throw new Error('--size takes a number with K, M or G');
  return {
    direction: values.pull ? 'pull' : 'push',
    ...{ sizeBytes, rounds, also: values.also === undefined ? undefined : resolve(values.also) },
  };
}

function listContenders(
  { configPath, target }: OwnSshd,
  { direction, also }: Pick<Request, 'direction' | 'also'>,
): Contender[] {
  const send = quoteCommand(['zfs', 'send', '-L', '-e', '-c', snapshotName]);
  const receive = quoteCommand(['zfs', 'receive', '-s', '-u', `${receiverPlace}/disk`]);
  const pipe = (...options: string[]): Contender['argv'] => {
    const there = (command: string): string =>
      quoteCommand(['ssh', '-F', configPath, ...options, target, command]);
    const pipeline = direction === 'push' ? `${send} | ${there(receive)}` : `${there(send)} | ${receive}`;
    return ['sh', '-c', pipeline];
  };
  const bring = (program: string, ...options: string[]): Contender['argv'] => {
    return [process.execPath, program, direction, ...options, '-d', receiverPlace, target];
  };
  const ours = join(findPackageRoot(), 'zfs-vm');
  return [
    { name: 'raw pipe', argv: pipe(), isOurs: false },
    { name: 'raw pipe, our cipher', argv: pipe('-c', 'aes128-gcm@openssh.com'), isOurs: false },
    { name: 'zfs-vm', argv: bring(ours), isOurs: true },
    ...(also === undefined ? [] : [{ name: 'the other zfs-vm', argv: bring(also), isOurs: true }]),
    { name: 'zfs-vm, ssh2 alone', argv: bring(ours, '--transport', 'ssh2'), isOurs: true },
    { name: 'zfs-vm, openssh alone', argv: bring(ours, '--transport', 'openssh'), isOurs: true },
  ];
}

async function runBenchmark({ direction, sizeBytes, rounds, also }: Request): Promise<void> {
  const program = findSshd();
  if (program === undefined) throw new Error("there is no sshd on this machine: install OpenSSH's server");
  const folder = mkdtempSync(join(tmpdir(), 'zfs-vm-bench-'));
  let sshd: OwnSshd | undefined;
  try {
    const zfs = new FakeZfs(folder, sizeBytes);
    const path = process.env['PATH'] ?? '/usr/bin:/bin';
    const folders = [zfs.senderFolder, zfs.receiverFolder];
    const [here, there] = direction === 'push' ? folders : folders.toReversed();
    sshd = await OwnSshd.start(program, folder, `${there ?? ''}${delimiter}${path}`);
    const env = {
      ...process.env,
      PATH: `${here ?? ''}${delimiter}${path}`,
      ZFS_VM_SSH_CONFIG: sshd.configPath,
      XDG_STATE_HOME: folder,
    };
    const results = listContenders(sshd, { direction, also }).map((contender): Result => ({
      contender,
      runs: [],
      cipher: '',
    }));
    for (let round = 1; round <= rounds; round++) {
      for (const result of results) {
        zfs.reset();
        const cpuBefore = await sshd.readCpuSeconds();
        const run = await runWatched(result.contender.argv, env);
        const serverCpuSeconds = (await sshd.readCpuSeconds()) - cpuBefore;
        checkArrival(result.contender, zfs, sizeBytes);
        result.runs.push({ ...run, serverCpuSeconds });
        result.cipher = sshd.readCipher();
        note(`round ${round}, ${result.contender.name}: ${run.seconds.toFixed(2)} s`);
      }
    }
    printResults(results, sizeBytes);
  } finally {
    await sshd?.stop();
    rmSync(folder, { recursive: true });
  }
}

function checkArrival({ name }: Contender, zfs: FakeZfs, sizeBytes: number): void {
  const bytes = zfs.readReceivedBytes();
  if (bytes !== sizeBytes) throw new Error(`${name}: ${bytes ?? 'no'} bytes arrived, and not ${sizeBytes}`);
}

function printResults(results: readonly Result[], sizeBytes: number): void {
  console.log(formatRow(columns, columnWidths, textColumns).trimEnd());
  let first: number | undefined;
  for (const { contender, runs, cipher } of results) {
    const seconds = runs.map((run) => run.seconds);
    const middle = median(seconds);
    first ??= middle;
    const times = [Math.min(...seconds), middle, Math.max(...seconds)].map((each) => each.toFixed(2));
    const cells = [
      ...[contender.name, cipher, String(runs.length), ...times],
      // Of the throughput, so that more is better.
      ...[(first / middle).toFixed(2), (sizeBytes / 1e6 / middle).toFixed(0)],
      median(runs.map((run) => run.cpuSeconds)).toFixed(2),
      median(runs.map((run) => run.serverCpuSeconds)).toFixed(2),
      contender.isOurs ? Math.max(...runs.map((run) => run.peakMib)).toFixed(0) : '',
    ];
    console.log(formatRow(cells, columnWidths, textColumns));
  }
}

await runProgram(() => runBenchmark(readRequest(process.argv.slice(2))));
