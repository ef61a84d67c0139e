import { packWords, unpackWords } from '../../src/base/zstd.js';
import { findAwkProgram } from './awk.js';
import { complain, say, type Call } from './call.js';
import { inputOf, readAhead, readExactly, readToEnd } from './pipe.js';
import { findProperty } from './properties.js';
import { runSsh } from './ssh.js';
import { Shell, type Descriptor } from './shell.js';
import { soundPool, type PoolState } from './machine.js';
import { rootUser } from './user.js';
import { runZfs } from './zfs-command.js';

/** A program of a simulated host: it gives its exit status. */
type Program = (call: Call) => Promise<number>;

const programs: Readonly<Record<string, Program>> = {
  zfs: runZfs,
  zpool: runZpool,
  sh: runShell,
  '/bin/sh': runShell,
  ssh: runSsh,
  sudo: runSudo,
  doas: runDoas,
  sed: runSed,
  awk: runAwk,
  xargs: runXargs,
  tr: async (call) => {
    const [from = '', to = ''] = call.words;
    if (from !== '\\\\' || to === '') throw unknownCall('tr', call.words);
    await say(call, (await readToEnd(call.stdin, call.process)).toString().replaceAll('\\', to));
    return 0;
  },
  ls: listFolder,
  id: async (call) => {
    const { name, isRoot } = call.user;
    const [option = ''] = call.words;
    const said: Readonly<Record<string, string>> = { '-un': name, '-u': isRoot ? '0' : '1000', '-Gn': name };
    const line = said[option];
    if (line === undefined) throw unknownCall('id', call.words);
    await say(call, `${line}\n`);
    return 0;
  },
  date: async (call) => {
    if (call.words.join(' ') !== '-u +%s') throw unknownCall('date', call.words);
    await say(call, `${Math.floor(call.session.machine.dateMs / 1000)}\n`);
    return 0;
  },
  uname: async (call) => {
    if (call.words.join(' ') !== '-s') throw unknownCall('uname', call.words);
    await say(call, 'Linux\n');
    return 0;
  },
  zstd: runZstd,
  cat: async (call) => {
    if (call.words.length > 0) return printMounts(call);
    for (;;) {
      const chunk = await call.stdin.read(call.process, 65_536);
      if (chunk.length === 0) return 0;
      await call.stdout.write(call.process, chunk);
    }
  },
  head: async (call) => {
    const [option, count] = call.words;
    if (option !== '-c') throw unknownCall('head', call.words);
    let left = Number(count);
    while (left > 0) {
      const chunk = await call.stdin.read(call.process, Math.min(left, 65_536));
      if (chunk.length === 0) break;
      left -= chunk.length;
      await call.stdout.write(call.process, chunk);
    }
    return 0;
  },
};

/** `cat /proc/self/mounts`: where the filesystems of ZFS are mounted, as far as we follow it. */
async function printMounts(call: Call): Promise<number> {
  if (call.words.join(' ') !== '/proc/self/mounts') throw unknownCall('cat', call.words);
  const { pools } = call.session.machine;
  const escape = (text: string): string => text.replaceAll(' ', '\\040');
  const lines = [...pools.datasets.values()]
    .filter((dataset) => dataset.isMounted)
    .map((dataset) => {
      const place = findProperty(pools, { kind: dataset.type, name: dataset.name, dataset }, 'mountpoint');
      return `${escape(dataset.name)} ${escape(place?.value ?? '')} zfs rw,relatime,xattr,noacl 0 0\n`;
    });
  await say(call, `proc /proc proc rw 0 0\n${lines.join('')}`);
  return 0;
}

/** `ls -A -- PATH`: what is in a folder beside what ZFS has there, if it was put there (`machine.folders`). */
async function listFolder(call: Call): Promise<number> {
  const [all, end, path = '', ...others] = call.words;
  if (all !== '-A' || end !== '--' || others.length > 0) throw unknownCall('ls', call.words);
  const files = call.session.machine.folders.get(path);
  if (files === undefined) {
    await complain(call, `ls: cannot access '${path}': No such file or directory`);
    return 2;
  }
  if (files === 'unreadable') {
    await complain(call, `ls: cannot open directory '${path}': Permission denied`);
    return 2;
  }
  await say(call, files.map((file) => `${file}\n`).join(''));
  return 0;
}

/** Runs a program. A name that isn't there ends as in a shell. */
export async function runProgram(name: string, call: Call): Promise<number> {
  const program = Object.hasOwn(programs, name) ? programs[name] : undefined;
  const isMissing = call.session.machine.missingPrograms.has(name);
  if (program !== undefined && !isMissing) return program(call);
  if (!isMissing) throw new Error(`a simulated host has no program ${name}`);
  await complain(call, `sh: 1: ${name}: not found`);
  return 127;
}

function unknownCall(name: string, words: readonly string[]): Error {
  return new Error(`the simulated ${name} doesn't know what is asked here: ${[name, ...words].join(' ')}`);
}

async function runShell(call: Call): Promise<number> {
  const { session, process, user, words, stdin, stdout, stderr } = call;
  const [option, script, , ...rest] = words;
  if (option !== '-c' || script === undefined) throw unknownCall('sh', words);
  const descriptors = new Map<number, Descriptor>([
    [0, stdin],
    [1, stdout],
    [2, stderr],
  ]);
  return new Shell({ session, process, user, arguments: rest, descriptors, runProgram }).run(script);
}

/** `sudo -n PROGRAM WORD...`, also with `-k`, and `sudo -n -l`. */
async function runSudo(call: Call): Promise<number> {
  const [option, ...others] = call.words;
  const [program, ...words] = others[0] === '-k' ? others.slice(1) : others;
  if (option !== '-n' || program === undefined) throw unknownCall('sudo', call.words);
  const { user } = call;
  const isLogged = user.sudo === 'anything, and logs what it reads';
  if (!user.isRoot && !isLogged && user.sudo !== 'anything') {
    const says =
      user.sudo === 'nothing' ? `${user.name} is not in the sudoers file.` : 'sudo: a password is required';
    await complain(call, says);
    return 1;
  }
  const stdin = isLogged ? readAhead(call.stdin) : call.stdin;
  if (program !== '-l') return runProgram(program, { ...call, words, user: rootUser, stdin });
  if (isLogged) await say(call, 'Matching Defaults entries:\n    env_reset, use_pty, log_input\n\n');
  await say(call, `User ${user.name} may run the following commands:\n    (ALL) NOPASSWD: ALL\n`);
  return 0;
}

async function runZpool(call: Call): Promise<number> {
  const [subcommand, ...words] = call.words;
  if (subcommand === 'sync') return syncPools(call, words);
  const { pools, poolStates } = call.session.machine;
  const names = [...pools.datasets.keys()].filter((name) => !name.includes('/')).sort();
  const stateOf = (name: string): PoolState => ({ ...soundPool, ...poolStates.get(name) });
  switch (call.words.join(' ')) {
    case 'list -Hp -o name,free,capacity,health,readonly':
      for (const name of names) {
        const { freeBytes, percentUsed, health, isReadonly } = stateOf(name);
        await say(call, `${[name, freeBytes, percentUsed, health, isReadonly ? 'on' : 'off'].join('\t')}\n`);
      }
      return 0;
    case 'get -Hp -o name,property,value all':
      for (const name of names) {
        await say(call, `${name}\tsize\t68719476736\n`);
        for (const feature of poolFeatures) {
          const value = stateOf(name).disabledFeatures.includes(feature) ? 'disabled' : 'enabled';
          await say(call, `${name}\tfeature@${feature}\t${value}\n`);
        }
      }
      return 0;
    default:
      throw unknownCall('zpool', call.words);
  }
}

/** Features of pools, as far as anybody asks for them. */
const poolFeatures = ['async_destroy', 'extensible_dataset', 'large_blocks', 'zstd_compress', 'encryption'];

/** `zpool sync POOL...`. All that is written here is synced at once; a pool that isn't there keeps none of the others from it. */
async function syncPools(call: Call, names: readonly string[]): Promise<number> {
  if (names.length === 0) throw unknownCall('zpool', call.words);
  const missing = names.filter((name) => !call.session.machine.pools.datasets.has(name));
  for (const name of missing) await complain(call, `cannot open '${name}': no such pool`);
  return missing.length === 0 ? 0 : 1;
}

/** As our scripts have it: one substitution, `s/…/…/`, with `g` or `p`, for all lines or one; or `$d`, all but the last line. */
async function runSed(call: Call): Promise<number> {
  const isQuiet = call.words[0] === '-n';
  const [program = '', ...others] = isQuiet ? call.words.slice(1) : call.words;
  if (program === '$d') {
    const all = (await readToEnd(call.stdin, call.process)).toString();
    await say(call, all.slice(0, all.lastIndexOf('\n', all.length - 2) + 1));
    return 0;
  }
  const [, line, pattern, replacement, flags = ''] =
    /^([0-9]*)s\/((?:[^/\\]|\\.)*)\/((?:[^/\\]|\\.)*)\/([gp]*)$/.exec(program) ?? [];
  if (pattern === undefined || replacement === undefined || others.length > 0) {
    throw unknownCall('sed', call.words);
  }
  const expression = toExpression(pattern, flags.includes('g'));
  const inserted = replacement
    .replace(/\$/g, '$$$$')
    .replace(/\\(.)/g, (_all, character: string) => (/[0-9]/.test(character) ? `$${character}` : character));
  const text = (await readToEnd(call.stdin, call.process)).toString();
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const printed = lines.flatMap((each, index) => {
    const isMeant = line === '' || Number(line) === index + 1;
    const changed = isMeant ? each.replace(expression, inserted) : each;
    const isPrinted = isMeant && flags.includes('p') && each.search(expression) >= 0;
    return [...(isQuiet ? [] : [changed]), ...(isPrinted ? [changed] : [])];
  });
  await say(call, printed.map((each) => `${each}\n`).join(''));
  return 0;
}

/** `doas -n PROGRAM WORD...`: it never asks where there is no terminal. */
async function runDoas(call: Call): Promise<number> {
  const [option, program, ...words] = call.words;
  if (option !== '-n' || program === undefined) throw unknownCall('doas', call.words);
  if (call.user.isRoot || call.user.sudo === 'anything') {
    return runProgram(program, { ...call, words, user: rootUser });
  }
  await complain(
    call,
    `doas: ${call.user.sudo === 'nothing' ? 'Operation not permitted' : 'Authorization required'}`,
  );
  return 1;
}

/** A basic regular expression of POSIX as one of JavaScript. */
function toExpression(pattern: string, isGlobal: boolean): RegExp {
  const source = pattern.replace(/\\(.)|([(){}|+?])/g, (_all, escaped: string | undefined, plain: string) => {
    if (escaped === undefined) return `\\${plain}`;
    return '(){}'.includes(escaped) ? escaped : `\\${escaped}`;
  });
  return new RegExp(source, isGlobal ? 'g' : '');
}

async function runAwk(call: Call): Promise<number> {
  const program = findAwkProgram(call.words.at(-1) ?? '');
  const options = call.words.slice(0, -1).join(' ');
  if ((options !== '' && options !== '-F \\t') || program === undefined) throw unknownCall('awk', call.words);
  const { output, status } = program((await readToEnd(call.stdin, call.process)).toString());
  await say(call, output);
  return status;
}

/** Calls a program with what is on the lines of stdin as its last words; 200 of them at once. */
async function runXargs(call: Call): Promise<number> {
  const text = (await readToEnd(call.stdin, call.process)).toString();
  const all = text.split('\n').flatMap((line) => (line === '' ? [] : splitEscaped(line)));
  const [end, words] =
    call.words[0] === '-E' ? [call.words[1], call.words.slice(2)] : [undefined, call.words];
  const length = end === undefined ? -1 : all.indexOf(end);
  const names = length < 0 ? all : all.slice(0, length);
  const [program = '', ...fixed] = words;
  let status = 0;
  for (let start = 0; start < Math.max(1, names.length); start += 200) {
    const given = [...fixed, ...names.slice(start, start + 200)];
    const ended = await call.session.runChild(call.process, (process) =>
      runProgram(program, { ...call, process, stdin: inputOf(''), words: given }),
    );
    if (ended === 127) return 127;
    if (ended > 128) {
      await complain(call, `xargs: ${program}: terminated by signal ${ended - 128}`);
      return 125;
    }
    if (ended !== 0) status = 123;
  }
  return status;
}

/** The words of a line in which quotes, and a backslash, take the meaning of what they stand around or before. */
function splitEscaped(line: string): string[] {
  const words = line.match(/(?:\\.|"[^"]*"|[^\s\\"])+/g) ?? [];
  return words.map((word) => word.replace(/\\(.)|"([^"]*)"/g, '$1$2'));
}

const frameMagic = 'simzstd';
const frameHeadBytes = frameMagic.length + 4;

/** Packs each piece into a frame that tells its length; takes frames apart again. It makes nothing smaller. */
async function runZstd(call: Call): Promise<number> {
  const { process, words } = call;
  const line = ['zstd', ...words].join(' ');
  if (line === 'zstd -V') {
    await say(call, '*** Zstandard CLI (64-bit) v1.5.4, by Yann Collet ***\n');
    return 0;
  }
  if (line === packWords.join(' ')) {
    for (;;) {
      const chunk = await call.stdin.read(process, 65_536);
      if (chunk.length === 0) return 0;
      const head = Buffer.alloc(frameHeadBytes);
      head.write(frameMagic);
      head.writeUInt32BE(chunk.length, frameMagic.length);
      await call.stdout.write(process, Buffer.concat([head, chunk]));
    }
  }
  if (line !== unpackWords.join(' ')) throw unknownCall('zstd', words);
  for (;;) {
    const head = await readExactly(call.stdin, process, frameHeadBytes);
    if (head.length === 0) return 0;
    const length = head.length < frameHeadBytes ? 1 : head.readUInt32BE(frameMagic.length);
    const chunk = await readExactly(call.stdin, process, length);
    if (chunk.length < length) {
      await complain(call, 'zstd: /*stdin*\\: unexpected end of file');
      return 1;
    }
    await call.stdout.write(process, chunk);
  }
}
