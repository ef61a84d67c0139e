import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FakeZfs, receiverPlace } from '../../bench/fake-zfs.js';
import { findSshd, OwnSshd } from '../../bench/own-sshd.js';
import { transports } from '../../src/base/transports.js';
import { formatAuthorizedKey } from '../../src/gate/authorized-key.js';

/*
 * Both gates as the command of a key of OpenSSH's own server; zfs is a fake. Left out where there is no sshd.
 */

const program = fileURLToPath(new URL('../../../src/launch.cjs', import.meta.url));
const sizeBytes = 3_000_000;
const sshd = findSshd();
const skip = sshd === undefined ? 'sshd is not installed' : false;

interface World {
  readonly folder: string;
  readonly server: OwnSshd;
  readonly zfs: FakeZfs;
  /** The commands of the gates, by the gates' names. */
  readonly gates: Readonly<Record<GateName, readonly string[]>>;
}

const gateNames = ['the program', 'the shell script'] as const;

type GateName = (typeof gateNames)[number];

let world: World | undefined;

before(async () => {
  if (sshd === undefined) return;
  const folder = mkdtempSync(join(tmpdir(), 'zfs-vm-gate-'));
  const zfs = new FakeZfs(folder, sizeBytes);
  const tools = join(folder, 'tools');
  mkdirSync(tools);
  writeFileSync(join(folder, 'log'), '');
  writeFileSync(join(tools, 'logger'), `#!/bin/sh\nprintf '%s\\n' "$*" >>${join(folder, 'log')}\n`, {
    mode: 0o755,
  });
  const path = `${zfs.receiverFolder}:${tools}:/usr/bin:/bin`;
  const options = [
    'Subsystem sftp internal-sftp',
    'AcceptEnv *',
    'PermitTunnel yes',
    'AllowTcpForwarding yes',
  ];
  const server = await OwnSshd.start(sshd, folder, path, options);
  const words = [
    ...[process.execPath, program, 'gate', '--allow', 'list', '--allow', 'receive', '--under', 'tank'],
    ...['--append-only', '--client', 'thief', '--path', path],
  ];
  const script = join(folder, 'gate');
  const emit = [...words.slice(1), '--emit-sh'];
  writeFileSync(script, execFileSync(process.execPath, emit), { mode: 0o755 });
  world = { folder, server, zfs, gates: { 'the program': words, 'the shell script': [script] } };
});

after(async () => {
  await world?.server.stop();
  if (world !== undefined) rmSync(world.folder, { recursive: true });
});

/** The world, with the key opening this gate. */
function worldWith(gate: GateName): World {
  assert.ok(world);
  // sshd reads the file for each login.
  const keyFile = join(world.folder, 'user_key.pub');
  const [key = ''] = /ssh-ed25519 .*/.exec(readFileSync(keyFile, 'utf8')) ?? [];
  writeFileSync(keyFile, `${formatAuthorizedKey(world.gates[gate], key)}\n`);
  writeFileSync(join(world.folder, 'log'), '');
  return world;
}

type Try = readonly [what: string, ...words: string[]];

/** What the gate refuses, and logs. */
const refusedByGate: readonly Try[] = [
  ['a shell', '-T'],
  ['a command', '-T', 'id'],
  ['the sftp subsystem', '-T', '-s', 'sftp'],
  ['variables', '-T', '-o', 'SetEnv=PATH=/tmp IFS=x BASH_ENV=/tmp/x', 'id'],
  ['X11', '-T', '-X', 'id'],
  ['the agent', '-T', '-A', 'id'],
];

/** What sshd itself refuses to such a key, so that the gate may see nothing of it. */
const refusedBySshd: readonly Try[] = [
  ['a terminal', '-tt'],
  ['another subsystem', '-T', '-s', 'netconf'],
  ['a connection to another port', '-T', '-W', '127.0.0.1:22'],
];

for (const gate of gateNames) {
  for (const transport of transports) {
    test(
      `a push by ${transport} brings its versions through a gate that it finds out about: ${gate}`,
      { skip },
      async () => {
        const { folder, server, zfs } = worldWith(gate);
        zfs.reset();
        const argv = ['push', '--transport', transport, '-d', receiverPlace, server.target];
        const child = spawn(process.execPath, [program, ...argv], {
          env: {
            ...{ HOME: folder, PATH: `${zfs.senderFolder}:${process.env['PATH'] ?? ''}` },
            ...{ ZFS_VM_SSH_CONFIG: server.configPath, XDG_CONFIG_HOME: folder },
          },
          stdio: ['ignore', 'ignore', 'pipe'],
        });
        const exit = new Promise((resolve) => child.once('close', resolve));
        const [said, status] = await Promise.all([text(child.stderr), exit]);
        assert.equal(status, 0, said);
        assert.ok((zfs.readReceivedBytes() ?? 0) >= sizeBytes, said);
      },
    );
  }

  for (const [what, ...words] of [...refusedByGate, ...refusedBySshd]) {
    test(`with ssh, ${what} is refused: ${gate}`, { skip }, () => {
      const { server, folder } = worldWith(gate);
      const [options, command] =
        words.at(-1)?.startsWith('-') === true ? [words, []] : [words.slice(0, -1), words.slice(-1)];
      const argv = ['-F', server.configPath, ...options, server.target, ...command];
      const { status, stdout } = spawnSync('ssh', argv, { encoding: 'utf8', timeout: 20_000, input: '' });
      assert.ok(status !== 0 && status !== null, `${status ?? 'none'}: ${stdout}`);
      assert.doesNotMatch(stdout, /uid=|SSH-2|v[0-9]+\.[0-9]+/);
      const isLogged = readFileSync(join(folder, 'log'), 'utf8') !== '';
      assert.ok(isLogged || !refusedByGate.some(([name]) => name === what));
    });
  }

  test(`with ssh, no port is forwarded, neither way: ${gate}`, { skip }, () => {
    const { server } = worldWith(gate);
    const options = ['-T', '-o', 'ExitOnForwardFailure=yes', '-R', '0:127.0.0.1:22'];
    const { status, stderr } = spawnSync('ssh', ['-F', server.configPath, ...options, server.target, 'id'], {
      ...{ encoding: 'utf8', timeout: 20_000, input: '' },
    });
    assert.notEqual(status, 0);
    assert.match(stderr, /forwarding failed|refused/);
  });
}
