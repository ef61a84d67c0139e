import type { Readable, Writable } from 'node:stream';
import { ZfsVmError } from '../../src/base/errors.js';
import { complain, type Call } from './call.js';
import type { Input, Output } from './pipe.js';
import { ProcessEnd, type Process } from './process.js';
import type { SimHost } from './sim-host.js';

/** What ssh says, and how it ends, when it is not the command that ended. */
const failed = 255;

/** `ssh [OPTION]... [-l USER] -- HOST COMMAND`: the command is run by a shell of the other host. */
export async function runSsh(call: Call): Promise<number> {
  const { target, command } = readWords(call.words);
  const { machine } = call.session;
  if (machine.reach === undefined) throw new Error('a simulated host that is alone has nobody to connect to');
  await machine.pace(call.process, 'connect', 0);
  let host: SimHost;
  try {
    host = machine.reach(target);
  } catch (error) {
    if (!(error instanceof ZfsVmError)) throw error;
    await complain(call, `ssh: ${error.message}`);
    return failed;
  }
  try {
    return await runOn(host, command, call);
  } finally {
    host.disconnect('its ssh has ended');
  }
}

function readWords(words: readonly string[]): { target: string; command: string } {
  const end = words.indexOf('--');
  const [host, command, ...others] = words.slice(end + 1);
  if (end < 0 || host === undefined || command === undefined || others.length > 0) {
    throw new Error(`the simulated ssh doesn't know what is asked here: ssh ${words.join(' ')}`);
  }
  const user = words.indexOf('-l');
  return { target: user < 0 ? host : `${words[user + 1] ?? ''}@${host}`, command };
}

/** Runs a command there, with what goes in and comes out passed on; each in a process of its own, since each may wait. */
async function runOn(host: SimHost, command: string, call: Call): Promise<number> {
  const { session, process, stdin, stdout, stderr } = call;
  const remote = await host.start(['sh', '-c', command]);
  const relays = [1, 2, 3].map(() => session.fork(process));
  const [sending, receiving, complaining] = relays as [Process, Process, Process];
  void passIn(stdin, remote.stdin, sending);
  const outputs = [passOut(remote.stdout, stdout, receiving), passOut(remote.stderr, stderr, complaining)];
  try {
    // Woken by the end of the command, or by whatever kills ssh.
    await process.wait((wake) => {
      void Promise.all([remote.exit, ...outputs]).then(() => {
        wake();
      });
    });
  } finally {
    for (const relay of relays) {
      relay.kill('KILL');
      session.forget(relay);
    }
  }
  const exit = await remote.exit;
  if (exit.kind === 'exited') return exit.code;
  await complain(call, `client_loop: ${exit.kind === 'lost' ? exit.reason : exit.kind}`);
  return failed;
}

async function passIn(input: Input, sink: Writable, process: Process): Promise<void> {
  sink.on('error', () => undefined);
  await unlessEnded(async () => {
    for (;;) {
      const chunk = await input.read(process, 65_536);
      if (chunk.length === 0) break;
      // Called also when the sink is gone.
      await new Promise<void>((resolve) => {
        sink.write(chunk, () => {
          resolve();
        });
      });
    }
    sink.end();
  });
}

async function passOut(source: Readable, output: Output, process: Process): Promise<void> {
  await unlessEnded(async () => {
    for await (const chunk of source) await output.write(process, chunk as Buffer);
  });
}

/** A relay whose process has ended is done; so is one that finds nobody to read any more. */
async function unlessEnded(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ProcessEnd)) throw error;
  }
}
