import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import ssh2 from 'ssh2';
import { connectSsh, type SshOptions } from '../../../src/host/ssh2/connect.js';
import { formatKnownHost } from '../../../src/host/ssh2/known-hosts.js';
import { test } from 'node:test';
import {
  failToVisit,
  makeHome,
  makeHomeKnowing,
  makeKey,
  nameOf,
  publicHalf,
  startServer,
  talk,
  urlOf,
  visit,
  type Conversation,
} from './ssh-world.js';

const blobOf = (key: string): Buffer => Buffer.from(key.split(' ')[1] ?? '', 'base64');

test('a known host key is taken without a word', async (t) => {
  const server = await startServer(t);
  const said = await visit(makeHomeKnowing(t, server), server);
  assert.deepEqual([said.questions, said.warnings], [[], []]);
});

test('a host known by a hashed name is known', async (t) => {
  const server = await startServer(t);
  const home = makeHome(t);
  home.know(formatKnownHost(nameOf(server), blobOf(server.hostKey), true));
  assert.deepEqual((await visit(home, server)).questions, []);
});

test('an unknown host key is asked about with its fingerprint', async (t) => {
  const server = await startServer(t);
  const said = await visit(makeHome(t), server, ['yes']);
  assert.equal(said.questions.length, 1);
  assert.match(
    said.questions[0] ?? '',
    /can't be established.*ED25519 key fingerprint is SHA256:[A-Za-z0-9+/]{43}\./s,
  );
});

test('a key that was accepted is stored, and not asked about again', async (t) => {
  const server = await startServer(t);
  const home = makeHome(t);
  await visit(home, server, ['yes']);
  assert.equal(home.readKnownHosts(), `${nameOf(server)} ${server.hostKey}\n`);
  assert.deepEqual((await visit(home, server)).questions, []);
});

test('HashKnownHosts hides the name of a stored key', async (t) => {
  const server = await startServer(t);
  const home = makeHome(t);
  home.configure('HashKnownHosts yes');
  await visit(home, server, ['yes']);
  assert.match(home.readKnownHosts(), /^\|1\|/);
});

test('an answer that is neither yes nor no is asked for again', async (t) => {
  const server = await startServer(t);
  assert.equal((await visit(makeHome(t), server, ['y', 'yes'])).questions.length, 2);
});

test('a host is refused when no answer is clear', async (t) => {
  const server = await startServer(t);
  const error = await failToVisit(makeHome(t), urlOf(server), Array<string>(9).fill('perhaps'));
  assert.match(error.message, /not accepted; not connected/);
});

test('"no" refuses the host, and nothing is stored', async (t) => {
  const server = await startServer(t);
  const home = makeHome(t);
  const error = await failToVisit(home, urlOf(server), ['no']);
  assert.equal(error.kind, 'connection');
  assert.throws(() => home.readKnownHosts(), { code: 'ENOENT' });
});

test('without anybody to ask, an unknown host is refused with what to do', async (t) => {
  const server = await startServer(t);
  const error = await failToVisit(makeHome(t), urlOf(server));
  assert.match(error.message, /there is no terminal to ask on/);
  assert.match(error.hint ?? '', /ssh-keyscan/);
});

test('StrictHostKeyChecking yes refuses an unknown host without asking', async (t) => {
  const server = await startServer(t);
  const home = makeHome(t);
  home.configure('StrictHostKeyChecking yes');
  assert.match((await failToVisit(home, urlOf(server), ['yes'])).message, /StrictHostKeyChecking/);
});

for (const setting of ['accept-new', 'no']) {
  test(`StrictHostKeyChecking ${setting} stores an unknown key without asking, and says so`, async (t) => {
    const server = await startServer(t);
    const home = makeHome(t);
    home.configure(`StrictHostKeyChecking ${setting}`);
    const said = await visit(home, server);
    assert.deepEqual(said.questions, []);
    assert.match(said.warnings.join(), /SHA256:/);
    assert.match(home.readKnownHosts(), /ssh-ed25519/);
  });

  test(`StrictHostKeyChecking ${setting} refuses a changed key all the same`, async (t) => {
    const server = await startServer(t);
    const home = makeHome(t);
    home.know(`${nameOf(server)} ${publicHalf(makeKey())}`);
    home.configure(`StrictHostKeyChecking ${setting}`);
    assert.match((await failToVisit(home, urlOf(server), ['yes'])).message, /has changed/);
  });
}

test('StrictHostKeyChecking accept-new takes no other key of a host that is known without a person', async (t) => {
  const rsa = ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 });
  const server = await startServer(t);
  const home = makeHome(t);
  home.know(`${nameOf(server)} ${publicHalf(rsa)}`);
  home.configure('StrictHostKeyChecking accept-new');
  assert.match((await failToVisit(home, urlOf(server), ['no'])).message, /not accepted; not connected/);
});

test('a changed host key is refused with the place of the old one and how to remove it', async (t) => {
  const server = await startServer(t);
  const home = makeHome(t);
  home.know('# a comment');
  home.know(`${nameOf(server)} ${publicHalf(makeKey())}`);
  const error = await failToVisit(home, urlOf(server), ['yes']);
  assert.equal(error.kind, 'connection');
  assert.ok(error.message.includes(`${home.knownHosts}:2`), error.message);
  assert.match(error.hint ?? '', /ssh-keygen -f .* -R '\[127\.0\.0\.1\]:\d+'/);
});

test('a revoked host key is refused', async (t) => {
  const server = await startServer(t);
  const home = makeHomeKnowing(t, server);
  home.know(`@revoked * ${server.hostKey}`);
  assert.match((await failToVisit(home, urlOf(server), ['yes'])).message, /revoked/);
});

test('a host known only by a certificate authority is refused in words', async (t) => {
  const server = await startServer(t);
  const home = makeHome(t);
  home.know(`@cert-authority ${nameOf(server)} ${server.hostKey}`);
  assert.match((await failToVisit(home, urlOf(server), ['yes'])).message, /certificate/);
});

test('of several host keys the one is asked for that is known', async (t) => {
  const rsa = ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 });
  const server = await startServer(t, { hostKeys: [makeKey(), rsa] });
  const home = makeHome(t);
  home.know(`${nameOf(server)} ${publicHalf(rsa)}`);
  assert.deepEqual((await visit(home, server)).questions, []);
});

test('HostKeyAlias is the name that counts', async (t) => {
  const server = await startServer(t);
  const home = makeHome(t);
  home.configure('HostKeyAlias shared');
  home.know(`shared ${server.hostKey}`);
  assert.deepEqual((await visit(home, server)).questions, []);
});

test('a known_hosts file whose path has a space is not passed over: ssh2 connects to nobody', async (t) => {
  const server = await startServer(t);
  const home = makeHome(t);
  writeFileSync(
    join(home.dir, '.ssh', 'config'),
    `UserKnownHostsFile "${home.dir}/a b/known_hosts"\nGlobalKnownHostsFile none\nStrictHostKeyChecking accept-new\n`,
  );
  const error = await failToVisit(home, urlOf(server));
  assert.match(error.message, /ssh2 cannot check the host key .*UserKnownHostsFile/);
  assert.equal(server.connections.length, 0);
});

test('a host that hangs up while somebody is asked about its key is told as that', async (t) => {
  const server = await startServer(t);
  const home = makeHome(t);
  const said: Conversation = { questions: [], warnings: [], debugs: [] };
  const ask: SshOptions['prompter']['ask'] = async (_question, { signal }) => {
    server.connections.forEach((connection) => connection.end());
    await once(signal ?? assert.fail(), 'abort');
    return undefined;
  };
  await assert.rejects(connectSsh(urlOf(server), talk(home, said, [], { prompter: { ask } })), {
    kind: 'connection',
    message: /closed the connection while waiting for a password/,
  });
  // Whatever comes too late would come by now.
  await wait(50);
});
