/**
 * `node build/test/lab/run.js FILE...`: runs test files with labs that are booted once for all of them, one for each
 * processor, two at most: the two hosts of a lab mostly wait for each other.
 *
 * The labs are started by this process and the files run in `node --test` children, which take one after another of them by the
 * names in ZFS_VM_LAB (see `acquireLab`). So a test file that crashes or is stopped takes no host with it, and the hosts die with
 * this process, however it ends.
 */
import { spawn } from 'node:child_process';
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

const child = spawn(process.execPath, ['--test', `--test-concurrency=${labs.length}`, ...files], {
  stdio: 'inherit',
  env: { ...process.env, ZFS_VM_LAB: names.join(' ') },
});
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    interrupted = true;
    child.kill(signal);
  });
}
child.once('error', (error) => {
  console.error(`lab: cannot run the tests: ${error.message}`);
});
child.once('close', (status) => {
  // The exit code of a run that was interrupted says so, whatever the tests made of the signal.
  process.exitCode = interrupted ? 130 : (status ?? 1);
  void Promise.all(labs.map((lab) => lab.stop()));
});
