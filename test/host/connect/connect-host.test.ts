import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectHost } from '../../../src/host/connect/connect-host.js';
import { runCommand } from '../../../src/host/run-command.js';
import { nobody } from '../../../src/host/ssh/prompt.js';
import { fakeSshProgram } from '../openssh/fake-ssh.js';

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
  assert.match(told.join(), /^joe@box: using the ssh of this machine, .*CertificateFile/);
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
  assert.match(told.join(), /^box: using the ssh of this machine, .*BindAddress/);
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
      message: /refuses connections/,
    });
  }
});
