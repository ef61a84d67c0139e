import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { findSshd, OwnSshd } from '../../../bench/own-sshd.js';
import { connectHost } from '../../../src/host/connect/connect-host.js';
import { runCommand } from '../../../src/host/run-command.js';
import { nobody } from '../../../src/host/ssh/prompt.js';
import type { Transport } from '../../../src/base/transports.js';

/*
 * Servers of OpenSSH itself, set up so that `ssh` gets in; where there is no sshd, these are left out.
 */

const sshd = findSshd();
const skip = sshd === undefined ? 'sshd is not installed' : false;

interface World {
  readonly folder: string;
  readonly target: string;
  readonly configPath: string;
}

async function startSshd(t: TestContext, options: readonly string[] = []): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'zfs-vm-sshd-'));
  const server = await OwnSshd.start(sshd ?? '', folder, process.env['PATH'] ?? '', options);
  t.after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });
  return { folder, target: server.target, configPath: server.configPath };
}

/** Connects and runs a command; gives what was told. */
async function visit({ target, configPath }: World, transport?: Transport): Promise<string> {
  const told: string[] = [];
  const host = await connectHost(target, {
    ...{ prompter: nobody, warn: () => undefined, debug: () => undefined, transport },
    tell: (line) => told.push(line),
    env: { ...process.env, ZFS_VM_SSH_CONFIG: configPath },
  });
  try {
    assert.equal((await runCommand(host, ['echo', 'hello'])).stdout, 'hello\n');
  } finally {
    await host.close();
  }
  return told.join('\n');
}

for (const [what, options] of [
  ['post-quantum key exchange', ['KexAlgorithms sntrup761x25519-sha512@openssh.com']],
  ['UMAC', ['Ciphers aes256-ctr', 'MACs umac-128-etm@openssh.com']],
] as const) {
  test(
    `a server that offers nothing but ${what} is reached by the ssh of this machine`,
    { skip },
    async (t) => {
      const world = await startSshd(t, options);
      assert.match(await visit(world), /no common algorithm .*\n.*: using the ssh command/);
      await assert.rejects(visit(world, 'ssh2'), {
        kind: 'connection',
        message: /no common algorithm/,
        hint: /omit "--transport ssh2"/,
      });
    },
  );
}

test('a server that offers nothing but chacha20-poly1305 is reached by ssh2', { skip }, async (t) => {
  const world = await startSshd(t, ['Ciphers chacha20-poly1305@openssh.com']);
  assert.equal(await visit(world), '');
});

for (const [type, ...more] of [
  ['rsa', '-b', '2048'],
  ['ecdsa', '-b', '384'],
] as const) {
  test(`a key of type ${type} in PKCS#8 is one that ssh2 takes`, { skip }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'zfs-vm-key-'));
    t.after(() => {
      rmSync(folder, { recursive: true });
    });
    const key = join(folder, 'key');
    execFileSync('ssh-keygen', ['-q', '-t', type, ...more, '-m', 'PKCS8', '-N', '', '-f', key]);
    const world = await startSshd(t);
    const config = readFileSync(world.configPath, 'utf8');
    writeFileSync(world.configPath, config.replace(/IdentityFile .*/, `IdentityFile ${key}`));
    copyFileSync(`${key}.pub`, join(world.folder, 'user_key.pub'));
    assert.equal(await visit(world, 'ssh2'), '');
  });
}

/** The file that ssh looks for, which isn't there yet. */
function findWantedKey({ configPath, target }: World): string {
  const { stderr } = spawnSync('ssh', ['-v', '-F', configPath, target, 'true'], { encoding: 'utf8' });
  return /^debug1: identity file (.*) type -1/m.exec(stderr)?.[1] ?? '';
}

test(
  'the tokens of IdentityFile lead to the key, by OpenSSH where only that knows them',
  { skip },
  async (t) => {
    for (const [token, told] of [
      ['%i-%l-%L-%u', /^$/],
      ['%C', /using the ssh command, .* the token %C/],
    ] as const) {
      const world = await startSshd(t);
      const config = readFileSync(world.configPath, 'utf8');
      writeFileSync(
        world.configPath,
        config.replace(/IdentityFile .*/, `IdentityFile ${world.folder}/${token}`),
      );
      copyFileSync(join(world.folder, 'user_key'), findWantedKey(world));
      assert.match(await visit(world), told);
    }
  },
);

test('a certificate beside a key is used, by the ssh of this machine', { skip }, async (t) => {
  const ca = mkdtempSync(join(tmpdir(), 'zfs-vm-ca-'));
  t.after(() => {
    rmSync(ca, { recursive: true });
  });
  const keygen = (...words: string[]): Buffer => execFileSync('ssh-keygen', ['-q', ...words]);
  for (const name of ['ca', 'id_x']) keygen('-t', 'ed25519', '-N', '', '-f', join(ca, name));
  const world = await startSshd(t, [`TrustedUserCAKeys ${join(ca, 'ca.pub')}`]);
  keygen('-s', join(ca, 'ca'), '-I', 'me', '-n', world.target.split('@')[0] ?? '', join(ca, 'id_x.pub'));
  const config = readFileSync(world.configPath, 'utf8');
  writeFileSync(world.configPath, config.replace(/IdentityFile .*/, `IdentityFile ${join(ca, 'id_x')}`));
  assert.match(await visit(world), /using the ssh command, .* logging in with a certificate/);
});

test('RequiredRSASize refuses a host whose key is shorter, by ssh2 as by ssh', { skip }, async (t) => {
  const keys = mkdtempSync(join(tmpdir(), 'zfs-vm-rsa-'));
  t.after(() => {
    rmSync(keys, { recursive: true });
  });
  const key = join(keys, 'host');
  execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', key]);
  const world = await startSshd(t, [`HostKey ${key}`, 'HostKeyAlgorithms rsa-sha2-512']);
  writeFileSync(join(world.folder, 'known_hosts'), `loopback ${readFileSync(`${key}.pub`, 'utf8')}`);
  assert.equal(await visit(world), '');
  appendFileSync(world.configPath, 'RequiredRSASize 4096\n');
  for (const transport of [undefined, 'ssh2'] as const) {
    await assert.rejects(visit(world, transport), { kind: 'connection', message: /has 2048 bits; .* 4096/ });
  }
  await assert.rejects(visit(world, 'openssh'), { kind: 'connection' });
});
