import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Policy } from '../../src/gate/policy.js';
import { emitGate } from '../../src/gate/sh/emit.js';

/*
 * The gates that the same tests run on: the one of the program, and the one that it writes as a shell script, by each shell that may be `/bin/sh`
 * somewhere, with each awk and other tools that may be there.
 */

const program = fileURLToPath(new URL('../../../src/launch.cjs', import.meta.url));

/** A shell with the tools of some system. */
interface ShellSystem {
  readonly name: string;
  /** What stands behind `#!`. */
  readonly shell: readonly [program: string, ...words: string[]];
  /** What is found as `awk`; undefined for a system of busybox. */
  readonly awk: string | undefined;
}

const shellSystems: readonly ShellSystem[] = [
  { name: 'dash and mawk', shell: ['dash'], awk: 'mawk' },
  { name: 'busybox', shell: ['busybox', 'sh'], awk: undefined },
  { name: 'ksh and original-awk', shell: ['ksh'], awk: 'original-awk' },
  { name: 'mksh and gawk', shell: ['mksh'], awk: 'gawk' },
  { name: 'bash and mawk', shell: ['bash', '--posix'], awk: 'mawk' },
  { name: 'posh and original-awk', shell: ['posh'], awk: 'original-awk' },
];

/** What the gate needs beside a shell, awk, zfs and logger. */
const tools = [
  'cat',
  'dd',
  'env',
  'head',
  'id',
  'mkdir',
  'mkfifo',
  'od',
  'printf',
  'rm',
  'sed',
  'sleep',
  'tr',
  'wc',
  'xargs',
];

/** How a gate is set up for a test. */
export interface Setup {
  readonly policy: Policy;
  /** The words of the policy. */
  readonly words: readonly string[];
  /** A folder with programs that come first: zfs and logger. */
  readonly place: string;
  /** What sshd gives to it; undefined for a shell. */
  readonly command: string | undefined;
  readonly stdin: string | Buffer;
  /** Variables that a client has sent. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What became of a command. */
export interface Answer {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A gate that is a program. */
export interface Gate {
  readonly name: string;
  /** Why it can't be tried here. */
  readonly skip: string | false;
  readonly answer: (setup: Setup) => Promise<Answer>;
}

/** The gate of the program, in a process of its own. */
export const nodeGate: Gate = {
  name: 'the program',
  skip: false,
  answer: (setup) => {
    const path = `${setup.place}:/usr/bin:/bin`;
    return run([process.execPath, program, 'gate', ...setup.words, '--path', path], path, setup);
  },
};

/** The gates that are shell scripts. @param folder for what they need */
export function shellGates(folder: string): Gate[] {
  return shellSystems.map((system) => {
    const skip = whyNot(system);
    const path = skip === false ? makeTools(folder, system) : '';
    return {
      name: `the shell script with ${system.name}`,
      skip,
      answer: (setup) => answerBySh(system, path, setup),
    };
  });
}

function answerBySh({ shell }: ShellSystem, toolPath: string, setup: Setup): Promise<Answer> {
  const { place, policy } = setup;
  const path = `${place}:${toolPath}`;
  const script = emitGate({ policy, zfs: ['zfs'], path, client: '-', version: '0' });
  const file = join(place, 'gate');
  const [interpreter, ...words] = shell;
  writeFileSync(file, script.replace('#!/bin/sh', `#!${[findProgram(interpreter), ...words].join(' ')}`), {
    mode: 0o755,
  });
  return run([file], path, setup);
}

async function run([program = '', ...words]: readonly string[], path: string, setup: Setup): Promise<Answer> {
  const { command, stdin, env, place } = setup;
  const child = spawn(program, words, {
    env: {
      ...{ HOME: place, PATH: path, ...env, SSH_CONNECTION: '192.0.2.7 4711 192.0.2.1 22' },
      ...(command === undefined ? {} : { SSH_ORIGINAL_COMMAND: command }),
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { status, stdout, stderr };
}

/** A folder that has the tools of a system, and nothing else. */
function makeTools(folder: string, { awk, shell }: ShellSystem): string {
  const place = mkdtempSync(join(folder, 'tools-'));
  for (const tool of tools) symlinkSync(findProgram(awk === undefined ? 'busybox' : tool), join(place, tool));
  symlinkSync(findProgram(awk ?? shell[0]), join(place, 'awk'));
  symlinkSync(findProgram(shell[0]), join(place, 'sh'));
  return place;
}

function whyNot({ shell: [interpreter], awk }: ShellSystem): string | false {
  const missing = [interpreter, ...(awk === undefined ? [] : [awk])].find((name) => findProgram(name) === '');
  return missing === undefined ? false : `${missing} isn't installed here`;
}

function findProgram(name: string): string {
  const folders = (process.env['PATH'] ?? '').split(':');
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file)) ?? '';
}
