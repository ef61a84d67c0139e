import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import type { AuthContext } from 'ssh2';
import { BeyondSsh2 } from '../../../src/host/ssh/beyond-ssh2.js';
import { connectSsh } from '../../../src/host/ssh2/connect.js';
import { test, type TestContext } from 'node:test';
import {
  failToVisit,
  makeEncryptedKey,
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
  type TestHome,
  type TestKey,
} from './ssh-world.js';

/** Lets in whoever has one of these keys; notes the keys that were offered. */
function admitKeys(keys: readonly TestKey[], offered: string[] = []): (context: AuthContext) => void {
  return (context) => {
    if (context.method !== 'publickey') {
      context.reject(['publickey']);
      return;
    }
    const shown = context.key.data.toString('base64');
    if (context.signature === undefined) offered.push(shown);

    if (keys.some((key) => publicHalf(key).split(' ')[1] === shown)) context.accept();
    else context.reject(['publickey']);
  };
}

function admitPassword(password: string): (context: AuthContext) => void {
  return (context) => {
    if (context.method === 'password' && context.password === password) context.accept();
    else context.reject(['password']);
  };
}

test('a key without a passphrase lets us in without a question', async (t) => {
  const key = makeKey();
  const server = await startServer(t, { onAuth: admitKeys([key]) });
  const home = makeHomeKnowing(t, server);
  home.configure(`IdentityFile ${home.storeKey('mine', key)}`);
  assert.deepEqual((await visit(home, server)).questions, []);
});

test('a passphrase is asked for, and asked for again if it is wrong', async (t) => {
  const key = makeEncryptedKey('open sesame');
  const server = await startServer(t, { onAuth: admitKeys([key]) });
  const home = makeHomeKnowing(t, server);
  const path = home.storeKey('mine', key);
  home.configure(`IdentityFile ${path}`);
  const said = await visit(home, server, ['wrong', 'open sesame']);
  assert.deepEqual(said.questions, Array(2).fill(`Enter passphrase for key '${path}': `));
});

test('no passphrase is asked for a key that the server does not want', async (t) => {
  const wanted = makeKey();
  const server = await startServer(t, { onAuth: admitKeys([wanted]) });
  const home = makeHomeKnowing(t, server);
  home.configure(`IdentityFile ${home.storeKey('a', makeEncryptedKey('x'))}`);
  home.configure(`IdentityFile ${home.storeKey('b', wanted)}`);
  assert.deepEqual((await visit(home, server)).questions, []);
});

test('secrets are neither in warnings nor in debug lines', async (t) => {
  const server = await startServer(t, { onAuth: admitPassword('hunter2') });
  const said = await visit(makeHomeKnowing(t, server), server, ['swordfish', 'hunter2']);
  assert.doesNotMatch([...said.warnings, ...said.debugs].join('\n'), /hunter2|swordfish/);
});

test('a private key that others can read is not used', async (t) => {
  const key = makeKey();
  const server = await startServer(t, { onAuth: admitKeys([key]) });
  const home = makeHomeKnowing(t, server);
  const path = home.storeKey('mine', key);
  chmodSync(path, 0o644);
  const said: Conversation = { questions: [], warnings: [], debugs: [] };
  home.configure(`IdentityFile ${path}`);
  await assert.rejects(connectSsh(urlOf(server), talk(home, said)), { kind: 'connection' });
  assert.match(said.warnings.join(), /other users can read/);
});

test('the same key is offered once, however often it is configured', async (t) => {
  const key = makeKey();
  const offered: string[] = [];
  const server = await startServer(t, { onAuth: admitKeys([], offered) });
  const home = makeHomeKnowing(t, server);
  home.configure(`IdentityFile ${home.storeKey('a', key)}\nIdentityFile ${home.storeKey('b', key)}`);
  await failToVisit(home, urlOf(server));
  assert.equal(offered.length, 1);
});

test('a password is asked for, and asked for again if it is wrong', async (t) => {
  const server = await startServer(t, { onAuth: admitPassword('right') });
  const said = await visit(makeHomeKnowing(t, server), server, ['wrong', 'right']);
  assert.deepEqual(said.questions, Array(2).fill(`tester@127.0.0.1:${server.port}'s password: `));
  assert.match(said.warnings.join(), /permission denied, please try again/);
});

test('after three wrong passwords the error says what was tried', async (t) => {
  const server = await startServer(t, { onAuth: admitPassword('right') });
  const error = await failToVisit(makeHomeKnowing(t, server), urlOf(server), ['a', 'b', 'c', 'right']);
  assert.equal(error.kind, 'connection');
  assert.match(
    error.message,
    /refused the login of tester \(tried: a password; the host accepts: password\)/,
  );
  assert.match(error.hint ?? '', new RegExp(`"ssh -p ${server.port} 127.0.0.1" logs in`));
});

test('a password that nobody can be asked for is an error with what to do', async (t) => {
  const server = await startServer(t, { onAuth: admitPassword('right') });
  const error = await failToVisit(makeHomeKnowing(t, server), urlOf(server));
  assert.match(error.hint ?? '', /agent or a key/);
});

test('BatchMode asks nothing', async (t) => {
  const server = await startServer(t, { onAuth: admitPassword('right') });
  const home = makeHomeKnowing(t, server);
  home.configure('BatchMode yes');
  assert.equal((await failToVisit(home, urlOf(server), ['right'])).kind, 'connection');
});

test('questions of the server are passed on, made printable', async (t) => {
  const server = await startServer(t, {
    onAuth: (context) => {
      if (context.method !== 'keyboard-interactive') {
        context.reject(['keyboard-interactive']);
        return;
      }
      context.prompt([{ prompt: 'Code\u001b[31m: ', echo: false }], (answers) => {
        if (answers[0] === '123456') context.accept();
        else context.reject(['keyboard-interactive']);
      });
    },
  });
  const said = await visit(makeHomeKnowing(t, server), server, ['123456']);
  assert.deepEqual(said.questions, [`(tester@127.0.0.1:${server.port}) Code\\u{1b}[31m: `]);
});

test('a server that wants a key and then a password gets both', async (t) => {
  const key = makeKey();
  const admitKey = admitKeys([key]);
  let hasKey = false;
  const server = await startServer(t, {
    onAuth: (context) => {
      if (!hasKey && context.method === 'publickey' && context.signature !== undefined) {
        hasKey = true;
        context.reject(['password'], true);
      } else if (hasKey && context.method === 'password') {
        context.accept();
      } else if (hasKey) {
        context.reject(['password']);
      } else {
        admitKey(context);
      }
    },
  });
  const home = makeHomeKnowing(t, server);
  home.configure(`IdentityFile ${home.storeKey('mine', key)}`);
  assert.equal((await visit(home, server, ['secret'])).questions.length, 1);
});

/** An agent with these keys, for the time of a test; skips the test where there is none. */
function startAgent(t: TestContext, home: TestHome, keys: readonly string[]): boolean {
  const socket = join(home.dir, 'agent');
  const { stdout, status } = spawnSync('ssh-agent', ['-a', socket], { encoding: 'utf8' });
  const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(stdout)?.[1]);
  if (status !== 0 || Number.isNaN(pid)) {
    t.skip("ssh-agent can't be started here");
    return false;
  }
  t.after(() => process.kill(pid));
  for (const key of keys) {
    const added = spawnSync('ssh-add', [key], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
    assert.equal(added.status, 0, String(added.stderr));
  }
  return true;
}

test('a key of the agent lets us in', async (t) => {
  const key = makeKey();
  const server = await startServer(t, { onAuth: admitKeys([key]) });
  const home = makeHome(t);
  writeFileSync(
    join(home.dir, '.ssh', 'config'),
    `UserKnownHostsFile ${home.knownHosts}\nIdentityFile none\n`,
  );
  home.know(`${nameOf(server)} ${server.hostKey}`);
  home.configure(`IdentityAgent ${join(home.dir, 'agent')}`);
  if (startAgent(t, home, [home.storeKey('in-agent', key)])) await visit(home, server);
});

test('a certificate in the agent is left to OpenSSH, before anything is asked', async (t) => {
  const server = await startServer(t, {
    onAuth: (context) => {
      context.reject(['publickey', 'keyboard-interactive', 'password']);
    },
  });
  const home = makeHomeKnowing(t, server);
  home.configure('IdentityFile none');
  const path = home.storeKey('in-agent', makeKey());
  const keygen = spawnSync('sh', [
    '-c',
    'ssh-keygen -y -f "$1" > "$1.pub" && ssh-keygen -q -s "$1" -I me -n tester "$1.pub"',
    'sh',
    path,
  ]);
  assert.equal(keygen.status, 0, String(keygen.stderr));
  const config = join(home.dir, '.ssh', 'config');
  writeFileSync(
    config,
    readFileSync(config, 'utf8').replace(/IdentityAgent .*/, `IdentityAgent ${join(home.dir, 'agent')}`),
  );
  if (!startAgent(t, home, [path])) return;
  const said: Conversation = { questions: [], warnings: [], debugs: [] };
  const options = talk(home, said, ['password'], { mayLeaveToOpenssh: true });
  await assert.rejects(connectSsh(urlOf(server), options), BeyondSsh2);
  assert.deepEqual(said.questions, []);
  assert.deepEqual(said.warnings, []);
});

/** An agent that takes its time to sign, as one does that asks its person; it stands for the one at `behind`. */
async function startSlowAgent(t: TestContext, path: string, behind: string, delayMs: number): Promise<void> {
  const signRequest = 13;
  const server = createServer((near) => {
    const far = createConnection(behind);
    for (const socket of [near, far]) socket.on('error', () => undefined);
    far.pipe(near);
    near.on('data', (request: Buffer) => {
      // Behind four bytes for its length.
      setTimeout(() => far.write(request), request[4] === signRequest ? delayMs : 0);
    });
    near.on('close', () => far.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(path, resolve);
  });
  t.after(() => server.close());
}

test('an agent may take longer to sign than a host may to answer', async (t) => {
  const key = makeKey();
  const server = await startServer(t, { onAuth: admitKeys([key]) });
  const home = makeHomeKnowing(t, server);
  const socket = join(home.dir, 'slow-agent');
  writeFileSync(
    join(home.dir, '.ssh', 'config'),
    `UserKnownHostsFile ${home.knownHosts}\nIdentityFile none\nConnectTimeout 1\nIdentityAgent ${socket}\n`,
  );
  if (!startAgent(t, home, [home.storeKey('in-agent', key)])) return;
  await startSlowAgent(t, socket, join(home.dir, 'agent'), 2000);
  await visit(home, server);
});

test('with IdentitiesOnly the agent offers configured keys alone', async (t) => {
  const wanted = makeKey();
  const offered: string[] = [];
  const server = await startServer(t, { onAuth: admitKeys([wanted], offered) });
  const home = makeHome(t);
  const path = home.storeKey('wanted', wanted);
  writeFileSync(`${path}.pub`, wanted.public);
  writeFileSync(
    join(home.dir, '.ssh', 'config'),
    `UserKnownHostsFile ${home.knownHosts}\nIdentitiesOnly yes\nIdentityFile ${path}\n`,
  );
  home.configure(`IdentityAgent ${join(home.dir, 'agent')}`);
  home.know(`${nameOf(server)} ${server.hostKey}`);
  if (startAgent(t, home, [home.storeKey('other', makeKey()), path])) {
    await visit(home, server);
    assert.deepEqual(offered, [publicHalf(wanted).split(' ')[1]]);
  }
});

test('where the configuration asks for what only OpenSSH can do, a refusal says how to have it', async (t) => {
  const server = await startServer(t, {
    onAuth: (context) => {
      context.reject(['publickey']);
    },
  });
  const home = makeHomeKnowing(t, server);
  home.configure('CertificateFile ~/.ssh/id-cert.pub');
  const error = await failToVisit(home, urlOf(server));
  assert.match(error.message, /CertificateFile/);
  assert.match(error.hint ?? '', /--transport openssh/);
});
