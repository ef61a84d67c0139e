/**
 * `node build/test/lab/run.js FILE...`: runs test files with a lab that is booted once for all of them.
 *
 * The lab is started by this process and the files run in `node --test` children, which attach to it by the name in
 * ZFS_VM_LAB (see `acquireLab`). So a test file that crashes or is stopped takes no host with it, and the hosts die with
 * this process, however it ends. One file at a time: they share the pools.
 */
import { spawn } from 'node:child_process';
import { LabSetupError } from './image.js';
import { startLab } from './lab.js';

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error('usage: node build/test/lab/run.js FILE...');
  process.exit(2);
}

const name = 'test';
const began = Date.now();
const lab = await startLab({ name, hosts: [{ name: 'a' }, { name: 'b' }] }).catch((error: unknown) => {
  if (!(error instanceof LabSetupError)) console.error('lab:', error);
  process.exit(1);
});
console.error(`lab: ${lab.hosts.length} hosts ready in ${((Date.now() - began) / 1000).toFixed(1)} seconds`);

const child = spawn(process.execPath, ['--test', '--test-concurrency=1', ...files], {
  stdio: 'inherit',
  env: { ...process.env, ZFS_VM_LAB: name },
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
  void lab.stop();
});
