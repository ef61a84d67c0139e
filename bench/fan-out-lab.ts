/**
 * `node build/bench/fan-out-lab.js [--rounds 3] [--mbit 16] [--megabytes 16] [--lab NAME]`: the same as fan-out.ts on real OpenZFS: a push to three lab hosts beside a
 * push to one of them, in turn. Each has a link of its own to the sender, so that the network's share is none.
 * docs/performance.md says what is measured.
 */
import { parseArgs } from 'node:util';
import { attachLab, startLab, type Lab } from '../test/lab/lab.js';
import type { LabHost } from '../test/lab/lab-host.js';
import { noteSends, notingFolder, takeSends } from '../test/lab/noted-sends.js';
import { note } from './program.js';
import { formatRow, median } from './statistics.js';

const receiverNames = ['b', 'c', 'd'];

const columns = ['hosts', 'rounds', 'min s', 'median s', 'max s', 'ratio', 'sends'];

/** How long a push took, and how often a stream was read for it. */
interface Push {
  readonly seconds: number;
  readonly sends: number;
}

/** Gives the sender something to send. */
async function prepareSender(a: LabHost, megabytes: number): Promise<void> {
  await a.freshPool();
  await noteSends(a);
  await a.run(
    `set -e; zfs create tank/vm; head -c ${megabytes}M /dev/urandom > /tank/vm/data; zfs snapshot tank/vm@zfs-vm:vm:1`,
  );
}

async function push(lab: Lab, hostCount: number): Promise<Push> {
  const a = lab.host('a');
  const receivers = receiverNames.map((name) => lab.host(name));
  await Promise.all(receivers.map((host) => host.freshPool()));
  await a.run('for mark in $(zfs list -H -t bookmark -o name); do zfs destroy "$mark"; done');
  const targets = receivers.slice(0, hostCount).map(({ name }) => `root@${name}`);
  const { stdout } = await a.run(
    `began=$(date +%s%N); PATH=${notingFolder}:$PATH zfs-vm push -d tank/x ${targets.join(' ')} > /tmp/push 2>&1 || cat /tmp/push
    echo "$(( $(date +%s%N) - began ))"`,
    { timeoutMs: 600_000 },
  );
  const [, nanoseconds] = /^([0-9]+)$/m.exec(stdout) ?? [];
  for (const host of receivers.slice(0, hostCount)) await host.run('zfs list tank/x/vm@zfs-vm:vm:1');
  return { seconds: Number(nanoseconds) / 1e9, sends: await takeSends(a) };
}

interface Request {
  readonly rounds: number;
  readonly mbit: number;
  readonly megabytes: number;
  /** The lab that is there already; one is booted when it is left out. */
  readonly labName: string | undefined;
}

async function runBenchmark({ rounds, mbit, megabytes, labName }: Request): Promise<void> {
  const hosts = ['a', ...receiverNames].map((name) => ({ name }));
  const name = `bench-fan-out-${process.pid}`;
  const lab = await (labName === undefined ? startLab({ name, hosts, memoryMib: 1024 }) : attachLab(labName));
  const counts = [1, receiverNames.length];
  const pushes = new Map<number, Push[]>(counts.map((count) => [count, []]));
  try {
    const a = lab.host('a');
    await lab.deploy(a);
    await prepareSender(a, megabytes);
    await a.setLink({ rateMbitPerSecond: mbit });
    for (let round = 1; round <= rounds; round++) {
      for (const count of counts) {
        const one = await push(lab, count);
        pushes.get(count)?.push(one);
        note(`round ${round}, ${count} hosts: ${one.seconds.toFixed(1)} s, ${one.sends} sends`);
      }
    }
  } finally {
    if (labName === undefined) await lab.stop();
    else await lab.host('a').setLink({});
  }
  const alone = median((pushes.get(1) ?? []).map(({ seconds }) => seconds));
  const rows = counts.map((count) => {
    const all = pushes.get(count) ?? [];
    const seconds = all.map((each) => each.seconds);
    const figures = [Math.min(...seconds), median(seconds), Math.max(...seconds), median(seconds) / alone];
    const sends = Math.max(...all.map((each) => each.sends));
    return [String(count), String(all.length), ...figures.map((each) => each.toFixed(2)), String(sends)];
  });
  const widths = columns.map((column, index) =>
    Math.max(column.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  for (const row of [columns, ...rows]) console.log(formatRow(row, widths, 0));
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    mbit: { type: 'string', default: '16' },
    megabytes: { type: 'string', default: '16' },
    lab: { type: 'string' },
  },
});
const [rounds = 0, mbit = 0, megabytes = 0] = [values.rounds, values.mbit, values.megabytes].map(Number);
await runBenchmark({ rounds, mbit, megabytes, labName: values.lab });
