import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectHost } from '../../src/host/connect.js';
import { runCommand } from '../../src/host/run-command.js';
import { nobody } from './nobody.js';
import { fakeSshProgram } from './openssh/fake-ssh.js';

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
