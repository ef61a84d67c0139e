/**
 * `node build/bench/start-up.js [--rounds 20]`: how long zfs-vm takes before it does anything, beside Node.js with an empty program.
 * docs/performance.md has the figures.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findPackageRoot } from '../test/lab/package-root.js';
import { runProgram } from './program.js';
import { formatRow, median } from './statistics.js';

const executable = join(findPackageRoot(), 'zfs-vm');

const contenders: readonly (readonly [name: string, words: readonly string[]])[] = [
  ['node -e 0', ['-e', '0']],
  ['--version', [executable, '--version']],
  ['--help', [executable, '--help']],
  ['completion', [executable, 'completion', 'values', 'host', '']],
  ['push --help', [executable, 'push', '--help']],
];

const columns = ['command', 'rounds', 'min ms', 'median ms', 'max ms', 'ratio', 'min/min'];

/** Runs Node.js once, and expects status 0. @returns how long it took, in ms */
function timeNode(words: readonly string[]): number {
  const beganMs = performance.now();
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  const tookMs = performance.now() - beganMs;
  if (status !== 0) throw new Error(`node ${words.join(' ')} ended with ${status ?? 'a signal'}:\n${stderr}`);
  return tookMs;
}

function runBenchmark(rounds: number): void {
  const results = contenders.map(([name, words]) => ({ name, words, times: [] as number[] }));
  for (let round = 0; round < rounds; round++) {
    for (const { words, times } of results) times.push(timeNode(words));
  }
  const widths = columns.map((column, index) => Math.max(column.length, index === 0 ? 11 : 9));
  console.log(formatRow(columns, widths, 1).trimEnd());
  const [empty] = results;
  for (const { name, times } of results) {
    const [least, middle] = [Math.min(...times), median(times)];
    const cells = [
      ...[name, String(rounds), ...[least, middle, Math.max(...times)].map((ms) => ms.toFixed(0))],
      ...[middle / median(empty?.times ?? []), least / Math.min(...(empty?.times ?? []))].map((ratio) =>
        ratio.toFixed(2),
      ),
    ];
    console.log(formatRow(cells, widths, 1));
  }
}

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '20' } } });
await runProgram(() => {
  runBenchmark(Number(values.rounds));
  return Promise.resolve();
});
