import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { roleProperty } from '../../src/zfs/role.js';
import { runZfsVm } from './client.js';
import type { LabHost } from './lab-host.js';
import { labPassword } from './users.js';
import { useClientLab } from './use-client-lab.js';

const lab = useClientLab();

/** A finding as `doctor --json` tells it. */
interface Told {
  readonly kind: string;
  readonly level: string;
  readonly message: string;
  readonly remedy: string | null;
}

beforeEach(async () => {
  await lab.b.run('zfs create tank/ct; date > /tank/ct/now; zfs snapshot tank/ct@zfs-vm:ct:1');
});

/** Runs `zfs-vm … doctor` on host a; gives what isn't ok, and the status. */
async function examine(args: string): Promise<{ status: number; trouble: readonly Told[] }> {
  const { code: status, stdout, stderr } = await runZfsVm(lab.a, `${args} --json`);
  assert.ok(stdout.startsWith('{'), `zfs-vm ${args}\n${stdout}${stderr}`);
  const { findings } = JSON.parse(stdout) as { findings: readonly Told[] };
  return { status: status ?? -1, trouble: findings.filter(({ level }) => level !== 'ok') };
}

/** Something that is wrong, and how it is to be found. */
interface Fault {
  /** What the test is called after. */
  readonly name: string;
  /** Shell text that puts it in, and that takes it away; on host b, unless `on` says a. A new pool is made anyway. */
  readonly put?: string;
  readonly remove?: string;
  readonly on?: 'a';
  /** The command; `doctor b` when left out. */
  readonly args?: string;
  readonly kind: string;
  readonly level: 'note' | 'warning' | 'fault';
  /** What the message or the remedy says. */
  readonly says?: RegExp;
  /** Whether other things are found, too, which come of the same. */
  readonly hasOthers?: boolean;
}

/** Puts a program away, and back. */
function hide(program: string): Pick<Fault, 'put' | 'remove'> {
  const kept = `/root/hidden-${program}`;
  return {
    put: `path=$(command -v ${program}); echo "$path" > ${kept}.path; mv "$path" ${kept}`,
    remove: `mv ${kept} "$(cat ${kept}.path)"`,
  };
}

/** A pool on a file. */
function makePool(options: string, name = 'other'): string {
  return `truncate -s 128M /root/disk1 /root/disk2; zpool create ${options.replace('NAME', name)}`;
}

const removePools = 'zpool destroy -f other 2>/dev/null; rm -f /root/disk1 /root/disk2';

/** The user zed, without one of the rights. */
function withoutRight(right: string, duty: string, level: Fault['level']): Fault {
  return {
    ...{ name: `a user who lacks ${right}`, put: `zfs unallow zed ${right} tank`, kind: 'rights', level },
    args: 'doctor -d tank zed@b',
    says: new RegExp(`${duty}.*${right}|${right}.*${duty}|zfs allow -u zed .*${right}.* tank`),
    hasOthers: right === 'mount' || right === 'userprop',
  };
}

const sshConfig = '/etc/ssh/sshd_config.d/0-fault.conf';
const reloadSshd = 'kill -HUP "$(cat /run/sshd.pid)"; sleep 0.5';

const faults: readonly Fault[] = [
  {
    ...{ name: 'an unknown host key', on: 'a', kind: 'unreachable', level: 'fault', says: /key/i },
    ...{ put: 'mv .ssh/known_hosts .ssh/kept', remove: 'mv .ssh/kept .ssh/known_hosts' },
  },
  {
    ...{ name: 'a changed host key', on: 'a', kind: 'unreachable', level: 'fault', says: /key/i },
    put: 'cp .ssh/known_hosts .ssh/kept; ssh-keygen -q -t ed25519 -N "" -f /tmp/other; for name in b 10.77.0.2; do ssh-keygen -q -R $name; echo "$name $(cut -d" " -f1-2 /tmp/other.pub)" >> .ssh/known_hosts; done',
    remove: 'mv .ssh/kept .ssh/known_hosts; rm -f /tmp/other /tmp/other.pub .ssh/known_hosts.old',
  },
  {
    ...{ name: 'a port that refuses connections', args: 'doctor ssh://root@b:2' },
    ...{ kind: 'unreachable', level: 'fault', says: /refused the connection/ },
  },
  {
    ...{ name: 'a name that nobody knows', args: 'doctor root@no-such-host' },
    ...{ kind: 'unreachable', level: 'fault', says: /no-such-host/ },
  },
  {
    ...{ name: 'a login that is refused', args: 'doctor nobody@b', kind: 'unreachable', level: 'fault' },
  },
  {
    ...{ name: 'a login shell that runs no commands', args: 'doctor zed@b' },
    ...{ put: 'usermod -s /usr/sbin/nologin zed', remove: 'usermod -s /bin/sh zed' },
    ...{ kind: 'unreachable', level: 'fault', says: /login shell/ },
  },
  {
    ...{ name: 'a login script that prints', kind: 'banner', level: 'note', says: /Welcome/ },
    ...{ put: 'cp .bashrc .kept; echo "echo Welcome" > .bashrc', remove: 'mv .kept .bashrc' },
  },
  { name: 'no awk', ...hide('awk'), kind: 'programs', level: 'fault', says: /awk/ },
  { name: 'no zstd', ...hide('zstd'), kind: 'zstd', level: 'note' },
  { name: 'no zfs', ...hide('zfs'), kind: 'zfs-unusable', level: 'fault', says: /zfs command not found/ },
  {
    ...{ name: 'one session at a time', kind: 'sessions', level: 'warning', says: /MaxSessions/ },
    put: `echo 'MaxSessions 1' > ${sshConfig}; ${reloadSshd}`,
    remove: `rm ${sshConfig}; ${reloadSshd}`,
  },
  {
    ...{ name: 'a degraded pool', kind: 'pool-health', level: 'warning', says: /DEGRADED/ },
    put: `${makePool('NAME mirror /root/disk1 /root/disk2')}; zpool offline other /root/disk2`,
    remove: removePools,
  },
  {
    ...{ name: 'a pool without features', kind: 'pool-features', level: 'warning', says: /large_blocks/ },
    ...{ put: makePool('-d NAME /root/disk1'), remove: removePools },
  },
  {
    ...{ name: 'a pool that is read-only', kind: 'pool-readonly', level: 'fault' },
    put: `${makePool('NAME /root/disk1')}; zpool export other; zpool import -o readonly=on -d /root/disk1 other`,
    remove: removePools,
  },
  {
    ...{ name: 'a quota that is nearly reached', kind: 'quota', level: 'fault', says: /tank\/full/ },
    put: 'zfs create -o quota=8M tank/full; dd if=/dev/urandom of=/tank/full/data bs=1M count=20 2>/dev/null; zpool sync tank',
  },
  {
    ...{ name: 'a destination that a push would create', args: 'doctor -d tank/none/vm b' },
    ...{ kind: 'destination', level: 'note', says: /tank\/none/ },
  },
  {
    ...{ name: 'a destination in a pool that is missing', args: 'doctor -d nopool/vm b' },
    ...{ kind: 'destination', level: 'fault', says: /nopool/ },
  },
  {
    ...{ name: 'a destination whose key is not loaded', args: 'doctor -d tank/locked b' },
    put: 'echo password1 | zfs create -o encryption=on -o keyformat=passphrase tank/locked; zfs unmount tank/locked; zfs unload-key tank/locked',
    ...{ kind: 'destination-key', level: 'warning', says: /zfs load-key tank\/locked/ },
  },
  {
    ...{ name: 'a user without any rights', args: 'doctor fjoe@b' },
    ...{ kind: 'rights', level: 'fault', says: /zfs allow -u fjoe/, hasOthers: true },
  },
  withoutRight('receive', 'receive', 'fault'),
  withoutRight('create', 'receive', 'fault'),
  withoutRight('mount', 'receive', 'fault'),
  withoutRight('send', 'send', 'note'),
  withoutRight('hold', 'send', 'warning'),
  withoutRight('bookmark', 'send', 'warning'),
  withoutRight('destroy', 'prune', 'note'),
  withoutRight('userprop', 'receive', 'warning'),
  {
    ...{ name: 'a sudo that wants a password', args: '-s doctor pat@b' },
    ...{ kind: 'sudo-unusable', level: 'fault', says: /NOPASSWD/, hasOthers: true },
  },
  {
    ...{ name: 'a user who may not use sudo', args: '-s doctor zed@b' },
    ...{ kind: 'sudo-unusable', level: 'fault', says: /sudo/, hasOthers: true },
  },
  {
    ...{ name: 'no sudo', ...hide('sudo'), args: '-s doctor fjoe@b' },
    ...{ kind: 'zfs-unusable', level: 'fault', says: /sudo not found/ },
  },
  {
    ...{ name: 'a sudo that logs what commands read', args: '-s doctor fjoe@b', kind: 'sudo', level: 'note' },
    put: 'echo "Defaults log_input" > /etc/sudoers.d/fault; chmod 440 /etc/sudoers.d/fault',
    remove: 'rm /etc/sudoers.d/fault',
  },
  {
    ...{ name: 'a hold of an earlier run', kind: 'holds', level: 'warning', says: /tank\/ct@zfs-vm:ct:1/ },
    put: 'now=$(date +%s); date -s "@$((now - 200000))" >/dev/null; zfs hold zfs-vm:77-0123abcd tank/ct@zfs-vm:ct:1; date -s "@$((now + 1))" >/dev/null',
  },
  {
    ...{
      name: 'an interrupted receive',
      kind: 'partials',
      level: 'warning',
      says: /tank\/part.*zfs-vm abort/,
    },
    put: 'head -c 4M /dev/urandom > /tank/ct/data; zfs snapshot tank/ct@zfs-vm:ct:2; zfs send tank/ct@zfs-vm:ct:2 | head -c 3M | zfs receive -s -u tank/part 2>/dev/null; true',
  },
  {
    ...{ name: 'a dataset that was set aside', kind: 'asides', level: 'note', says: /tank\/ct-replaced/ },
    put: `zfs create tank/ct-replaced; guid=$(zfs get -Hpo value guid tank/ct-replaced); zfs set ${roleProperty}="aside source=1 pool=2 self=$guid" tank/ct-replaced`,
  },
  {
    ...{ name: 'bookmarks by the thousand', kind: 'bookmarks', level: 'warning', says: /500 old bookmarks/ },
    put: `zfs program tank - <<'END' >/dev/null
for i = 1, 1000 do zfs.sync.bookmark("tank/ct@zfs-vm:ct:1", "tank/ct#zfs-vm:old:" .. i) end
END`,
  },
  {
    ...{ name: 'a snapshot that is nearly a version', kind: 'malformed-tags', level: 'warning' },
    put: 'zfs snapshot tank/ct@zfs-vm:oops',
  },
  {
    ...{
      name: 'a lock folder that others can write to',
      on: 'a',
      args: 'doctor',
      kind: 'locks',
      level: 'fault',
    },
    put: 'mkdir -p /var/run/zfs-vm; chmod 777 /var/run/zfs-vm',
    remove: 'chmod 700 /var/run/zfs-vm',
  },
];

test('there are more than 25 faults', () => {
  assert.ok(faults.length > 25);
});

for (const args of [
  'doctor',
  'doctor b',
  'doctor -d tank b',
  '-s doctor -d tank fjoe@b',
  'doctor -d tank zed@b',
]) {
  test(`healthy hosts have no findings: ${args}`, async () => {
    await setClocks();
    const { status, trouble } = await examine(args);
    assert.deepEqual(trouble, []);
    assert.equal(status, 0);
  });
}

test('a clock that is an hour behind is found', async () => {
  await lab.b.setClock(new Date(Date.now() - 3_600_000));
  try {
    const { status, trouble } = await examine('doctor b');
    assert.deepEqual([status, trouble.map(({ kind }) => kind)], [1, ['clock']]);
    assert.match(trouble[0]?.message ?? '', /^36[0-9]{2} s behind this machine$|^359[0-9] s behind/);
  } finally {
    await setClocks();
  }
});

for (const fault of faults) {
  test(`${fault.name} is found`, async () => {
    await setClocks();
    const host: LabHost = fault.on === 'a' ? lab.a : lab.b;
    await host.run(fault.put ?? ':');
    try {
      const { status, trouble } = await examine(fault.args ?? 'doctor b');
      const told = JSON.stringify(trouble, null, 2);
      const found = trouble.filter(({ kind, level }) => kind === fault.kind && level === fault.level);
      assert.ok(found.length > 0, told);
      const { says = /./ } = fault;
      assert.ok(
        found.some(({ message, remedy }) => says.test(`${message} ${remedy ?? ''}`)),
        told,
      );
      if (fault.hasOthers !== true) assert.equal(trouble.length, 1, told);
      const expected = fault.kind === 'unreachable' ? 4 : fault.level === 'note' ? 0 : 1;
      if (fault.hasOthers !== true) assert.equal(status, expected);
    } finally {
      await host.run(fault.remove ?? ':', { check: false });
    }
  });
}

async function setClocks(): Promise<void> {
  const now = new Date();
  await Promise.all([lab.a.setClock(now), lab.b.setClock(now)]);
}

test('a password for sudo is asked for once, and serves a whole push and its checks', async () => {
  const { a, b } = lab;
  await a.run(
    'zfs create tank/pw; for v in 1 2 3; do date > /tank/pw/$v; zfs snapshot tank/pw@zfs-vm:pw:$v; done',
  );
  const push = (password: string): string => `
    set timeout 100
    spawn zfs-vm -s push pat@b
    expect {
      "password for sudo: " { send "${password}\\r"; exp_continue }
      timeout { exit 99 }
      eof
    }
    exit [lindex [wait] 3]`;
  const right = await a.run('expect -', { stdin: push(labPassword), check: false, timeoutMs: 110_000 });
  assert.equal(right.code, 0, right.stdout);
  assert.equal(right.stdout.match(/password for sudo/g)?.length, 1);
  const { stdout } = await b.run('zfs list -H -o name -t snapshot tank/pw');
  assert.equal(stdout.trim().split('\n').length, 3);
  const left = await b.run('ls -A /tmp | grep zfs-vm; grep -rs "COMMAND=.*lab" /var/log/auth.log', {
    check: false,
  });
  assert.equal(left.stdout, '');
  const wrong = await a.run('expect -', { stdin: push('wrong'), check: false, timeoutMs: 110_000 });
  assert.equal(wrong.code, 4, wrong.stdout);
  assert.equal(wrong.stdout.match(/password for sudo/g)?.length, 3);
});

test('a password for sudo serves a push by openssh, too', async () => {
  const { a, b } = lab;
  await a.run(
    'zfs create tank/pw; for v in 1 2; do date > /tank/pw/$v; zfs snapshot tank/pw@zfs-vm:pw:$v; done',
  );
  const push = `
    set timeout 100
    spawn zfs-vm -s --transport openssh push pat@b
    expect {
      "password for sudo: " { send "${labPassword}\\r"; exp_continue }
      timeout { exit 99 }
      eof
    }
    exit [lindex [wait] 3]`;
  const { code, stdout } = await a.run('expect -', { stdin: push, check: false, timeoutMs: 110_000 });
  assert.equal(code, 0, stdout);
  assert.equal((await b.run('zfs list -H -o name -t snapshot tank/pw')).stdout.trim().split('\n').length, 2);
});

test('--clean removes leftovers of earlier runs, and --speed measures the link', async () => {
  const { a, b } = lab;
  await b.run(
    `now=$(date +%s); date -s "@$((now - 200000))" >/dev/null; zfs hold zfs-vm:77-0123abcd tank/ct@zfs-vm:ct:1; date -s "@$((now + 1))" >/dev/null
    zfs hold mine tank/ct@zfs-vm:ct:1
    zfs program tank - <<'END' >/dev/null
for i = 1, 510 do zfs.sync.bookmark("tank/ct@zfs-vm:ct:1", "tank/ct#zfs-vm:ct:" .. i) end
END`,
  );
  const { code, stdout, stderr } = await runZfsVm(a, 'doctor --clean --yes --speed b');
  assert.equal(code, 0, stdout + stderr);
  assert.match(stderr, /11 leftovers removed on b/);
  assert.match(stdout, /^ok +speed +[0-9.]+ [KM]iB\/s to the host/m);
  const { stdout: left } = await b.run(
    'zfs holds -H tank/ct@zfs-vm:ct:1; zfs list -H -t bookmark -o name | wc -l',
  );
  assert.match(left, /\tmine\t/);
  assert.doesNotMatch(left, /zfs-vm:77/);
  assert.match(left, /^500$/m);
});
