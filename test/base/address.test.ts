import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ZfsVmError } from '../../src/base/errors.js';
import { formatSshCommand, parseAddress } from '../../src/base/address.js';

const refused = (text: string): void => {
  assert.throws(() => parseAddress(text), { name: 'ZfsVmError', kind: 'usage', hint: /fjoe@remote-host/ });
};

test('a plain name is a host, and leaves user and port to the configuration', () => {
  assert.deepEqual(parseAddress('remote-host'), { host: 'remote-host', user: undefined, port: undefined });
});

test('user@host has a user', () => {
  assert.deepEqual(parseAddress('fjoe@remote-host'), { host: 'remote-host', user: 'fjoe', port: undefined });
});

test('the last @ separates user and host, since users of a domain have one in their name', () => {
  assert.deepEqual(parseAddress('joe@corp.example@box'), {
    host: 'box',
    user: 'joe@corp.example',
    port: undefined,
  });
});

test('a ssh:// address has user, host and port', () => {
  assert.deepEqual(parseAddress('ssh://fjoe@box:2222'), { host: 'box', user: 'fjoe', port: 2222 });
});

test('a ssh:// address may do without user and port, and end with a slash', () => {
  assert.deepEqual(parseAddress('ssh://box/'), { host: 'box', user: undefined, port: undefined });
});

test('an IPv6 address stands in brackets in a ssh:// address', () => {
  assert.deepEqual(parseAddress('ssh://[fe80::1%eth0]:22'), {
    host: 'fe80::1%eth0',
    user: undefined,
    port: 22,
  });
});

test('brackets may stand around any host, as ssh -G prints them', () => {
  assert.equal(parseAddress('ssh://[127.0.0.1]:22').host, '127.0.0.1');
});

test('an IPv6 address needs no brackets elsewhere', () => {
  assert.deepEqual(parseAddress('root@::1'), { host: '::1', user: 'root', port: undefined });
});

test('a user in a ssh:// address is percent-decoded', () => {
  assert.equal(parseAddress('ssh://joe%40corp@box').user, 'joe@corp');
});

for (const [text, why] of [
  ['', 'nothing'],
  ['user@', 'no host'],
  ['@host', 'no user'],
  ['-oProxyCommand=evil', 'an option of ssh'],
  ['root@-oProxyCommand=evil', 'an option of ssh as the host'],
  ['-l@host', 'an option of ssh as the user'],
  ['a b', 'white space'],
  ['a\nb', 'a newline'],
  ['a\u001b[31mb', 'an escape sequence'],
  ["a'b", 'a quote'],
  ['a"b', 'a double quote'],
  ['a;reboot', 'a shell operator'],
  ['$(reboot)', 'a command substitution'],
  ['host:22', 'a port without ssh://'],
  ['ssh://host:0', 'port 0'],
  ['ssh://host:65536', 'a port too high'],
  ['ssh://host:x', 'a port that is no number'],
  ['ssh://::1', 'IPv6 without brackets'],
  ['ssh://[box', 'half a pair of brackets'],
  ['ssh://host/path', 'a path'],
  ['ssh://%zz@host', 'a broken percent sequence'],
] as const) {
  test(`${JSON.stringify(text)} is refused: ${why}`, () => {
    refused(text);
  });
}

for (const [text, command] of [
  ['box', 'ssh box'],
  ['fjoe@box', 'ssh fjoe@box'],
  ['ssh://joe%40corp@box:2222', 'ssh -p 2222 joe@corp@box'],
  ['ssh://[::1]:22', 'ssh -p 22 ::1'],
  ['corp\\joe@box', "ssh 'corp\\joe@box'"],
] as const) {
  test(`${text} can be tried with ${command}`, () => {
    assert.equal(formatSshCommand(parseAddress(text)), command);
  });
}

test('an address is tried with the configuration that is used', () => {
  const command = formatSshCommand(parseAddress('box'), '/etc/my ssh');
  assert.equal(command, "ssh -F '/etc/my ssh' box");
});

test('a password in an address is refused without repeating it', () => {
  assert.throws(
    () => parseAddress('ssh://fjoe:hunter2@box'),
    (error) => error instanceof ZfsVmError && error.kind === 'usage' && !error.message.includes('hunter2'),
  );
});

test('whatever is typed, the host can neither be an option nor hold control characters', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((rest) => `ssh://${rest}`),
      ),
      (text) => {
        try {
          const { host, user } = parseAddress(text);
          for (const part of [host, user ?? 'x']) assert.match(part, /^[^-\p{Cc}\s][^\p{Cc}\s]*$/u);
        } catch (error) {
          assert.ok(error instanceof ZfsVmError && error.kind === 'usage');
        }
      },
    ),
  );
});

for (const [text, option] of [
  ['tank/vm', '-d tank/vm;'],
  ['root@box:tank/vm', '-d tank/vm root@box;'],
  ["box:tank/it's", "-d 'tank/it'\\''s' box;"],
  ['a:b:tank/vm', '-d DATASET;'],
] as const) {
  test(`a dataset in the place of a host is refused with the option for it: ${text}`, () => {
    assert.throws(
      () => parseAddress(text),
      (error: unknown) => error instanceof ZfsVmError && error.hint?.includes(option) === true,
    );
  });
}
