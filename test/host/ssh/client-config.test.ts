import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  parseClientConfig,
  readClientConfig,
  type ClientConfig,
} from '../../../src/host/ssh/client-config.js';

/**
 * From `ssh -F config -G -- box` of OpenSSH 9.2, shortened; the configuration had
 * HostName 10.0.0.%h, User al, ProxyCommand, two IdentityFiles, and so on.
 */
const captured = `host box
user al
hostname 10.0.0.box
port 2222
addressfamily inet
batchmode no
gssapiauthentication no
hashknownhosts yes
identitiesonly yes
kbdinteractiveauthentication yes
passwordauthentication no
proxyusefdpass no
pubkeyauthentication true
stricthostkeychecking accept-new
numberofpasswordprompts 3
serveralivecountmax 5
serveraliveinterval 7
ciphers chacha20-poly1305@openssh.com,aes128-ctr,aes256-gcm@openssh.com
hostkeyalgorithms ssh-ed25519-cert-v01@openssh.com,ssh-ed25519,rsa-sha2-512,sk-ssh-ed25519@openssh.com
hostkeyalias zz
identityagent $FOO
identityfile ~/my key
identityfile ~/.ssh/%r_key
globalknownhostsfile /etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2
userknownhostsfile /home/account/.ssh/known_hosts /home/account/.ssh/known_hosts2
sendenv LANG
connecttimeout 60
proxycommand nc %h %p %% %r %n
`;

const account = {
  env: {},
  homeDir: '/home/me',
  accountHome: '/home/account',
  accountName: 'me',
  userId: '1000',
  hostName: 'desk.example.org',
};
const address = { host: 'box', user: undefined, port: undefined };

function parse(output: string, env: Record<string, string> = {}): ClientConfig {
  return parseClientConfig(output, address, { ...account, env });
}

const config = parse(captured, { FOO: '/run/agent' });

test('name, port and user are those that ssh says', () => {
  assert.deepEqual([config.hostName, config.port, config.user], ['10.0.0.box', 2222, 'al']);
});

test('identity files come in their order, with ~ and tokens filled in', () => {
  assert.deepEqual(config.identityFiles, ['/home/me/my key', '/home/me/.ssh/al_key']);
});

test('the tokens of a ProxyCommand are filled in, since ssh -G leaves them', () => {
  assert.equal(config.proxyCommand, 'nc 10.0.0.box 2222 % al box');
});

test('known_hosts files in the folder of the account are those of the home folder', () => {
  const { userKnownHostsFiles } = parse('userknownhostsfile /home/account/.ssh/other_hosts\n');
  assert.deepEqual(userKnownHostsFiles, ['/home/me/.ssh/other_hosts']);
});

test('switches are read', () => {
  assert.deepEqual([config.identitiesOnly, config.hashKnownHosts, config.batchMode], [true, true, false]);
});

test('times are in milliseconds', () => {
  assert.deepEqual([config.connectTimeoutMs, config.serverAliveIntervalMs], [60_000, 7_000]);
});

test('the address family is read', () => {
  assert.equal(config.addressFamily, 4);
});

test('an agent named by a variable is that one', () => {
  assert.equal(config.agentSocket, '/run/agent');
});

test('a way to log in that is switched off is not tried', () => {
  assert.deepEqual(config.authentications, ['publickey', 'keyboard-interactive']);
});

test('only algorithms that the configuration allows are offered, fast ciphers first', () => {
  assert.deepEqual(config.algorithms.cipher, [
    'aes256-gcm@openssh.com',
    'aes128-ctr',
    'chacha20-poly1305@openssh.com',
  ]);
});

test('all ciphers that the configuration allows are known, in its order; without ssh, none', () => {
  assert.equal(config.ciphers[0], 'chacha20-poly1305@openssh.com');
  assert.deepEqual(parse('ciphers 3des-cbc,aes128-ctr\n').ciphers, ['3des-cbc', 'aes128-ctr']);
  assert.deepEqual(parse('').ciphers, []);
});

test('only host key algorithms that ssh2 knows are offered', () => {
  assert.deepEqual(config.algorithms.serverHostKey, ['ssh-ed25519', 'rsa-sha2-512']);
});

for (const [said, meant] of [
  ['true', 'yes'],
  ['yes', 'yes'],
  ['false', 'no'],
  ['no', 'no'],
  ['off', 'no'],
  ['ask', 'ask'],
  ['accept-new', 'accept-new'],
] as const) {
  test(`StrictHostKeyChecking "${said}" means ${meant}`, () => {
    assert.equal(parse(`stricthostkeychecking ${said}\n`).strictHostKeyChecking, meant);
  });
}

for (const [setting, socket] of [
  ['', '/run/default'],
  ['identityagent SSH_AUTH_SOCK\n', '/run/default'],
  ['identityagent none\n', undefined],
  ['identityagent ~/agent\n', '/home/me/agent'],
  ['identityagent $OTHER\n', '/run/other'],
  ['identityagent ${OTHER}\n', '/run/other'],
] as const) {
  test(`${JSON.stringify(setting)} gives the agent ${socket ?? 'none'}`, () => {
    const env = { SSH_AUTH_SOCK: '/run/default', OTHER: '/run/other' };
    assert.equal(parse(setting, env).agentSocket, socket);
  });
}

test('jump hosts come in their order', () => {
  assert.deepEqual(parse('proxyjump a@b:3,c:4\n').proxyJump, ['a@b:3', 'c:4']);
});

test('"none" means no jump host and no ProxyCommand', () => {
  const { proxyJump, proxyCommand } = parse('proxyjump none\nproxycommand none\n');
  assert.deepEqual([proxyJump, proxyCommand], [[], undefined]);
});

test('without any output the defaults are those of OpenSSH', () => {
  const defaults = parse('');
  assert.deepEqual(
    [defaults.hostName, defaults.port, defaults.user, defaults.strictHostKeyChecking],
    ['box', 22, 'me', 'ask'],
  );
  assert.ok(defaults.identityFiles.includes('/home/me/.ssh/id_ed25519'));
  assert.equal(defaults.userKnownHostsFiles[0], '/home/me/.ssh/known_hosts');
});

test('a plain configuration has nothing unsupported', () => {
  assert.deepEqual(config.unsupported, []);
});

for (const line of [
  'userknownhostsfile /tmp/a b/kh',
  'userknownhostsfile /tmp/a /tmp/b',
  'userknownhostsfile /tmp/a ',
  'userknownhostsfile /tmp/%h',
  'userknownhostsfile ${KEYS}/hosts',
  'globalknownhostsfile /etc/a b',
  'revokedhostkeys /etc/re vo',
  'knownhostscommand /bin/echo "a b" %H',
]) {
  test(`"${line}" is nothing that ssh2 may pass over`, () => {
    const { safeguards, indispensable } = parse(`${line}\n`);
    assert.equal(safeguards.length, 1);
    assert.deepEqual(indispensable, safeguards);
  });
}

for (const line of [
  'userknownhostsfile /home/account/.ssh/known_hosts /home/account/.ssh/known_hosts2',
  'userknownhostsfile ~/.ssh/known_hosts ~/.ssh/known_hosts2',
  'globalknownhostsfile /usr/local/etc/ssh/ssh_known_hosts /usr/local/etc/ssh/ssh_known_hosts2',
  'userknownhostsfile none',
  'userknownhostsfile /tmp/one',
  'globalknownhostsfile /etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2',
]) {
  test(`"${line}" can mean one thing only`, () => {
    assert.deepEqual(parse(`${line}\n`).safeguards, []);
  });
}

test('the usual files are told apart in a home whose name has a space', () => {
  const spaced = { ...account, homeDir: '/home/a b', accountHome: '/home/a b' };
  const printed = 'userknownhostsfile /home/a b/.ssh/known_hosts /home/a b/.ssh/known_hosts2\n';
  const { userKnownHostsFiles, safeguards } = parseClientConfig(printed, address, spaced);
  assert.deepEqual(userKnownHostsFiles, ['/home/a b/.ssh/known_hosts', '/home/a b/.ssh/known_hosts2']);
  assert.deepEqual(safeguards, []);
});

test('a key file whose name ends with a space is that file', () => {
  assert.deepEqual(parse('identityfile /tmp/id \n').identityFiles, ['/tmp/id ']);
});

test('a certificate counts wherever it stands among several', () => {
  assert.match(parse('certificatefile none\ncertificatefile /c\n').indispensable.join(), /CertificateFile/);
});

for (const [line, word] of [
  ['certificatefile ~/c-cert.pub', 'CertificateFile'],
  ['pkcs11provider /usr/lib/token.so', 'PKCS11Provider'],
  ['controlpath /tmp/%C', 'ControlPath'],
  ['proxyusefdpass yes', 'ProxyUseFdpass'],
  ['revokedhostkeys /etc/ssh/revoked', 'RevokedHostKeys'],
  ['knownhostscommand /usr/bin/keys %H', 'KnownHostsCommand'],
  ['bindaddress 10.0.0.7', 'BindAddress'],
  ['bindinterface tun0', 'BindInterface'],
  ['preferredauthentications gssapi-with-mic', 'GSSAPI'],
  ['macs umac-64@openssh.com', 'hmac'],
  ['kexalgorithms sntrup761x25519-sha512@openssh.com', 'kex'],
  ['hostkeyalgorithms ssh-ed25519-cert-v01@openssh.com', 'serverHostKey'],
  ['verifyhostkeydns ask', 'VerifyHostKeyDNS'],
  ['verifyhostkeydns true', 'VerifyHostKeyDNS'],
  ['pubkeyacceptedalgorithms ssh-ed25519\ncheckhostip yes', 'CheckHostIP'],
  ['rekeylimit 16384 0', 'RekeyLimit'],
  ['identityfile ~/.ssh/%C', '%C'],
  ['identityagent /run/%j', '%j'],
] as const) {
  test(`"${line}" is told as unsupported`, () => {
    assert.match(parse(`${line}\n`).unsupported.join(), new RegExp(word));
  });
}

for (const line of ['verifyhostkeydns false', 'rekeylimit 0 0', 'checkhostip yes', 'identityfile /%%C']) {
  test(`"${line}" is nothing that ssh2 can't do`, () => {
    assert.deepEqual(parse(`${line}\n`).unsupported, []);
  });
}

test('the tokens for this machine and its user are filled in', () => {
  const { identityFiles } = parse('identityfile /keys/%i-%L-%l-%u-%%\n');
  assert.deepEqual(identityFiles, ['/keys/1000-desk-desk.example.org-me-%']);
});

test('what old servers need is offered where the configuration allows it, after all else', () => {
  const { algorithms } = parse(
    'ciphers aes128-cbc,chacha20-poly1305@openssh.com,aes128-ctr\nhostkeyalgorithms ssh-rsa,ssh-ed25519\n',
  );
  assert.deepEqual(algorithms.cipher, ['aes128-ctr', 'chacha20-poly1305@openssh.com', 'aes128-cbc']);
  assert.deepEqual(algorithms.serverHostKey, ['ssh-ed25519', 'ssh-rsa']);
  const { serverHostKey } = parse('').algorithms;
  assert.ok(!serverHostKey.includes('ssh-rsa'));
});

test('what keys must be is read', () => {
  const { requiredRsaBits, signatureAlgorithms } = parse(
    'requiredrsasize 4096\npubkeyacceptedalgorithms ssh-ed25519,rsa-sha2-512\n',
  );
  assert.equal(requiredRsaBits, 4096);
  assert.deepEqual(signatureAlgorithms, ['ssh-ed25519', 'rsa-sha2-512']);
});

test('GSSAPI beside other ways to log in is no reason to give up: distributions switch it on for everyone', () => {
  assert.deepEqual(parse('gssapiauthentication yes\n').unsupported, []);
});

test('ssh itself is asked, with the file that ZFS_VM_SSH_CONFIG names', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'zfs-vm-config-'));
  t.after(() => {
    rmSync(dir, { recursive: true });
  });
  const file = join(dir, 'config');
  writeFileSync(file, 'Host alias\n  HostName real.example\n  Port 77\nMatch user special\n  User changed\n');
  const env = { PATH: process.env['PATH'], ZFS_VM_SSH_CONFIG: file };
  const read = await readClientConfig({ host: 'alias', user: 'joe', port: undefined }, { env });
  assert.deepEqual([read.hostName, read.port, read.user], ['real.example', 77, 'joe']);
});

test('a configuration that ssh cannot read is an error with its words', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'zfs-vm-config-'));
  t.after(() => {
    rmSync(dir, { recursive: true });
  });
  const file = join(dir, 'config');
  writeFileSync(file, 'NoSuchOption yes\n');
  const env = { PATH: process.env['PATH'], ZFS_VM_SSH_CONFIG: file };
  await assert.rejects(readClientConfig(address, { env }), {
    kind: 'connection',
    message: /bad configuration option/i,
  });
});

test('without an ssh program the defaults hold', async () => {
  const read = await readClientConfig({ host: 'box', user: 'joe', port: 44 }, { env: { PATH: '/nowhere' } });
  assert.deepEqual([read.hostName, read.port, read.user], ['box', 44, 'joe']);
});
