/**
 * `node build/bench/plan-scale.js [snapshots...]`: how long parsing two inventories and planning between them takes, and how
 * much memory, for that many snapshots a side, 50 on each dataset; the receiver lacks the newest of each.
 * Each size runs in a process of its own, so that peaks don't mix.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readQuickly } from '../src/inventory/read-inventory.js';
import { planTransfer } from '../src/plan/plan-transfer.js';
import type { Datasets } from '../src/streamline/dataset.js';
import { parseDatasets } from '../src/zfs/list.js';

const snapshotsPerDataset = 50;
const defaultSizes = ['10000', '100000', '1000000'];
const oneSizeMark = '--one-size';

if (process.argv[2] === oneSizeMark) {
  const [count = '', folder = ''] = process.argv.slice(3);
  measure(Number(count), folder);
} else {
  console.log('snapshots/side       parse s  plan s  total s  cpu s  peak MiB  steps');
  const sizes = process.argv.length > 2 ? process.argv.slice(2) : defaultSizes;
  for (const size of sizes) measureApart(size);
}

/** The lists are written here, so that making them isn't measured. */
function measureApart(size: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'zfs-vm-bench-'));
  try {
    const datasetCount = Math.ceil(Number(size) / snapshotsPerDataset);
    writeLists(join(folder, 'sender'), datasetCount, snapshotsPerDataset);
    writeLists(join(folder, 'receiver'), datasetCount, snapshotsPerDataset - 1);
    const argv = [fileURLToPath(import.meta.url), oneSizeMark, size, folder];
    process.stdout.write(execFileSync(process.execPath, argv, { encoding: 'utf8' }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function measure(snapshotCount: number, folder: string): void {
  const lists = ['sender', 'receiver'].map((side) => readLists(join(folder, side)));
  const startCpu = process.cpuUsage();
  const startMs = performance.now();
  const [sender = noDatasets, receiver = noDatasets] = lists.map(parse);
  const parsedMs = performance.now();
  const plan = planTransfer({
    ...{ sender, receiver, destination: undefined, rollback: false, replace: false },
    choice: { patterns: [], latest: false },
  });
  const endMs = performance.now();
  // On a machine that does other things too, this is what to go by: the time of one core, garbage collection included.
  const cpu = process.cpuUsage(startCpu);

  const steps = plan.chains.reduce((sum, chain) => sum + chain.steps.length, 0);
  const seconds = [parsedMs - startMs, endMs - parsedMs, endMs - startMs].map((ms) => (ms / 1000).toFixed(2));
  const peakMib = Math.round(process.resourceUsage().maxRSS / 1024);
  const [parseText = '', planText = '', totalText = ''] = seconds;
  console.log(
    String(snapshotCount).padStart(14),
    parseText.padStart(14),
    planText.padStart(7),
    totalText.padStart(8),
    ((cpu.user + cpu.system) / 1e6).toFixed(2).padStart(6),
    String(peakMib).padStart(9),
    String(steps).padStart(6),
  );
}

/** Writes what `zfs list` would print, in its order, which is that of names: every tenth dataset is a clone of another. */
function writeLists(path: string, datasetCount: number, snapshotCount: number): void {
  const datasets = ['tank\tfilesystem\t-\t0\t1795249568\toff\t-\t-'];
  const snapshots: string[] = [];
  for (let dataset = 0; dataset < datasetCount; dataset++) {
    const name = `tank/vm-${dataset}`;
    const origin = dataset % 10 === 9 ? `tank/vm-${dataset - 1}@zfs-vm:image-${dataset - 1}:1` : '-';
    datasets.push(`${name}\tfilesystem\t${origin}\t0\t1795249568\toff\t-\t-`);
    for (let version = 1; version <= snapshotCount; version++) {
      // Close to 64 bits, as real ones are.
      const guid = (1n << 63n) + BigInt(dataset * snapshotsPerDataset + version) * 2_654_435_761n;
      snapshots.push(
        `${name}@zfs-vm:image-${dataset}:${version}\t${guid}\t${dataset + version * datasetCount}`,
      );
    }
  }
  writeFileSync(`${path}.datasets`, `${datasets.sort().join('\n')}\n`);
  writeFileSync(`${path}.snapshots`, `${snapshots.sort().join('\n')}\n`);
}

const noDatasets: Datasets = new Map();

/** What zfs has printed. */
interface Lists {
  readonly datasets: string;
  readonly snapshots: string;
}

function readLists(path: string): Lists {
  const [datasets = '', snapshots = ''] = ['datasets', 'snapshots'].map((kind) =>
    readFileSync(`${path}.${kind}`, 'utf8'),
  );
  return { datasets, snapshots };
}

function parse({ datasets, snapshots }: Lists): Datasets {
  return readQuickly(parseDatasets(datasets), snapshots, new Map()).datasets;
}
