/**
 * `node build/test/lab/run.js FILE...`: runs test files with labs that are booted once for all of them, one for each
 * processor, two at most: the two hosts of a lab mostly wait for each other.
 *
 * The labs are started by this process and the files run in `node --test` children, which take one after another of them by the
 * names in ZFS_VM_LAB (see `acquireLab`). So a test file that crashes or is stopped takes no host with it, and the hosts die with
 * this process, however it ends. Files called `*.alone.test.js` come last, one at a time, with one lab: they say how long something
 * may take, or boot many hosts of their own.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { LabSetupError } from './image.js';
import { startLab, type Lab } from './lab.js';

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error('usage: node build/test/lab/run.js FILE...');
  process.exit(2);
}

const names = Array.from({ length: Math.min(2, availableParallelism()) }, (_, index) => `test-${index + 1}`);
const began = Date.now();
const labs: Lab[] = [];
try {
  for (const name of names) labs.push(await startLab({ name, hosts: [{ name: 'a' }, { name: 'b' }] }));
} catch (error) {
  if (!(error instanceof LabSetupError)) console.error('lab:', error);
  await Promise.all(labs.map((lab) => lab.stop()));
  process.exit(1);
}
console.error(
  `lab: ${labs.length} labs of 2 hosts ready in ${((Date.now() - began) / 1000).toFixed(1)} seconds`,
);

const interruptedStatus = 130;
let child: ChildProcess | undefined;
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    interrupted = true;
    child?.kill(signal);
  });
}

/** Runs test files, as many at once as there are labs. @returns the exit status */
async function runFiles(some: readonly string[], labNames: readonly string[]): Promise<number> {
  // The exit status of a run that was interrupted says so, whatever the tests made of the signal.
  if (interrupted) return interruptedStatus;
  if (some.length === 0) return 0;
  const words = ['--test', `--test-concurrency=${labNames.length}`, ...some];
  const env = { ...process.env, ZFS_VM_LAB: labNames.join(' ') };
  const started = spawn(process.execPath, words, { stdio: 'inherit', env });
  child = started;
  return new Promise((resolve, reject) => {
    started.once('error', reject);
    started.once('close', (status) => {
      resolve(interrupted ? interruptedStatus : (status ?? 1));
    });
  });
}

try {
  const isAlone = (file: string): boolean => file.endsWith('.alone.test.js');
  const statuses = [
    await runFiles(
      files.filter((file) => !isAlone(file)),
      names,
    ),
  ];
  await Promise.all(labs.splice(1).map((lab) => lab.stop()));
  statuses.push(await runFiles(files.filter(isAlone), names.slice(0, 1)));
  process.exitCode = Math.max(...statuses);
} finally {
  await Promise.all(labs.map((lab) => lab.stop()));
}
