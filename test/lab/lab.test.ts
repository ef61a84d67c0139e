import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findLabFolder } from './lab-folder.js';
import { startLab, type Lab } from './lab.js';
import type { LabHost } from './lab-host.js';
import { mentions } from './process-identity.js';
import { quoteArgv } from './quote.js';
import { ProgramError } from './run-program.js';
import { acquireLab, type SharedLab } from './shared-lab.js';
import { labPassword, type LabUser } from './users.js';

describe('a lab of two hosts', () => {
  let shared: SharedLab;
  let a: LabHost;
  let b: LabHost;

  before(async () => {
    shared = await acquireLab();
    a = shared.lab.host('a');
    b = shared.lab.host('b');
    await Promise.all([a.freshPool(), b.freshPool()]);
  });
  after(async () => {
    await shared.release();
  });

  test('the default kind runs OpenZFS 2.3', async () => {
    const { stdout } = await a.run('zfs version');
    assert.equal(a.kind, '2.3');
    assert.match(a.zfsVersion, /^2\.3\.\d+$/);
    assert.ok(stdout.includes(`zfs-kmod-${a.zfsVersion}`), stdout);
  });

  test('a command gets its stdin and gives back both outputs and its status', async () => {
    const result = await a.run('cat; echo oops >&2; exit 3', { stdin: 'hello', check: false });
    assert.deepEqual(result, { stdout: 'hello', stderr: 'oops\n', code: 3 });
  });

  test('an argv reaches the host as it is', async () => {
    const words = ['', "it's", '$HOME', 'a  b', '*', 'new\nline'];
    const { stdout } = await a.run(['printf', '<%s>', ...words]);
    assert.equal(stdout, words.map((word) => `<${word}>`).join(''));
  });

  test('a command that takes too long is an error', async () => {
    await assert.rejects(a.run('sleep 60', { timeoutMs: 300 }), /longer than 300 ms/);
  });

  test('only root finds zfs in its PATH', async () => {
    const findZfs = async (user: LabUser): Promise<number | undefined> =>
      (await b.run('command -v zfs', { user, check: false })).code;
    assert.deepEqual(
      await Promise.all([findZfs('root'), findZfs('fjoe'), findZfs('pat'), findZfs('zed')]),
      [0, 127, 127, 127],
    );
  });

  test('sudo asks fjoe for nothing, pat for the password, and zed in vain', async () => {
    assert.equal((await b.run('sudo -n id -un', { user: 'fjoe' })).stdout, 'root\n');
    const unasked = await b.run('sudo -n id -un', { user: 'pat', check: false });
    assert.match(unasked.stderr, /a password is required/);
    const asked = await b.run("sudo -S -p '' id -un", { user: 'pat', stdin: `${labPassword}\n` });
    assert.equal(asked.stdout, 'root\n');
    const refused = await b.run("sudo -S -p '' id -un", {
      user: 'zed',
      stdin: `${labPassword}\n`,
      check: false,
    });
    assert.match(refused.stderr, /not in the sudoers file/);
  });

  test('zed may snapshot, send and receive below the pool, and nothing else', async () => {
    const dataset = await b.makeDataset();
    const zfs = '/sbin/zfs';
    await b.run(
      `${zfs} snapshot ${dataset}@1 && ${zfs} send ${dataset}@1 | ${zfs} receive -u ${dataset}/copy`,
      {
        user: 'zed',
      },
    );
    assert.equal(
      (await b.run(`zfs list -H -o name -t snapshot ${dataset}/copy`)).stdout,
      `${dataset}/copy@1\n`,
    );
    await assert.rejects(b.run(`${zfs} set quota=1G ${dataset}`, { user: 'zed' }), /permission denied/);
  });

  test('the users of a host log in to the other by name and by address, with the key they have', async () => {
    const { stdout } = await a.run(
      `for user in root fjoe pat; do ssh -o BatchMode=yes $user@b id -un; done; ssh zed@${b.linkAddress} hostname`,
    );
    assert.equal(stdout, 'root\nfjoe\npat\nb\n');
    assert.equal((await b.run('ssh -o BatchMode=yes a hostname', { user: 'zed' })).stdout, 'a\n');
  });

  test('a password opens the door too', async () => {
    const script = [
      'set timeout 30',
      'spawn ssh -o PreferredAuthentications=password -o PubkeyAuthentication=no pat@b id -un',
      'expect "password:"',
      `send "${labPassword}\\r"`,
      'expect "pat\\r"',
      'expect eof',
      'exit [lindex [wait] 3]',
    ].join('\n');
    const { stdout } = await a.run('expect -', { stdin: script });
    assert.match(stdout, /^pat\r?$/m);
  });

  test('volumes have their device files', async () => {
    await a.run(
      'zfs create -V 16M tank/volume && udevadm settle && printf abc | dd of=/dev/zvol/tank/volume conv=notrunc',
    );
    assert.equal((await a.run('head -c 3 /dev/zvol/tank/volume')).stdout, 'abc');
  });

  test('a fresh pool is empty, of the size asked for, and soon there', async () => {
    await a.run(
      'zfs create tank/old && zfs snapshot tank/old@1 && cd /tank/old && dd if=/dev/urandom of=x bs=1M count=8',
    );
    const began = performance.now();
    await a.freshPool({ sizeMib: 512 });
    const tookMs = performance.now() - began;
    const { stdout } = await a.run(
      'zfs list -H -o name -t all; zpool get -Hp -o value size tank; ls -A /tank',
    );
    const [names, sizeBytes, ...rest] = stdout.trim().split('\n');
    assert.deepEqual([names, rest], ['tank', []]);
    assert.ok(Math.abs(Number(sizeBytes) / 2 ** 20 - 512) < 64, `${sizeBytes ?? ''} bytes`);
    // About a second on an idle machine; this one may be anything but idle.
    assert.ok(tookMs < 10_000, `${tookMs.toFixed(0)} ms`);
  });

  test('a pool that is full can be grown', async () => {
    await a.freshPool({ sizeMib: 96 });
    // Zeros, uncompressed: they fill a pool sooner than an emulated processor makes random bytes.
    await a.run('zfs set compression=off tank');
    const full = await a.run('dd if=/dev/zero of=/tank/x bs=1M count=100', { check: false });
    assert.match(full.stderr, /No space left/);
    await a.growPool({ byMib: 256 });
    await a.run('dd if=/dev/zero of=/tank/y bs=1M count=100');
    await a.freshPool();
  });

  test('delay and loss on the link are seen by the other host, and nowhere else', async () => {
    const ping = async (count: number): Promise<string> =>
      (await a.run(`ping -q -i 0.05 -W 1 -c ${count} b`, { check: false })).stdout;
    // The shortest: what else this machine does only makes it longer.
    const roundTripMs = (summary: string): number => Number(/= ([\d.]+)\//.exec(summary)?.[1]);

    const plainMs = roundTripMs(await ping(5));
    await Promise.all([a.setLink({ delayMs: 100 }), b.setLink({ delayMs: 50 })]);
    const delayedMs = roundTripMs(await ping(5));
    assert.ok(delayedMs > plainMs + 140 && delayedMs < plainMs + 350, `${plainMs} ms, then ${delayedMs} ms`);

    await Promise.all([a.setLink({}), b.setLink({ lossPercent: 50 })]);
    const lost = Number(/([\d.]+)% packet loss/.exec(await ping(60))?.[1]);
    assert.ok(lost > 20 && lost < 80, `${lost}% lost`);
    await b.setLink({});
    assert.match(await ping(10), / 0% packet loss/);
  });

  test('a link that is down carries nothing until it is up again', async () => {
    await b.setLink({ down: true });
    assert.equal((await a.run('ping -q -W 1 -c 1 b', { check: false })).code, 1);
    await b.setLink({});
    await a.run('ping -q -W 5 -c 1 b');
  });

  test('a host reaches the others and nothing else', async () => {
    const { stdout } = await a.run('ip route');
    assert.doesNotMatch(stdout, /default/);
    // 10.0.2.2 would be this machine's loopback, as user-mode networking has it.
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    let reached = false;
    server.once('connection', () => {
      reached = true;
    });
    const { port } = server.address() as AddressInfo;
    const tried = await a.run(`timeout 2 bash -c '</dev/tcp/10.0.2.2/${port}'`, { check: false });
    server.close();
    assert.deepEqual([tried.code === 0, reached], [false, false]);
  });

  test('a clock can be set', async () => {
    await b.setClock(new Date('2031-05-06T07:08:09Z'));
    assert.match((await b.run('date --utc +%FT%H:%M')).stdout, /^2031-05-06T07:08/);
    await b.setClock(new Date());
  });

  test('what the pool has survives a reset, what runs does not', async () => {
    await b.freshPool();
    await b.run('zfs create tank/kept && echo kept >/tank/kept/file && sync && zfs snapshot tank/kept@1');
    const sleeping = await b.start('echo asleep; exec sleep 1000');
    await once(sleeping.stdout, 'data');
    const ended = once(sleeping, 'close');
    await b.reset();
    await ended;
    const { stdout } = await b.run('cat /tank/kept/file; zfs list -H -o name -t snapshot; pgrep -c sleep', {
      check: false,
    });
    assert.equal(stdout, 'kept\ntank/kept@1\n0\n');
    assert.equal((await a.run('ssh b hostname')).stdout, 'b\n');
  });

  test('node runs here, and the built project is a command for every user', async () => {
    const project = await mkdtemp(join(tmpdir(), 'zfs-vm-lab-project.'));
    try {
      await mkdir(join(project, 'build/bundle'), { recursive: true });
      await mkdir(join(project, 'src'));
      await writeFile(join(project, 'package.json'), '{"name":"stand-in","type":"module"}');
      await writeFile(
        join(project, 'build/bundle/main.cjs'),
        'console.log(process.version, process.argv.slice(2).join());',
      );
      const launch = "#!/usr/bin/env node\nrequire('../build/bundle/main.cjs');\n";
      await writeFile(join(project, 'src/launch.cjs'), launch, { mode: 0o755 });
      await symlink('src/launch.cjs', join(project, 'zfs-vm'));
      await shared.lab.deploy(a, project);
      assert.equal((await a.run('zfs-vm x y', { user: 'zed' })).stdout, `${process.version} x,y\n`);
    } finally {
      await rm(project, { recursive: true });
    }
  });
});

describe('a lab whose process is killed', () => {
  const name = `killed-${process.pid}`;
  const hosts = [{ name: 'old', kind: '2.1' }];
  let next: Lab | undefined;
  after(async () => {
    await next?.stop();
  });

  test('leaves no guest behind, and the next one starts; its host runs OpenZFS 2.1', async () => {
    const lab = fileURLToPath(new URL('lab.js', import.meta.url));
    const program = `
      import { readFileSync } from 'node:fs';
      const { startLab } = await import(${JSON.stringify(lab)});
      await startLab({ name: '${name}', hosts: ${JSON.stringify(hosts)} });
      process.stdout.write(readFileSync('${findLabFolder(name)}/old/pid', 'utf8'));
      setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const gone = once(owner, 'close');
    const [pid] = (await Promise.race([once(owner.stdout, 'data'), gone])) as [unknown];
    const guestPid = Number(String(pid));
    assert.ok(mentions(guestPid, findLabFolder(name)), `no guest ${String(pid)}`);

    owner.kill('SIGKILL');
    await gone;
    next = await startLab({ name, hosts });
    assert.ok(!mentions(guestPid, findLabFolder(name)));
    assert.match(next.host('old').zfsVersion, /^2\.1\.\d+$/);
    assert.match(
      (await next.host('old').run('zfs version; node --version')).stdout,
      /zfs-kmod-2\.1\..*v\d+/s,
    );
  });

  test('a host that is frozen goes on where it was; one whose power was cut starts anew', async () => {
    assert.ok(next !== undefined);
    const host = next.host('old');
    await host.run('touch /tmp/in-memory && echo kept >/tank/file && sync');

    await host.freeze();
    await assert.rejects(host.run('true', { timeoutMs: 300 }), /longer than 300 ms/);
    await host.thaw();
    await host.run('test -e /tmp/in-memory');

    await host.powerOff();
    await host.powerOn();
    assert.equal((await host.run('cat /tank/file; ls /tmp')).stdout, 'kept\n');
  });
});

describe('quoting', () => {
  test('leaves plain words as they are', () => {
    assert.equal(
      quoteArgv(['zfs', 'list', '-o', 'name,guid', 'tank/a@b:c']),
      'zfs list -o name,guid tank/a@b:c',
    );
  });
});

describe('a command that fails', () => {
  test('says what it said', () => {
    const error = new ProgramError('x ended with status 1', { stdout: 'out', stderr: 'why\n', code: 1 });
    assert.equal(error.message, 'x ended with status 1: why');
  });
});
