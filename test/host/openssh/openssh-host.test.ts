import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { ZfsVmError } from '../../../src/base/errors.js';
import type { Host, HostProcess } from '../../../src/host/host.js';
import { LocalHost } from '../../../src/host/local-host.js';
import { connectOpenSsh } from '../../../src/host/openssh/connect.js';
import { hasAesInstructions } from '../../../src/host/openssh/prefer-aes.js';
import { openPipe } from '../../../src/host/pipe-ends.js';
import { runCommand } from '../../../src/host/run-command.js';
import { createTerminalPrompter } from '../../../src/host/ssh/prompt.js';
import { nobody } from '../../../src/host/ssh/prompt.js';
import { drain } from '../ssh2/ssh-world.js';
import { fakeSshProgram, type FakeSsh } from './fake-ssh.js';

const quiet = { prompter: nobody, warn: () => undefined, debug: () => undefined };

async function connect(t: TestContext): Promise<{ readonly ssh: FakeSsh; readonly host: Host }> {
  const ssh = fakeSshProgram(t);
  const host = await connectOpenSsh('joe@box', quiet);
  t.after(() => host.close());
  return { ssh, host };
}

/** Starts a command on one host into one on another, their pipes joined; the reader comes first. */
async function startJoined(
  from: Host,
  writer: readonly string[],
  to: Host,
  reader: readonly string[],
): Promise<[HostProcess, HostProcess]> {
  const pipe = await openPipe();
  assert.ok(pipe);
  const read = await to.start(reader, { input: pipe.read });
  pipe.read.close();
  const written = await from.start(writer, { output: pipe.write });
  pipe.write.close();
  return [read, written];
}

/** The error of a connection that can't be made. */
async function failToConnect(target: string, signal?: AbortSignal): Promise<ZfsVmError> {
  const error: unknown = await connectOpenSsh(target, { ...quiet, signal }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ZfsVmError, String(error));
  return error;
}

test('a command gets its words and its input, and its outputs and exit code come back', async (t) => {
  const { host } = await connect(t);
  const words = ["it's", 'a b', '$(id)', '', '100%'];
  const script = 'printf "%s|" "$@"; cat; echo oh >&2; exit 3';
  const result = await runCommand(host, ['sh', '-c', script, 'sh', ...words], { input: 'in' });
  assert.deepEqual(result, {
    exit: { kind: 'exited', code: 3 },
    stdout: "it's|a b|$(id)||100%|in",
    stderr: 'oh\n',
  });
});

test('every byte comes back as it was', async (t) => {
  const { host } = await connect(t);
  const sent = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) % 256));
  const cat = await host.start(['cat']);
  cat.stdin.end(sent);
  assert.ok(sent.equals(await buffer(cat.stdout)));
});

test('one connection serves all commands, with the address as it was given and nothing of the configuration', async (t) => {
  const { ssh, host } = await connect(t);
  await Promise.all([runCommand(host, ['true']), runCommand(host, ['true'])]);
  const calls = readFileSync(join(ssh.folder, 'calls'), 'utf8').trim().split('\n');
  const masters = calls.filter((call) => call.includes(' -N '));
  assert.equal(masters.length, 1);
  assert.match(masters[0] ?? '', / -l joe .*-- box$/);
  const clients = calls.filter((call) => call.includes('ControlMaster=no'));
  assert.equal(clients.length, 2);
  for (const call of clients) assert.match(call, /^-F \/dev\/null -S .* -- box /);
});

test('the master offers AES-GCM first exactly where this processor has instructions for it', async (t) => {
  const ssh = fakeSshProgram(t);
  ssh.configure('ciphers chacha20-poly1305@openssh.com,aes128-ctr,aes128-gcm@openssh.com\n');
  const host = await connectOpenSsh('box', quiet);
  t.after(() => host.close());
  const calls = readFileSync(join(ssh.folder, 'calls'), 'utf8').split('\n');
  const master = calls.find((call) => call.includes(' -N ')) ?? '';
  const words = ' -o Ciphers=aes128-gcm@openssh.com,chacha20-poly1305@openssh.com,aes128-ctr ';
  assert.equal(master.includes(words), hasAesInstructions(), master);
});

test('closing leaves neither a process nor a folder', async (t) => {
  const { ssh, host } = await connect(t);
  assert.equal(ssh.leftovers().length, 1);
  await runCommand(host, ['true']);
  await host.close();
  assert.deepEqual(ssh.leftovers(), []);
});

test('closing ends the commands that still run', async (t) => {
  const { host } = await connect(t);
  const running = runCommand(host, ['sleep', '60']);
  await host.close();
  assert.equal((await running).exit.kind, 'stopped');
});

test('what there is to try goes the same way: to the same port, as the same user', async (t) => {
  const ssh = fakeSshProgram(t);
  ssh.onConnect('exit 255');
  const { hint } = await failToConnect('ssh://joe@box:2222');
  assert.equal(hint, 'check that "ssh -p 2222 joe@box" logs in');
});

test('a host that refuses the connection is told in the words of ssh', async (t) => {
  const ssh = fakeSshProgram(t);
  ssh.onConnect('echo "ssh: connect to host box port 22: Connection refused" >&2; exit 255');
  const error = await failToConnect('box');
  assert.equal(error.kind, 'connection');
  assert.equal(error.message, 'cannot connect to box: ssh: connect to host box port 22: Connection refused');
  assert.equal(error.hint, 'check that "ssh box" logs in');
  assert.deepEqual(ssh.leftovers(), []);
});

test('where there is no ssh, that is what is said', async (t) => {
  const { folder } = fakeSshProgram(t);
  mkdirSync(`${folder}/bin`);
  for (const program of ['cat', 'rm']) symlinkSync(`/bin/${program}`, `${folder}/bin/${program}`);
  process.env['PATH'] = `${folder}/bin`;
  const error = await failToConnect('box');
  assert.equal(error.kind, 'connection');
  assert.match(error.message, /ssh command not found/);
});

test('a target that could be an option is refused', async () => {
  assert.equal((await failToConnect('-oProxyCommand=x')).kind, 'usage');
});

test('connecting can be interrupted while ssh waits for an answer', async (t) => {
  const ssh = fakeSshProgram(t);
  ssh.onConnect('sleep 60 & waiting=$!; trap "kill $waiting; exit" TERM; wait');
  const began = performance.now();
  const error = await failToConnect('box', AbortSignal.timeout(200));
  assert.equal(error.kind, 'interrupted');
  assert.ok(performance.now() - began < 5000);
  assert.deepEqual(ssh.leftovers(), []);
});

test('what ssh warns of is told, the rest is for those who debug', async (t) => {
  const ssh = fakeSshProgram(t);
  ssh.onConnect('echo "Warning: Permanently added box" >&2; echo Welcome >&2');
  const warnings: string[] = [];
  const debugs: string[] = [];
  const host = await connectOpenSsh('box', {
    prompter: nobody,
    warn: (line) => warnings.push(line),
    debug: (line) => debugs.push(line),
  });
  await host.close();
  assert.deepEqual(warnings, ['Warning: Permanently added box']);
  assert.ok(debugs.includes('box: ssh: Welcome'));
});

test('two that connect at once, and may ask, do so one after the other', async (t) => {
  const ssh = fakeSshProgram(t);
  ssh.onConnect(`echo begin >> ${ssh.folder}/asked; sleep 0.2; echo end >> ${ssh.folder}/asked`);
  const prompter = createTerminalPrompter('/nowhere/tty');
  const env = { ...process.env, SSH_ASKPASS: '/bin/false' };
  const hosts = await Promise.all(
    ['one', 'two'].map((name) => connectOpenSsh(name, { ...quiet, prompter, env })),
  );
  await Promise.all(hosts.map((host) => host.close()));
  assert.equal(readFileSync(`${ssh.folder}/asked`, 'utf8'), 'begin\nend\nbegin\nend\n');
});

test('a command whose connection breaks is lost, with what ssh said', async (t) => {
  const { ssh, host } = await connect(t);
  const running = drain(await host.start(['sleep', '60']));
  ssh.cut();
  const { exit } = await running;
  assert.deepEqual(exit, {
    kind: 'lost',
    reason: 'connection to box lost: client_loop: send disconnect: Broken pipe',
  });
});

test('a command that ends with 255 itself has not lost its host', async (t) => {
  const { host } = await connect(t);
  const { exit } = await runCommand(host, ['sh', '-c', 'exit 255']);
  assert.deepEqual(exit, { kind: 'exited', code: 255 });
});

test('a host that is lost starts nothing any more, until it is connected to anew', async (t) => {
  const { ssh, host } = await connect(t);
  ssh.cut();
  await wait(500);
  await assert.rejects(host.start(['true']), { kind: 'connection', message: /Broken pipe/ });
  await host.close();
  ssh.mend();
  const again = await connectOpenSsh('joe@box', quiet);
  t.after(() => again.close());
  assert.deepEqual((await runCommand(again, ['true'])).exit, { kind: 'exited', code: 0 });
});

test('aborting ends a command and nothing else', async (t) => {
  const { host } = await connect(t);
  const abort = new AbortController();
  const running = runCommand(host, ['sleep', '60'], { signal: abort.signal });
  abort.abort();
  assert.equal((await running).exit.kind, 'stopped');
  assert.deepEqual((await runCommand(host, ['true'])).exit, { kind: 'exited', code: 0 });
});

test('more commands than sshd allows at a time wait for their turn', async (t) => {
  const { ssh, host } = await connect(t);
  const script = `mkdir ${ssh.folder}/run.$$; ls -d ${ssh.folder}/run.* | wc -l; sleep 0.3; rmdir ${ssh.folder}/run.$$`;
  const results = await Promise.all(Array.from({ length: 14 }, () => runCommand(host, ['sh', '-c', script])));
  for (const { exit, stdout } of results) {
    assert.deepEqual(exit, { kind: 'exited', code: 0 });
    assert.ok(Number(stdout) <= 10, stdout);
  }
});

for (const [what, isPush] of [
  ['to the host', true],
  ['from the host', false],
] as const) {
  test(`a joined pipe ${what} carries every byte`, async (t) => {
    const { host } = await connect(t);
    const local = new LocalHost();
    const bytes = '{ seq 300000; printf "\\000\\377\\r\\n"; }';
    const { stdout } = await runCommand(local, ['sh', '-c', `${bytes} | sha256sum`]);
    const [from, to] = isPush ? [local, host] : [host, local];
    const [read, written] = await startJoined(from, ['sh', '-c', bytes], to, ['sha256sum']);
    const [{ exit, stdout: sum }] = await Promise.all([drain(read), drain(written)]);
    assert.equal(sum, stdout);
    assert.deepEqual(
      [exit, await written.exit],
      [
        { kind: 'exited', code: 0 },
        { kind: 'exited', code: 0 },
      ],
    );
  });
}

test('a receiver on the host that ends takes its local sender along', async (t) => {
  const { host } = await connect(t);
  const zeros = ['cat', '/dev/zero'];
  const [read, written] = await startJoined(new LocalHost(), zeros, host, [
    'sh',
    '-c',
    'head -c 1000 >/dev/null; exit 7',
  ]);
  assert.deepEqual(await Promise.all([drain(read), drain(written)].map(async (end) => (await end).exit)), [
    { kind: 'exited', code: 7 },
    { kind: 'signalled', signal: 'SIGPIPE' },
  ]);
});

test('a connection that breaks takes both ends of a joined pipe along', async (t) => {
  const { ssh, host } = await connect(t);
  const zeros = ['cat', '/dev/zero'];
  const [read, written] = await startJoined(new LocalHost(), zeros, host, ['sh', '-c', 'cat >/dev/null']);
  ssh.cut();
  const [received, sent] = await Promise.all([drain(read), drain(written)]);
  assert.equal(received.exit.kind, 'lost');
  assert.deepEqual(sent.exit, { kind: 'signalled', signal: 'SIGPIPE' });
});

test('a program that is killed leaves neither the connection nor its folder behind', async (t) => {
  const ssh = fakeSshProgram(t);
  const module = new URL('../../../src/host/openssh/connect.js', import.meta.url).href;
  const script = `
    const { connectOpenSsh } = await import('${module}');
    await connectOpenSsh('box', { prompter: { lend: (work) => work() }, warn() {}, debug() {} });
    process.kill(process.pid, 'SIGKILL');`;
  const program = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
  await once(program, 'exit');
  const deadline = performance.now() + 5000;
  while (ssh.leftovers().length > 0) {
    assert.ok(performance.now() < deadline, ssh.leftovers().join());
    await wait(20);
  }
});
