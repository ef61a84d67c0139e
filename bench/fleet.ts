/**
 * `node build/bench/fleet.js [--hosts 100] [--megabytes 1] [--mbit 8]`: one image onto many empty hosts, by one push and by a push with `--relay`, beside
 * a push to one host. Hosts and links are simulated: each host has one uplink that all its streams share, and time is virtual, so that the
 * figures are exact. docs/performance.md says what is measured.
 */
import { parseArgs } from 'node:util';
import { SimWorld } from '../test/sim/sim-world.js';
import { runProgram } from './program.js';
import { formatRow } from './statistics.js';

const blockBytes = 4096;

/** A way to bring it to all of them. */
interface Way {
  readonly name: string;
  readonly hosts: number;
  readonly options: string;
}

interface Request {
  readonly hosts: number;
  readonly megabytes: number;
  /** Of each uplink. */
  readonly mbit: number;
}

/** What a way took. */
interface Outcome {
  /** Virtual. */
  readonly seconds: number;
  /** What went through the uplink of the host that pushes. */
  readonly uplinkBytes: number;
}

/** What all streams that leave a host share. */
class Uplink {
  bytes = 0;
  #freeAtMs = 0;
  readonly #bytesPerMs: number;

  constructor(mbit: number) {
    this.#bytesPerMs = (mbit * 1e6) / 8 / 1000;
  }

  /** For how long a piece of a stream is under way, after those that came before it. */
  carry(bytes: number, nowMs: number): number {
    this.bytes += bytes;
    this.#freeAtMs = Math.max(this.#freeAtMs, nowMs) + bytes / this.#bytesPerMs;
    return this.#freeAtMs - nowMs;
  }
}

async function bring({ hosts, options }: Way, { megabytes, mbit }: Request): Promise<Outcome> {
  const world = new SimWorld();
  const names = Array.from({ length: hosts }, (_, index) => `host-${index + 1}`);
  const sender = world.addMachine('sender');
  const uplink = new Uplink(mbit);
  const isRelayed = options !== '';
  if (isRelayed) {
    sender.delayMs = (work, bytes) => (work === 'send' ? uplink.carry(bytes, world.clock.nowMs) : 0);
  }
  for (const name of names) {
    const own = new Uplink(mbit);
    const machine = world.addMachine(name);
    // One stream that several get is read once: without relays, what counts is what arrives, a record with its block at a time.
    machine.delayMs = (work, bytes) => {
      if (!isRelayed) return work === 'receive' ? uplink.carry(bytes + blockBytes, world.clock.nowMs) : 0;
      return work === 'send' ? own.carry(bytes, world.clock.nowMs) : 0;
    };
  }
  sender.pools.create('tank/vm');
  const blocks = Math.ceil((megabytes * 2 ** 20) / blockBytes);
  sender.pools.write(
    'tank/vm',
    Array.from({ length: blocks }, (_, block) => block),
  );
  sender.pools.snapshot(['tank/vm@zfs-vm:vm:1']);
  const beganMs = world.clock.nowMs;
  const { status, stderr } = await world.run('sender', `push ${options} ${names.join(' ')}`);
  if (status !== 0) throw new Error(`the push ended with ${status}: ${stderr}`);
  for (const name of names) {
    if (world.machine(name).pools.findSnapshot('tank/vm@zfs-vm:vm:1') === undefined) {
      throw new Error(`${name} did not get it`);
    }
  }
  return { seconds: (world.clock.nowMs - beganMs) / 1000, uplinkBytes: uplink.bytes };
}

const columns = ['', 'hosts', 'virtual s', 'ratio', 'rounds wanted', 'uplink MB'];

async function runBenchmark(request: Request): Promise<void> {
  const ways: readonly Way[] = [
    { name: 'one host', hosts: 1, options: '' },
    { name: 'fan-out', hosts: request.hosts, options: '' },
    { name: 'relay', hosts: request.hosts, options: '--relay' },
  ];
  let alone: number | undefined;
  const rows: string[][] = [];
  for (const way of ways) {
    const { seconds, uplinkBytes } = await bring(way, request);
    alone ??= seconds;
    const rounds = way.options === '' ? '' : (Math.ceil(Math.log2(way.hosts)) + 1).toFixed(0);
    rows.push([
      ...[way.name, String(way.hosts), seconds.toFixed(1), (seconds / alone).toFixed(2)],
      ...[rounds, (uplinkBytes / 1e6).toFixed(1)],
    ]);
  }
  const widths = columns.map((column, index) =>
    Math.max(column.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  for (const row of [columns, ...rows]) console.log(formatRow(row, widths, 1));
}

const { values } = parseArgs({
  options: {
    hosts: { type: 'string', default: '100' },
    megabytes: { type: 'string', default: '1' },
    mbit: { type: 'string', default: '8' },
  },
});
const [hosts = 0, megabytes = 0, mbit = 0] = [values.hosts, values.megabytes, values.mbit].map(Number);
await runProgram(() => runBenchmark({ hosts, megabytes, mbit }));
