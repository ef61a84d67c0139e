/**
 * `node build/bench/transfer.js [--rounds N] [--no-syncoid] [--inside] [--small] [--also PATH] [--lab NAME] [case...]`: how long zfs-vm takes, as a whole process, beside
 * the same work done by hand and by syncoid, between two lab hosts. docs/performance.md says what the cases are.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { LabHost } from '../test/lab/lab-host.js';
import { attachLab, startLab } from '../test/lab/lab.js';
import { listContenders, type Contender } from './contenders.js';
import { note, runProgram } from './program.js';
import { formatRow, median } from './statistics.js';
import { Stopwatch, type Measurement } from './stopwatch.js';
import { makeInsideVantage, makeOutsideVantage, type Vantage } from './vantage.js';
import { World, type WorldShape } from './world.js';

interface Case {
  readonly name: string;
  readonly shape: WorldShape;
  /** The round trips between the hosts that it is measured with, over what the lab's link takes. */
  readonly roundTripsMs: readonly number[];
}

const cases: readonly Case[] = [
  {
    name: 'bulk',
    shape: { datasets: 1, common: 0, missing: 1, kibPerVersion: 150 * 1024 },
    roundTripsMs: [0],
  },
  {
    name: 'chain',
    shape: { datasets: 1, common: 1, missing: 50, kibPerVersion: 64 },
    roundTripsMs: [0, 50],
  },
  {
    name: 'wide',
    shape: { datasets: 100, common: 1, missing: 1, kibPerVersion: 64 },
    roundTripsMs: [0, 50],
  },
  {
    name: 'noop',
    shape: { datasets: 100, common: 10, missing: 0, kibPerVersion: 0 },
    roundTripsMs: [0],
  },
];

const columns = [
  ...['case ', 'contender    ', 'round trip ms', 'rounds', '  min s', 'median s', '  max s', 'ratio'],
  ...['tasks on b', 'connections'],
];
const columnWidths = columns.map((column) => column.length);
const textColumns = 2;

/** What is run, and how often. */
interface Request {
  readonly cases: readonly Case[];
  readonly rounds: number;
  readonly withSyncoid: boolean;
  /** Whether the contenders run on host a, and not on this machine, which has real processors. */
  readonly isInside: boolean;
  /** The executable of another checkout, which runs on this machine. */
  readonly also: string | undefined;
  /** The lab that is there already; one is booted when it is left out. */
  readonly labName: string | undefined;
}

/** The same case so small that it tells nothing but that it works. */
function makeSmall({ name, shape }: Case): Case {
  const { datasets, common, missing, kibPerVersion } = shape;
  return {
    name,
    shape: {
      ...{ datasets: Math.min(datasets, 3), common: Math.min(common, 2), missing: Math.min(missing, 3) },
      kibPerVersion: Math.min(kibPerVersion, 64),
    },
    roundTripsMs: [0],
  };
}

function readRequest(argv: readonly string[]): Request {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '3' },
      'no-syncoid': { type: 'boolean', default: false },
      inside: { type: 'boolean', default: false },
      small: { type: 'boolean', default: false },
      also: { type: 'string' },
      lab: { type: 'string' },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a number from 1');
  const chosen = positionals.map((name) => {
    const found = cases.find((each) => each.name === name);
    if (found === undefined) throw new Error(`there is no case ${name}`);
    return found;
  });
  const wanted = chosen.length > 0 ? chosen : cases;
  return {
    cases: values.small ? wanted.map(makeSmall) : wanted,
    ...{ rounds, withSyncoid: !values['no-syncoid'], isInside: values.inside },
    ...{ also: values.also === undefined ? undefined : resolve(values.also), labName: values.lab },
  };
}

async function runBenchmark(request: Request): Promise<void> {
  const { labName } = request;
  if (labName === undefined) note('booting the hosts');
  const hosts = [{ name: 'a' }, { name: 'b' }];
  const lab = await (labName === undefined ? startLab({ name: 'bench', hosts }) : attachLab(labName));
  try {
    const sender = lab.host('a');
    const receiver = lab.host('b');
    const vantage = await (request.isInside ? makeInsideVantage(lab) : makeOutsideVantage(lab));
    const stopwatch = await Stopwatch.calibrate(vantage.client, receiver);
    console.log(formatRow(columns, columnWidths, textColumns).trimEnd());
    for (const each of request.cases) await runCase(each, request, { sender, receiver, vantage, stopwatch });
  } finally {
    if (labName === undefined) await lab.stop();
  }
}

interface Bench {
  readonly sender: LabHost;
  readonly receiver: LabHost;
  readonly vantage: Vantage;
  readonly stopwatch: Stopwatch;
}

async function runCase(
  { name, shape, roundTripsMs }: Case,
  { rounds, withSyncoid, also }: Request,
  { sender, receiver, vantage, stopwatch }: Bench,
): Promise<void> {
  note(`${name}: making the datasets`);
  const world = new World(sender, receiver, shape);
  await world.prepare();
  const contenders = listContenders(shape, vantage.addresses, also).filter(
    ({ isSyncoid = false }) => withSyncoid || !isSyncoid,
  );
  for (const roundTripMs of roundTripsMs) {
    await vantage.setRoundTrip(roundTripMs);
    const results = contenders.map((contender) => ({ contender, measurements: new Array<Measurement>() }));
    for (let round = 1; round <= rounds; round++) {
      for (const { contender, measurements } of results) {
        if (round > 1 && contender.isSlow) continue;
        await world.reset();
        const measurement = await stopwatch.time(contender.line);
        await world.checkArrivals();
        measurements.push(measurement);
        note(`${name}, ${roundTripMs} ms, ${contender.name}: ${measurement.seconds.toFixed(2)} s`);
      }
    }
    printResults(name, roundTripMs, results);
    await vantage.setRoundTrip(0);
  }
}

function printResults(
  caseName: string,
  roundTripMs: number,
  results: readonly { readonly contender: Contender; readonly measurements: readonly Measurement[] }[],
): void {
  let first: number | undefined;
  for (const { contender, measurements } of results) {
    const seconds = measurements.map((each) => each.seconds);
    const middle = median(seconds);
    first ??= middle;
    const cells = [
      ...[caseName, contender.name, String(roundTripMs), String(measurements.length)],
      ...[Math.min(...seconds), middle, Math.max(...seconds), middle / first].map((each) => each.toFixed(2)),
      median(measurements.map((each) => each.tasks)).toFixed(0),
      median(measurements.map((each) => each.connections)).toFixed(0),
    ];
    console.log(formatRow(cells, columnWidths, textColumns));
  }
}

await runProgram(() => runBenchmark(readRequest(process.argv.slice(2))));
