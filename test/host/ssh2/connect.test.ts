import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connectSsh } from '../../../src/host/ssh2/connect.js';
import { test, type TestContext } from 'node:test';
import {
  connectAs,
  drain,
  exitWith,
  failToVisit,
  makeHome,
  makeHomeKnowing,
  nameOf,
  startServer,
  talk,
  urlOf,
  type Conversation,
} from './ssh-world.js';

test('an alias of the OpenSSH configuration leads to its host, port and user', async (t) => {
  const users: string[] = [];
  const server = await startServer(t, {
    onAuth: (context) => {
      users.push(context.username);
      context.accept();
    },
  });
  const home = makeHomeKnowing(t, server);
  home.configure(`Host box\n  HostName 127.0.0.1\n  Port ${server.port}`);
  const { host } = await connectAs(home, 'joe@box');
  await host.close();
  assert.deepEqual([host.name, users], ['joe@box', ['joe']]);
});

test('a jump host is passed through, each host checked by its own key', async (t) => {
  const target = await startServer(t, {
    onCommand: (channel) => {
      channel.write('from behind');
      exitWith(channel, 0);
    },
  });
  const jump = await startServer(t, { allowsForwarding: true });
  const home = makeHomeKnowing(t, target);
  home.know(`${nameOf(jump)} ${jump.hostKey}`);
  home.configure(
    `Host behind\n  HostName 127.0.0.1\n  Port ${target.port}\n  ProxyJump joe@127.0.0.1:${jump.port}`,
  );
  const { host, said } = await connectAs(home, 'behind');
  t.after(() => host.close());
  assert.equal((await drain(await host.start(['true']))).stdout, 'from behind');
  assert.deepEqual([said.questions, jump.connections.length], [[], 1]);
});

test('a jump host whose key is unknown is asked about', async (t) => {
  const target = await startServer(t);
  const jump = await startServer(t, { allowsForwarding: true });
  const home = makeHomeKnowing(t, target);
  home.configure(
    `Host behind\n  HostName 127.0.0.1\n  Port ${target.port}\n  ProxyJump 127.0.0.1:${jump.port}`,
  );
  assert.match((await failToVisit(home, 'behind', ['no'])).message, new RegExp(`127.0.0.1:${jump.port}`));
});

test('a jump host that will not connect onwards is named in the error', async (t) => {
  const jump = await startServer(t);
  const home = makeHomeKnowing(t, jump);
  home.configure(`Host behind\n  HostName behind.example\n  ProxyJump 127.0.0.1:${jump.port}`);
  assert.match((await failToVisit(home, 'behind')).message, /jump host cannot connect to behind/);
});

test('jump hosts that lead to each other are refused', async (t) => {
  const home = makeHome(t);
  home.configure('Host a\n  ProxyJump b\nHost b\n  ProxyJump a');
  assert.match((await failToVisit(home, 'a')).message, /too many jump hosts/);
});

test('a ProxyCommand carries the connection', async (t) => {
  const server = await startServer(t);
  const home = makeHomeKnowing(t, server);
  const script = join(home.dir, 'proxy.mjs');
  writeFileSync(
    script,
    `import { connect } from 'node:net';
     const socket = connect(Number(process.argv[3]), process.argv[2]);
     process.stdin.pipe(socket).pipe(process.stdout);`,
  );
  home.configure(
    `Host proxied\n  HostName 127.0.0.1\n  Port ${server.port}\n  ProxyCommand ${process.execPath} ${script} %h %p`,
  );
  const { host } = await connectAs(home, 'proxied');
  await host.close();
});

test('what a failing ProxyCommand says is shown', async (t) => {
  const home = makeHome(t);
  home.configure('Host proxied\n  ProxyCommand sh -c "echo no way >&2; false"');
  const said: Conversation = { questions: [], warnings: [], debugs: [] };
  await assert.rejects(connectSsh('proxied', talk(home, said)), { kind: 'connection' });
  assert.deepEqual(said.warnings, ['ProxyCommand: no way']);
});

test('a port where nobody listens is told as that', async (t) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const error = await failToVisit(makeHome(t), `ssh://127.0.0.1:${port}`);
  assert.equal(error.kind, 'connection');
  assert.match(error.message, new RegExp(`port ${port} of 127.0.0.1 refused the connection`));
});

test('a name that cannot be looked up is told as that', async (t) => {
  const error = await failToVisit(makeHome(t), 'no-such-host.invalid');
  assert.equal(error.kind, 'connection');
  assert.match(error.message, /no-such-host\.invalid/);
});

/** A server that takes connections and does with them what the test wants. */
async function listenRaw(t: TestContext, greeting: string | undefined): Promise<number> {
  const sockets: { destroy(): void }[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    if (greeting !== undefined) socket.end(greeting);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    sockets.forEach((socket) => {
      socket.destroy();
    });
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

test('a host that accepts and keeps silent is given up after ConnectTimeout', async (t) => {
  const home = makeHome(t);
  home.configure('ConnectTimeout 1');
  const error = await failToVisit(home, `ssh://127.0.0.1:${await listenRaw(t, undefined)}`);
  assert.match(error.message, /sent nothing within 1 s/);
});

test('something that does not speak SSH is an error, not a hang', async (t) => {
  const error = await failToVisit(
    makeHome(t),
    `ssh://127.0.0.1:${await listenRaw(t, 'HTTP/1.1 400\r\n\r\n')}`,
  );
  assert.equal(error.kind, 'connection');
});

test('a host that hangs up at once is an error', async (t) => {
  const error = await failToVisit(makeHome(t), `ssh://127.0.0.1:${await listenRaw(t, '')}`);
  assert.match(error.message, /closed the connection/);
});

test('connecting is cancelled by its signal', async (t) => {
  const port = await listenRaw(t, undefined);
  const said: Conversation = { questions: [], warnings: [], debugs: [] };
  const signal = AbortSignal.timeout(100);
  const connecting = connectSsh(`ssh://127.0.0.1:${port}`, talk(makeHome(t), said, [], { signal }));
  await assert.rejects(connecting, { kind: 'interrupted' });
});

test('a signal that was aborted before lets nothing begin', async (t) => {
  const said: Conversation = { questions: [], warnings: [], debugs: [] };
  const options = talk(makeHome(t), said, [], { signal: AbortSignal.abort() });
  await assert.rejects(connectSsh('box', options), { kind: 'interrupted' });
});

test('the time a person takes to answer does not count as silence of the host', async (t) => {
  const server = await startServer(t);
  const home = makeHome(t);
  home.configure('ConnectTimeout 1');
  const said: Conversation = { questions: [], warnings: [], debugs: [] };
  const ask = (): Promise<string> => new Promise((resolve) => setTimeout(resolve, 1_300, 'yes'));
  const host = await connectSsh(urlOf(server), talk(home, said, [], { prompter: { ask } }));
  await host.close();
});

test('a target that could be an option is refused before anything runs', async (t) => {
  assert.equal((await failToVisit(makeHome(t), '-oProxyCommand=evil')).kind, 'usage');
});
