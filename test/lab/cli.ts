/**
 * `npm run lab -- COMMAND`: a lab of hosts that stay until they are stopped. `help` below says all.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { LabSetupError } from './image.js';
import { attachLab, findLab, startLab, type Lab } from './lab.js';
import { readKinds } from './kinds.js';
import { quoteArgv } from './quote.js';
import { labUsers, type LabUser } from './users.js';

const help = `usage: npm run lab -- COMMAND

  up [--hosts 2] [--kind KIND]        start hosts a, b, ... of a kind: ${readKinds()
    .map((kind) => kind.name)
    .join(', ')}
  status                              the hosts that run
  ssh HOST [--user fjoe] [[--] COMMAND]
                                      a shell on a host, or one command; users: ${labUsers.join(', ')}
  deploy [HOST...]                    copy the built zfs-vm to the hosts
  down                                stop the hosts

  --name NAME                         another lab than \`demo\``;

class UsageError extends Error {}

async function main(argv: readonly string[]): Promise<number> {
  // What follows -- belongs to the host.
  const end = argv.indexOf('--');
  const remoteCommand = end < 0 ? [] : argv.slice(end + 1);
  const { values, positionals } = parseArgs({
    args: end < 0 ? [...argv] : argv.slice(0, end),
    allowPositionals: true,
    options: {
      name: { type: 'string', default: 'demo' },
      hosts: { type: 'string', default: '2' },
      kind: { type: 'string' },
      user: { type: 'string', default: 'root' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const [command, ...names] = positionals;
  if (values.help || command === 'help') {
    console.log(help);
    return 0;
  }
  switch (command) {
    case 'up':
      return bringUp(values.name, Number(values.hosts), values.kind);
    case 'status':
      return showStatus(await findLab(values.name), values.name);
    case 'ssh':
      return openShell(await attachLab(values.name), names[0], values.user, [
        ...names.slice(1),
        ...remoteCommand,
      ]);
    case 'deploy':
      return deploy(await attachLab(values.name), names);
    case 'down':
      await (await findLab(values.name))?.stop();
      return 0;
    case undefined:
      throw new UsageError('missing command');
    default:
      throw new UsageError(`there is no command ${command}`);
  }
}

async function bringUp(name: string, hostCount: number, kind: string | undefined): Promise<number> {
  if (!Number.isInteger(hostCount)) throw new UsageError('--hosts takes a number');
  const running = await findLab(name);
  if (running !== undefined) {
    console.error(`lab: ${name} runs already`);
    return showStatus(running, name);
  }
  const hosts = Array.from({ length: hostCount }, (_, position) => ({
    name: String.fromCharCode('a'.charCodeAt(0) + position),
    ...(kind === undefined ? {} : { kind }),
  }));
  const began = Date.now();
  const lab = await startLab({ name, hosts, detached: true });
  console.error(
    `lab: ${lab.hosts.length} hosts ready in ${((Date.now() - began) / 1000).toFixed(1)} seconds`,
  );
  return showStatus(lab, name);
}

function showStatus(lab: Lab | undefined, name: string): number {
  if (lab === undefined) {
    console.log(`no lab ${name} runs`);
    return 1;
  }
  for (const host of lab.hosts) {
    console.log(
      `${host.name}  OpenZFS ${host.zfsVersion}  kind ${host.kind}  link ${host.linkAddress}  ssh port ${host.sshPort}`,
    );
  }
  return 0;
}

async function openShell(
  lab: Lab,
  hostName: string | undefined,
  user: string,
  remoteCommand: readonly string[],
): Promise<number> {
  if (hostName === undefined) throw new UsageError('ssh: which host?');
  if (!isLabUser(user)) throw new UsageError(`there is no user ${user}; users: ${labUsers.join(', ')}`);
  const [program, ...args] = await lab.host(hostName).sshArgv(user);
  // One word is shell text, as with ssh itself; more are an argv.
  const [only, ...more] = remoteCommand;
  const line = only === undefined ? [] : [more.length === 0 ? only : quoteArgv(remoteCommand)];
  const child = spawn(program, [...args, ...line], { stdio: 'inherit' });
  const [status] = (await once(child, 'close')) as [number | null];
  return status ?? 1;
}

async function deploy(lab: Lab, names: readonly string[]): Promise<number> {
  const hosts = names.length === 0 ? lab.hosts : names.map((name) => lab.host(name));
  for (const host of hosts) await lab.deploy(host);
  return 0;
}

function isLabUser(name: string): name is LabUser {
  return (labUsers as readonly string[]).includes(name);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof LabSetupError)) console.error(`lab: ${message}`);
  const isUsage =
    error instanceof UsageError ||
    (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS') === true;
  if (isUsage) console.error(`\n${help}`);
  process.exitCode = isUsage ? 2 : 1;
}
