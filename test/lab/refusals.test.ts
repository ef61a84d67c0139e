import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { expectZfsVm, snapState, type Client } from './client.js';
import { labPassword } from './users.js';
import { useClientLab } from './use-client-lab.js';

const lab = useClientLab();

beforeEach(async () => {
  await lab.a.run('zfs create tank/ct; date > /tank/ct/now; zfs snapshot tank/ct@zfs-vm:ct:1');
});

/** Runs zfs-vm, expects this status, these words on stderr, and that nothing at all has changed on either host. */
async function expectRefusal(client: Client, args: string, status: number, words: RegExp): Promise<void> {
  const { a, b } = lab;
  const before = await Promise.all([snapState(a), snapState(b)]);
  const { stderr } = await expectZfsVm(client, args, status);
  assert.match(stderr, words);
  assert.doesNotMatch(stderr, /^ +at /m, 'no stack is shown');
  assert.deepEqual(await Promise.all([snapState(a), snapState(b)]), before);
}

test('a host that refuses connections is told as such, with status 4', async () => {
  await expectRefusal(lab.a, 'push ssh://root@b:2', 4, /cannot connect to b:2: .*refused the connection/);
});

test('a host that is not there is told as such, with status 4', async () => {
  await expectRefusal(lab.a, 'push root@10.77.0.99', 4, /cannot connect to 10\.77\.0\.99/);
});

test('a name that nobody knows is told as such, with status 4', async () => {
  await expectRefusal(lab.a, 'push root@no-such-host', 4, /no-such-host/);
});

test('a changed host key is refused with status 4', async () => {
  const { a } = lab;
  await a.run(
    'cp .ssh/known_hosts .ssh/kept; ssh-keygen -q -t ed25519 -N "" -f /tmp/other; for name in b 10.77.0.2; do ssh-keygen -q -R $name; echo "$name $(cut -d" " -f1-2 /tmp/other.pub)" >> .ssh/known_hosts; done',
  );
  try {
    await expectRefusal(lab.a, 'push root@b', 4, /key.*changed|changed.*key/is);
  } finally {
    await a.run('mv .ssh/kept .ssh/known_hosts; rm -f /tmp/other /tmp/other.pub .ssh/known_hosts.old');
  }
});

test('an unknown host key is refused where there is nobody to ask, with status 4', async () => {
  const { a } = lab;
  await a.run('mv .ssh/known_hosts .ssh/kept');
  try {
    await expectRefusal(lab.a, 'push root@b', 4, /key/i);
    assert.notEqual((await a.run('test -e .ssh/known_hosts', { check: false })).code, 0);
  } finally {
    await a.run('mv .ssh/kept .ssh/known_hosts');
  }
});

test('a host without zfs is told as such, with status 1', async () => {
  const { b } = lab;
  const paths = (
    await b.run('ls -d /sbin/zfs /usr/sbin/zfs /usr/local/sbin/zfs 2>/dev/null || true')
  ).stdout.split('\n');
  const zfs = paths[0] ?? '';
  await b.run(`mv ${zfs} /root/zfs-away`);
  try {
    const { stderr } = await expectZfsVm(lab.outside, 'push root@b', 1);
    assert.match(stderr, /root@b: zfs command not found/);
  } finally {
    await b.run(`mv /root/zfs-away ${zfs}`);
  }
});

test('a sudo that wants a password is told as such, with status 4', async () => {
  await expectRefusal(lab.outside, '-s push pat@b', 4, /pat@b: sudo requires a password.*NOPASSWD/s);
});

test('a pool that the receiver lacks is told with the pools it has, with status 2', async () => {
  await expectRefusal(lab.outside, 'push -d nopool/vm root@b', 2, /root@b has no pool "nopool".*tank/s);
});

test('a user without rights is told as such, and nothing is left behind', async () => {
  await expectRefusal(
    lab.outside,
    'push -d tank/vm fjoe@b',
    4,
    /fjoe@b: permission denied by zfs for this user.*-s/s,
  );
});

test('a streamline that the sender lacks is told with those it has, with status 2', async () => {
  await expectRefusal(lab.outside, 'push -n nix root@b', 2, /no streamline "nix".*ct/s);
});

test('a dataset in the way is a conflict, with status 3', async () => {
  await lab.b.run('zfs create tank/ct; zfs snapshot tank/ct@mine');
  await expectRefusal(
    lab.outside,
    'push root@b',
    3,
    /conflict: ct in tank\/ct: destination root@b:tank\/ct already exists/,
  );
});

test('a conflict stops only its own streamline', async () => {
  const { a, b } = lab;
  await a.run('zfs create tank/db; zfs snapshot tank/db@zfs-vm:db:1');
  await b.run('zfs create tank/ct; zfs snapshot tank/ct@mine');
  const { stdout } = await expectZfsVm(lab.outside, 'push root@b', 3);
  assert.match(stdout, /db:1 .* full/);
});

test('a version that exists or is not newer is refused, with status 3', async () => {
  await expectRefusal(lab.outside, 'tag -n ct:1 tank/ct', 3, /ct:1 already exists: tank\/ct@zfs-vm:ct:1/);
  await expectRefusal(lab.outside, 'tag -n 0 tank/ct', 3, /would not be the newest/);
});

test('a hostile name never reaches a shell, here or there', async () => {
  const { a, b } = lab;
  const mark = '/tmp/reached';
  const hostile = `$(touch ${mark})'; touch ${mark}; "`;
  const quoted = `'${hostile.replaceAll("'", `'\\''`)}'`;
  const before = await Promise.all([snapState(a), snapState(b)]);
  for (const args of [
    `tag -n ${quoted}:2 tank/ct`,
    `tag -n ct:2 tank/${quoted}`,
    `push -n ${quoted} root@b`,
    `push -d tank/${quoted} root@b`,
    `push root@${quoted}`,
  ]) {
    await expectZfsVm(a, args, 2);
  }
  for (const host of [a, b]) assert.notEqual((await host.run(`test -e ${mark}`, { check: false })).code, 0);
  assert.deepEqual(await Promise.all([snapState(a), snapState(b)]), before);
});

test('a destination that somebody wrote to is told as such, and kept', async () => {
  const { a, b } = lab;
  await expectZfsVm(lab.outside, 'push root@b');
  await b.run('zfs mount tank/ct; echo theirs > /tank/ct/theirs; zfs umount tank/ct');
  await a.run('date > /tank/ct/later; zfs snapshot tank/ct@zfs-vm:ct:2');
  const { stderr } = await expectZfsVm(lab.outside, 'push root@b', 3);
  assert.match(stderr, /root@b:tank\/ct has .* of changes after ct:1 .*--rollback/s);
  assert.equal((await b.run('zfs mount tank/ct; cat /tank/ct/theirs')).stdout, 'theirs\n');
});

test('a password is asked for on the terminal, and a wrong one is refused with status 4', async () => {
  const { a } = lab;
  const login = (password: string): string => `
    set timeout 60
    log_user 1
    spawn zfs-vm list ssh://nokey
    expect -nocase "password" { send "${password}\\r" }
    expect {
      -nocase "password" { send "${password}\\r"; exp_continue }
      eof
    }
    exit [lindex [wait] 3]`;
  await a.run(
    "printf 'Host nokey\\n  HostName b\\n  User root\\n  PubkeyAuthentication no\\n' > .ssh/config",
  );
  try {
    const right = await a.run('expect -', { stdin: login(labPassword), check: false });
    assert.equal(right.code, 0, right.stdout);
    assert.ok(!right.stdout.includes(`\n${labPassword}`), 'the password is not shown');
    const wrong = await a.run('expect -', { stdin: login('wrong'), check: false });
    assert.equal(wrong.code, 4, wrong.stdout);
  } finally {
    await a.run('rm .ssh/config');
  }
});
