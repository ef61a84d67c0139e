import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ZfsVmError } from '../../src/base/errors.js';
import { parseAddress } from '../../src/base/address.js';
import { parseClientConfig, type LocalAccount } from '../../src/host/ssh/client-config.js';
import {
  formatKnownHost,
  judgeHostKey,
  nameInKnownHosts,
  parseKnownHosts,
} from '../../src/host/ssh2/known-hosts.js';
import { damaged, hostileText, readOrRefuse, runs } from './arbitraries.js';

const account: LocalAccount = {
  env: { SSH_AUTH_SOCK: '/agent', HOME: '/home/me' },
  homeDir: '/home/me',
  accountHome: '/home/me',
  accountName: 'me',
  userId: '1000',
  hostName: 'desk.example.org',
};

const address = { host: 'b', user: undefined, port: undefined };

const isUsage = (error: unknown): boolean => error instanceof ZfsVmError && error.kind === 'usage';

const hostName = fc.stringMatching(/^[a-z][a-z0-9.-]{0,10}$/);

const port = fc.integer({ min: 1, max: 65_535 });

/** What `ssh -G` prints of some options, in any order; OpenSSH 9.2. */
const configText = fc
  .record({
    hostname: hostName,
    port,
    user: fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/),
    connecttimeout: fc.oneof(fc.constant('none'), fc.nat(1000).map(String)),
    stricthostkeychecking: fc.constantFrom('true', 'false', 'ask', 'accept-new', 'yes', 'no'),
    identityfile: fc.array(fc.constantFrom('~/.ssh/id_rsa', '/keys/a b', '%d/x', '${HOME}/y'), {
      maxLength: 3,
    }),
    proxyjump: fc.constantFrom('none', 'a', 'me@a:2222,c'),
    noise: fc.array(fc.constantFrom('', 'forwardx11 no', 'sendenv LANG', 'oneword', 'x y z'), {
      maxLength: 3,
    }),
  })
  .chain(({ identityfile, noise, ...single }) =>
    fc
      .shuffledSubarray([...Object.entries(single).map(([name, value]) => `${name} ${value}`), ...noise], {
        minLength: Object.keys(single).length + noise.length,
      })
      .map((lines) => ({
        single,
        identityfile,
        text: [...lines, ...identityfile.map((path) => `identityfile ${path}`)]
          .map((line) => `${line}\n`)
          .join(''),
      })),
  );

test('the configuration is read as ssh prints it, in whatever order', () => {
  fc.assert(
    fc.property(configText, ({ single, identityfile, text }) => {
      const config = parseClientConfig(text, address, account);
      assert.deepEqual(
        [config.hostName, config.port, config.user],
        [single.hostname, single.port, single.user],
      );
      const seconds = single.connecttimeout === 'none' ? undefined : Number(single.connecttimeout) * 1000;
      assert.equal(config.connectTimeoutMs, seconds);
      assert.deepEqual(config.proxyJump, single.proxyjump === 'none' ? [] : single.proxyjump.split(','));
      const paths: Readonly<Record<string, string>> = {
        '~/.ssh/id_rsa': '/home/me/.ssh/id_rsa',
        '/keys/a b': '/keys/a b',
        '%d/x': '/home/me/x',
        '${HOME}/y': '/home/me/y',
      };
      if (identityfile.length > 0) {
        assert.deepEqual(
          config.identityFiles,
          identityfile.map((path) => paths[path]),
        );
      }
    }),
    runs(500),
  );
});

test('whatever ssh -G prints gives a configuration that can be connected with', () => {
  const valid = configText.map(({ text }) => text);
  const odd = fc
    .tuple(
      fc.constantFrom(
        'port',
        'connecttimeout',
        'identityagent',
        'identityfile',
        'proxycommand',
        'hostname',
        'ciphers',
      ),
      hostileText,
    )
    .map(([name, value]) => `${name} ${value}\n`);
  fc.assert(
    fc.property(fc.oneof(hostileText, damaged(valid), odd), (text) => {
      const config = parseClientConfig(text, address, account);
      assert.ok(Number.isInteger(config.port) && config.port >= 1 && config.port <= 65_535);
      assert.ok(Number.isFinite(config.connectTimeoutMs ?? 0));
      assert.ok(Number.isInteger(config.passwordPrompts) && Number.isFinite(config.serverAliveIntervalMs));
      for (const value of [config.hostName, config.user, config.agentSocket ?? '', ...config.identityFiles]) {
        assert.equal(typeof value, 'string');
      }
    }),
    runs(2000),
  );
});

test('a word of the configuration is no property of an object', () => {
  const config = parseClientConfig(
    'identityagent $constructor\nidentityfile ${toString}/x\n',
    address,
    account,
  );
  assert.equal(config.agentSocket, undefined);
  assert.deepEqual(config.identityFiles, ['${toString}/x']);
});

/** A public key in SSH's binary form, of this type, made of these bytes. */
function makeKey(type: string, bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(type.length);
  return Buffer.concat([length, Buffer.from(type), bytes]);
}

const key = fc
  .tuple(
    fc.constantFrom('ssh-ed25519', 'ssh-rsa', 'ecdsa-sha2-nistp256'),
    fc.uint8Array({ minLength: 8, maxLength: 40 }),
  )
  .map(([type, bytes]) => makeKey(type, bytes));

/** A line that makes a key known, revoked or an authority, in one of the ways that known_hosts has. */
const knownLine = fc.record({
  name: fc
    .tuple(hostName, fc.oneof(fc.constant(22), port))
    .map(([host, number]) => nameInKnownHosts(host, number)),
  key,
  hashed: fc.boolean(),
  marker: fc.constantFrom('', '@revoked ', '@cert-authority '),
  ending: fc.constantFrom('', ' a comment', '\r', ' \t', ' # no comment'),
  indent: fc.constantFrom('', '  ', '\t'),
});

const formatLine = ({ name, key: own, hashed, marker, ending, indent }: KnownLine): string =>
  `${indent}${marker}${formatKnownHost(name, own, hashed)}${ending}`;

type KnownLine = typeof knownLine extends fc.Arbitrary<infer Line> ? Line : never;

test('every line of known_hosts is read with its marker and its key, hashed or not, whatever else stands in it', () => {
  fc.assert(
    fc.property(fc.array(knownLine, { maxLength: 5 }), (lines) => {
      const text = lines.map((line) => `${formatLine(line)}\n# ${line.name}\n\n`).join('');
      const entries = parseKnownHosts('file', text);
      const markers = { '': 'none', '@revoked ': 'revoked', '@cert-authority ': 'cert-authority' } as const;
      assert.deepEqual(
        entries.map(({ line, marker, key: own }) => ({ line, marker, key: own.toString('hex') })),
        lines.map(({ marker, key: own }, index) => ({
          line: 3 * index + 1,
          marker: markers[marker],
          key: own.toString('hex'),
        })),
      );
      for (const { name, key: own, marker } of lines) {
        const others = lines.filter((line) => line.name === name && line.key.equals(own));
        const verdict = judgeHostKey(entries, name, own).kind;
        if (others.some((line) => line.marker === '@revoked ')) assert.equal(verdict, 'revoked');
        else if (marker === '') assert.equal(verdict, 'known');
      }
    }),
    runs(300),
  );
});

test('no text makes a key known that does not stand in it', () => {
  const secret = makeKey('ssh-ed25519', Buffer.from('a key that nobody has ever seen'));
  const valid = fc.array(knownLine, { maxLength: 4 }).map((lines) => lines.map(formatLine).join('\n'));
  fc.assert(
    fc.property(fc.oneof(hostileText, damaged(valid)), hostName, (text, name) => {
      const entries = parseKnownHosts('file', text);
      assert.notEqual(judgeHostKey(entries, name, secret).kind, 'known');
      assert.notEqual(judgeHostKey(entries, name, Buffer.alloc(0)).kind, 'known');
    }),
    runs(1000),
  );
});

test('an address is read as it was put together', () => {
  const user = fc.option(fc.stringMatching(/^[a-z][a-z0-9@._+%-]{0,8}$/), { nil: undefined });
  fc.assert(
    fc.property(hostName, user, fc.option(port, { nil: undefined }), (host, name, number) => {
      const plain = name === undefined ? host : `${name}@${host}`;
      assert.deepEqual(parseAddress(plain), { host, user: name, port: undefined });
      const encoded = name === undefined ? '' : `${encodeURIComponent(name)}@`;
      const url = `ssh://${encoded}${host}${number === undefined ? '' : `:${number}`}`;
      assert.deepEqual(parseAddress(url), { host, user: name, port: number });
    }),
    runs(500),
  );
});

test('what is no address is a usage error, and what is taken for one has nothing for a shell in it', () => {
  const url = hostileText.map((text) => `ssh://${text}`);
  const valid = fc.tuple(hostName, port).map(([host, number]) => `ssh://me@${host}:${number}`);
  fc.assert(
    fc.property(fc.oneof(hostileText, url, damaged(valid)), (text) => {
      const read = readOrRefuse(() => parseAddress(text), isUsage);
      if (read === undefined) return;
      assert.match(read.host, /^[^-\s'"`$\\;&<>|(){}[\]/][^\s'"`$\\;&<>|(){}[\]/]*$/);
      assert.doesNotMatch(`${read.host}${read.user ?? ''}`, /[\p{Cc}\p{Cf}'"`;&<>|(){}]/u);
      assert.ok(!(read.user ?? '').startsWith('-'));
      assert.ok(read.port === undefined || (read.port >= 1 && read.port <= 65_535));
    }),
    runs(3000),
  );
});
