/**
 * `node build/bench/large-host.js [datasets [versions [others]]]`: time and memory of the whole program on a host with so many datasets,
 * versions of each and other snapshots of each (1,000, 1,000 and none), beside a zfs that costs next to nothing.
 */
import { join } from 'node:path';
import { findPackageRoot } from '../test/lab/package-root.js';
import { LargeHost } from '../test/large-host.js';
import { note, runProgram } from './program.js';
import { runWatched } from './watched-run.js';

const commands = ['list', 'list --json', 'plan prune --keep-last 10', 'plan push -d tank/to local'];

await runProgram(async () => {
  const [datasets = 1000, versions = 1000, others = 0] = process.argv.slice(2).map(Number);
  note(`making lists of ${datasets * (versions + others)} snapshots`);
  const host = await LargeHost.make({ datasets, versions, others });
  try {
    console.log('| command | s | cpu s | peak MiB |\n|---|---|---|---|');
    for (const command of commands) {
      const program = join(findPackageRoot(), 'src', 'launch.cjs');
      const { seconds, cpuSeconds, peakMib } = await runWatched(
        [process.execPath, program, ...command.split(' ')],
        host.env,
      );
      console.log(
        `| ${command} | ${seconds.toFixed(1)} | ${cpuSeconds.toFixed(1)} | ${Math.round(peakMib)} |`,
      );
    }
  } finally {
    host.remove();
  }
});
