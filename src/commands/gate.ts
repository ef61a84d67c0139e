import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { exitCodes, ZfsVmError } from '../base/errors.js';
import { realClock } from '../base/clock.js';
import { parseRate, rateForm } from '../base/rate.js';
import { oneOf } from '../command-line/choices.js';
import { defineCommand } from '../command-line/command-definition.js';
import { flag, list, readText, value } from '../command-line/option.js';
import { formatAuthorizedKey } from '../gate/authorized-key.js';
import { explainPolicy } from '../gate/explain.js';
import { writeLog, writeLogNow } from '../gate/log.js';
import { outermost, rights, type Policy } from '../gate/policy.js';
import { emitGate } from '../gate/sh/emit.js';
import { serve } from '../gate/serve.js';
import { formatRefusal } from '../requests/refusal.js';
import type { Outputs } from '../command-line/run-command-line.js';
import { LocalHost } from '../host/local-host.js';
import { PipeEnd } from '../host/pipe-ends.js';
import { findDatasetNameFault } from '../zfs/names.js';
import { BaseCommand } from './base-command.js';

/** Where programs are looked up: what a client may have put into the environment doesn't count. */
const usualPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Where docs/security.md puts the shell script. */
const scriptPath = '/usr/local/sbin/zfs-vm-gate';

/** Answers requests of another zfs-vm, and nothing else: the command of a key in authorized_keys. */
export class GateCommand extends BaseCommand<typeof GateCommand.definition> {
  static readonly definition = defineCommand({
    names: [['gate']],
    description: 'answer requests of zfs-vm, as the only command of an SSH key',
    details: `
      For \`command="zfs-vm gate ..."\` in an authorized_keys file. Runs what a zfs-vm on another host asks for, if the options allow it, and
      refuses everything else: shells, other commands, files, other datasets. Each refusal is written to the log of the system
      (\`journalctl -t zfs-vm-gate\`). docs/security.md shows how to set up a backup host that a stolen key cannot harm.
    `,
    examples: [
      [
        'Print the line for a key that can add versions and nothing else',
        'gate --allow list --allow receive --under tank/backup --append-only --print-authorized-keys id_ed25519.pub',
      ],
      [
        'Write the same gate for a host without Node.js',
        'gate --allow list --allow receive --under tank/backup --append-only --emit-sh',
      ],
      ['See what such a key could do', 'gate --allow list --allow receive --under tank/backup --explain'],
    ],
    options: {
      allow: list(['--allow'], {
        ...{ value: 'RIGHT', kind: 'choice', choices: rights, read: oneOf(rights) },
        help: 'allow list, send, receive or prune',
      }),
      under: list(['--under'], {
        ...{ value: 'DATASET', kind: 'dataset', read: readDataset },
        help: 'only datasets at and below this one',
      }),
      streamlines: list(['--streamline'], {
        ...{ value: 'PATTERN', kind: 'pattern', read: readText },
        help: 'only versions of streamlines that fit (debian-7, debian-*)',
      }),
      appendOnly: flag(['--append-only'], 'nothing that is there may be destroyed or changed'),
      maxRate: value(['--max-rate'], {
        ...{ value: 'RATE', kind: 'rate', read: readRate },
        help: 'bytes a second for each stream, e.g. 20M',
      }),
      quota: value(['--quota'], {
        ...{ value: 'SIZE', kind: 'number', read: readSize },
        help: 'receive nothing more when the datasets use this much, e.g. 500G',
      }),
      client: value(['--client'], {
        ...{ value: 'NAME', kind: 'note', read: readText },
        help: 'name of the client in the log',
      }),
      path: value(['--path'], {
        ...{ value: 'FOLDERS', kind: 'file', read: readText, usual: usualPath },
        help: 'where zfs is looked up',
      }),
      explain: flag(['--explain'], 'print what is allowed, and serve nothing'),
      emitSh: flag(['--emit-sh'], 'print the same gate as a shell script, for a host without Node.js'),
      printAuthorizedKeys: value(['--print-authorized-keys'], {
        ...{ value: 'FILE', kind: 'file', read: readText },
        help: `print the line of authorized_keys for the public key in FILE, and serve nothing; with --emit-sh, for the script as ${scriptPath}`,
      }),
    },
    operands: {},
  });

  /** That nothing gets in by a gate with words that can't be meant is for the log, too. */
  static tellFault(error: ZfsVmError, _words: readonly string[], { env, stderr }: Outputs): undefined {
    if (env['SSH_CONNECTION'] === undefined) return;
    stderr.write(`${formatRefusal('the policy cannot be read')}\n`);
    writeLogNow(`refused: client ${describeClient('-', env)}: the policy cannot be read: ${error.message}`);
  }

  async execute(): Promise<number> {
    const policy = this.readPolicyOrTell();
    const { stdout, stderr, env, signal } = this.context;
    const { explain, emitSh, printAuthorizedKeys: keyFile, client = '-', path, sudo } = this.args;
    if (emitSh && !explain && keyFile === undefined) {
      const gate = { policy, zfs: zfsWords(sudo), path, client, version: this.context.readProgramVersion() };
      stdout.write(emitGate(gate));
      return exitCodes.done;
    }
    if (explain) {
      stdout.write(
        explainPolicy(policy, emitSh)
          .map((line) => `${line}\n`)
          .join(''),
      );
      return exitCodes.done;
    }
    if (keyFile !== undefined) {
      const words = emitSh ? [scriptPath] : this.#formatWords(policy);
      stdout.write(`${formatAuthorizedKey(words, readKey(keyFile))}\n`);
      return exitCodes.done;
    }
    const command = env['SSH_ORIGINAL_COMMAND'];
    const who = describeClient(client, env);
    isolate(path);
    return serve(command, {
      ...{ policy, host: new LocalHost(), zfs: zfsWords(sudo) },
      ...{ stdin: process.stdin, stdout, stderr, output: new PipeEnd(1) },
      ...{ log: writeLog, client: who, clock: realClock, signal },
    });
  }

  /** What the words allow. @throws ZfsVmError `usage` for what can't be meant, which is for the log, too */
  readPolicyOrTell(): Policy {
    try {
      return this.#readPolicy();
    } catch (error) {
      if (error instanceof ZfsVmError) GateCommand.tellFault(error, [], this.context);
      throw error;
    }
  }

  /** @throws ZfsVmError `usage` for a policy that can't be meant */
  #readPolicy(): Policy {
    const { allow, under, streamlines, appendOnly, maxRate: bytesPerSecond, quota: quotaBytes } = this.args;
    if (allow.length === 0) throw usage('no right is allowed', 'add --allow list, send, receive or prune');
    if (under.length === 0) throw usage('no dataset is named', 'add --under DATASET');
    if (appendOnly && allow.includes('prune')) {
      throw usage('--append-only and --allow prune exclude each other', 'leave one of them out');
    }
    const roots = outermost(under);
    return { allow: new Set(allow), roots, streamlines, appendOnly, bytesPerSecond, quotaBytes };
  }

  #formatWords({ allow, roots }: Policy): string[] {
    const { streamlines, appendOnly, maxRate, quota, client, path, sudo } = this.args;
    return [
      ...['zfs-vm', 'gate', ...[...allow].flatMap((right) => ['--allow', right])],
      ...roots.flatMap((root) => ['--under', root]),
      ...streamlines.flatMap((pattern) => ['--streamline', pattern]),
      ...(appendOnly ? ['--append-only'] : []),
      ...(maxRate === undefined ? [] : ['--max-rate', String(maxRate)]),
      ...(quota === undefined ? [] : ['--quota', String(quota)]),
      ...(client === undefined ? [] : ['--client', client]),
      ...(path === usualPath ? [] : ['--path', path]),
      ...(sudo === true ? ['--sudo'] : []),
    ];
  }
}

function zfsWords(sudo: boolean | undefined): string[] {
  return sudo === true ? ['sudo', '-n', 'zfs'] : ['zfs'];
}

/** Who has connected, for the log. */
function describeClient(name: string, env: Outputs['env']): string {
  const [address = 'unknown'] = (env['SSH_CONNECTION'] ?? '').split(' ');
  return `${name}, ${userInfo().username} from ${address}`;
}

function usage(message: string, hint: string): ZfsVmError {
  return new ZfsVmError('usage', message, { hint });
}

function readDataset(text: string): string {
  const fault = findDatasetNameFault(text);
  if (fault === undefined) return text;
  throw usage(`${JSON.stringify(text)} is not a dataset: ${fault}`, 'write e.g. --under tank/backup');
}

function readRate(text: string): number {
  const rate = parseRate(text);
  if (rate !== undefined) return rate;
  throw usage(`${JSON.stringify(text)} is not a rate: ${rateForm}`, 'write e.g. --max-rate 20M');
}

function readSize(text: string): number {
  const size = parseRate(text);
  if (size !== undefined) return size;
  throw usage(`${JSON.stringify(text)} is not a size: bytes, e.g. 500G or 2T`, 'write e.g. --quota 500G');
}

function readKey(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ZfsVmError('usage', `cannot read ${file}`, { cause: error });
  }
}

/** Leaves nothing of the environment that a client may have a say in to what is run. */
function isolate(path: string): void {
  for (const name of Object.keys(process.env)) if (name !== 'HOME') Reflect.deleteProperty(process.env, name);
  process.env['PATH'] = path;
}
