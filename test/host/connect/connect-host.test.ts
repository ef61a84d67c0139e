import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { connectHost } from '../../../src/host/connect/connect-host.js';
import { runCommand } from '../../../src/host/run-command.js';
import { nobody } from '../../../src/host/ssh/prompt.js';
import type { Host } from '../../../src/host/host.js';
import type { Transport } from '../../../src/base/transports.js';
import { fakeSshProgram } from '../openssh/fake-ssh.js';
import {
  makeKey,
  nameOf,
  publicHalf,
  startServer,
  urlOf,
  type ServerOptions,
  type TestServer,
} from '../ssh2/ssh-world.js';

const quiet = { prompter: nobody, warn: () => undefined, debug: () => undefined };

test('where the configuration asks for what only OpenSSH can do, the ssh of this machine is used, and that is said', async (t) => {
  const ssh = fakeSshProgram(t);
  ssh.configure('certificatefile ~/.ssh/id-cert.pub\n');
  const told: string[] = [];
  const host = await connectHost('joe@box', {
    ...quiet,
    transport: undefined,
    tell: (line) => told.push(line),
  });
  t.after(() => host.close());
  assert.equal((await runCommand(host, ['echo', 'hello'])).stdout, 'hello\n');
  assert.match(told.join(), /^joe@box: using the ssh command, .*CertificateFile/);
});

test('so it is where it asks for that on the way, at a jump host', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'zfs-vm-jump-'));
  t.after(() => rm(folder, { recursive: true }));
  const nowhere = 'HostName 127.0.0.1\n  Port 1';
  const file = join(folder, 'config');
  await writeFile(
    file,
    `Host box\n  ${nowhere}\n  ProxyJump bastion\nHost bastion\n  ${nowhere}\n  BindAddress 127.0.0.1\n`,
  );
  const told: string[] = [];
  const env = { PATH: process.env['PATH'], HOME: folder, ZFS_VM_SSH_CONFIG: file };
  const tell = (line: string): number => told.push(line);
  await assert.rejects(connectHost('box', { ...quiet, env, transport: undefined, tell }), {
    kind: 'connection',
  });
  assert.match(told.join(), /^box: using the ssh command, .*BindAddress/);
});

/** A host that ssh2 is to try first, and a fake ssh that gets in. */
async function makeTwoWays(
  t: TestContext,
  options: ServerOptions,
  knownHost: (server: TestServer) => string = (server) => `${nameOf(server)} ${server.hostKey}`,
): Promise<{ readonly configure: (more: string) => void; readonly folder: string }> {
  const ssh = fakeSshProgram(t);
  const server = await startServer(t, options);
  const knownHosts = join(ssh.folder, 'known_hosts');
  await writeFile(knownHosts, `${knownHost(server)}\n`);
  const configure = (more: string): void => {
    ssh.configure(
      `user joe\nhostname 127.0.0.1\nport ${server.port}\nuserknownhostsfile ${knownHosts}\n` +
        `globalknownhostsfile none\nidentityagent none\n${more}`,
    );
  };
  configure('identityfile none\n');
  return { configure, folder: ssh.folder };
}

/** The only thing that a server takes is what the fake ssh has. */
const letsNobodyIn: ServerOptions = {
  onAuth: (context) => {
    context.reject(['publickey', 'password']);
  },
};

/** Connects in the usual way; gives what was told and asked. */
async function connectAndTell(
  transport?: Transport,
): Promise<{ readonly told: string; readonly asked: readonly string[]; readonly host: Host }> {
  const told: string[] = [];
  const asked: string[] = [];
  const ask = (question: string): Promise<string> => {
    asked.push(question);
    return Promise.resolve('wrong');
  };
  const host = await connectHost('joe@box', {
    ...quiet,
    prompter: { ...nobody, ask },
    transport,
    tell: (line) => told.push(line),
  });
  return { told: told.join('\n'), asked, host };
}

test('where ssh2 and the host have no algorithm in common, the ssh of this machine connects, unless it is ruled out', async (t) => {
  const { folder } = await makeTwoWays(t, { algorithms: { kex: ['diffie-hellman-group14-sha1'] } });
  await assert.rejects(connectAndTell('ssh2'), {
    message: /no common algorithm/,
    hint: /omit "--transport ssh2"/,
  });
  assert.doesNotMatch(await readFile(join(folder, 'calls'), 'utf8'), / -M /);
  const { host, told } = await connectAndTell();
  t.after(() => host.close());
  assert.equal((await runCommand(host, ['echo', 'hello'])).stdout, 'hello\n');
  assert.match(told, /^joe@box: no common algorithm.*\njoe@box: using the ssh command for /);
});

test('so it does for a host that is known by a certificate authority', async (t) => {
  await makeTwoWays(t, {}, (server) => `@cert-authority ${nameOf(server)} ${publicHalf(makeKey())}`);
  const { host, told, asked } = await connectAndTell();
  t.after(() => host.close());
  assert.match(told, /using the ssh command for the certificate of the host/);
  assert.deepEqual(asked, []);
});

test('so it does for a key that ssh2 can not read, and nothing is asked before', async (t) => {
  const { configure, folder } = await makeTwoWays(t, letsNobodyIn);
  const key = join(folder, 'key');
  const { privateKey } = generateKeyPairSync('ed25519');
  await writeFile(key, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  configure(`identityfile ${key}\n`);
  const { host, told, asked } = await connectAndTell();
  t.after(() => host.close());
  assert.match(told, /using the ssh command for a key that ssh2 cannot read/);
  assert.deepEqual(asked, []);
});

test('a password that is refused is not asked for again by the ssh of this machine', async (t) => {
  const { folder } = await makeTwoWays(t, letsNobodyIn);
  await assert.rejects(connectAndTell(), { message: /refused the login of joe/ });
  assert.doesNotMatch(await readFile(join(folder, 'calls'), 'utf8'), / -M /);
});

test('a host key that has changed is refused, and no other way is tried', async (t) => {
  const { folder } = await makeTwoWays(t, {}, (server) => `${nameOf(server)} ${publicHalf(makeKey())}`);
  await assert.rejects(connectAndTell(), { message: /has changed/ });
  assert.doesNotMatch(await readFile(join(folder, 'calls'), 'utf8'), / -M /);
});

test('where there is no ssh program, the error says that it would help', async (t) => {
  const server = await startServer(t, { algorithms: { kex: ['diffie-hellman-group14-sha1'] } });
  await assert.rejects(
    connectHost(urlOf(server), {
      ...quiet,
      ...{ transport: undefined, tell: () => undefined, env: { PATH: '/nowhere' } },
    }),
    { message: /no common algorithm/, hint: /install the OpenSSH client/ },
  );
});

test('where it does not, or when it is asked for, ssh2 connects', async (t) => {
  const ssh = fakeSshProgram(t);
  const unreachable = 'hostname 127.0.0.1\nport 1\n';
  for (const [configuration, transport] of [
    [`${unreachable}controlpath /tmp/%C\n`, undefined],
    [`${unreachable}certificatefile ~/.ssh/id-cert.pub\n`, 'ssh2'],
  ] as const) {
    ssh.configure(configuration);
    const tell = (line: string): void => assert.fail(line);
    await assert.rejects(connectHost('joe@box', { ...quiet, transport, tell }), {
      kind: 'connection',
      message: /refused the connection/,
    });
  }
});
