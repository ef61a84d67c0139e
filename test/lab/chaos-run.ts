import { setTimeout as sleep } from 'node:timers/promises';
import type { RunResult } from '../sim/sim-world.js';
import { Violation } from '../sim/violation.js';
import type { Command } from './chaos-command.js';
import type { LabHost } from './lab-host.js';
import { waitOn } from './wait-on.js';

/** No run may take longer, whatever happens to it. */
export const longestRunMs = 240_000;

/** What a disturbed run is told, so that it ends soon; an undisturbed one may wait for a machine that is busy. */
export const impatiently = '--stall-timeout 8';

/** Starts a run of zfs-vm on its host. @param name of the files that it leaves in /tmp there */
export async function startRun(host: LabHost, { words }: Command, name: string, options = ''): Promise<void> {
  const file = `/tmp/chaos-${name}`;
  await host.run(
    `rm -f ${file}.*
    (sh -c 'echo $$ > ${file}.pid; exec zfs-vm ${words} ${options}' > ${file}.out 2> ${file}.err < /dev/null
     echo $? > ${file}.status.new; mv ${file}.status.new ${file}.status) > /dev/null 2>&1 &`,
  );
}

/** A shell test: whether a run has ended, or its host was reset meanwhile, which leaves nothing in /tmp. */
export function testForEnd(name: string): string {
  const file = `/tmp/chaos-${name}`;
  return `{ [ ! -e ${file}.out ] || [ -e ${file}.status ]; }`;
}

/**
 * Waits for the end of a run; undefined when it was killed.
 * @throws Violation when it hangs
 */
export async function awaitRun(host: LabHost, name: string): Promise<RunResult | undefined> {
  const deadline = Date.now() + longestRunMs;
  while (!(await waitOn(host, testForEnd(name)))) {
    if (Date.now() > deadline) throw new Violation(`it hangs:\n${await describeHanging(host, name)}`);
    // A host that is being reset answers at once.
    await sleep(300);
  }
  const [status, stdout, stderr] = await Promise.all(
    ['status', 'out', 'err'].map(async (part) => {
      const { code, stdout: text } = await host.run(`cat /tmp/chaos-${name}.${part}`, { check: false });
      return code === 0 ? text : undefined;
    }),
  );
  const killed = 128 + 9;
  if (status === undefined || stdout === undefined || stderr === undefined || Number(status) === killed) {
    return undefined;
  }
  return { status: Number(status), stdout, stderr };
}

/** Ends a run that hangs, so that the next round finds nothing of it. */
async function describeHanging(host: LabHost, name: string): Promise<string> {
  const { stdout } = await host.run(
    `cat /tmp/chaos-${name}.out /tmp/chaos-${name}.err; ps axo pid,ppid,etimes,args | grep -E '[z]fs|[s]sh '
    kill -KILL $(cat /tmp/chaos-${name}.pid)`,
    { check: false },
  );
  return stdout;
}
