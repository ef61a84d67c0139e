import assert from 'node:assert/strict';
import {
  expectZfsVm,
  hashFiles,
  hashVolume,
  listVersionGuids,
  makeVolume,
  runZfsVm,
  versionsOf,
  type Client,
} from './client.js';
import type { LabHost } from './lab-host.js';
import { SlowPush, waitUntilQuiet } from './slow-push.js';
import type { LabUser } from './users.js';

/*
 * What is tried between two versions of OpenZFS. Each scenario finds two empty pools, and sends from the sender to the receiver; what is
 * pulled back goes the other way.
 */

/** Two hosts of different kinds, both with zfs-vm. */
export interface Pair {
  readonly sender: LabHost;
  readonly receiver: LabHost;
  /** zfs-vm on this machine, with the zfs of the sender: faster than on the sender. */
  readonly outside: Client;
}

/** What a scenario has shown. */
export type Outcome =
  | { readonly kind: 'works' }
  /** The two versions can't do it, and zfs-vm said so, in these words. */
  | { readonly kind: 'limit'; readonly message: string }
  /** The scenario is about something that the sender, or the receiver, doesn't have. */
  | { readonly kind: 'absent' };

/** Something that is tried between two hosts. */
export interface Scenario {
  readonly name: string;
  /** What works between the two, as the table of the docs says it. */
  readonly title: string;
  /** Whether it is in the short part, which `npm test` runs. */
  readonly isShort?: boolean;
  /** Fails with an AssertionError where it doesn't work, and nothing says why. */
  readonly run: (pair: Pair) => Promise<Outcome>;
}

const works: Outcome = { kind: 'works' };
const absent: Outcome = { kind: 'absent' };

/** All of them. */
export const scenarios: readonly Scenario[] = [
  { name: 'main', title: 'tag, push, increment, pull back', isShort: true, run: runMainJob },
  { name: 'clones', title: 'clones stay clones; clone, diff', run: runClones },
  { name: 'volumes', title: 'volumes there and back', run: runVolumes },
  { name: 'raw', title: 'encrypted datasets, raw', isShort: true, run: runRaw },
  { name: 'resume', title: 'resume after a kill', run: runResume },
  { name: 'delegated', title: 'users with zfs allow, without sudo', run: runDelegated },
  { name: 'prune', title: 'prune; increment from a bookmark', isShort: true, run: runPrune },
  { name: 'commands', title: 'list, show, status, doctor, rename, untag, restore', run: runCommands },
  { name: 'gate', title: 'gate', run: runGate },
  { name: 'blocks', title: 'large, embedded and zstd blocks', run: runBlocks },
  { name: 'bare-pool', title: 'a pool without features', run: runBarePool },
  { name: 'bare-raw', title: 'encrypted datasets to a pool without features', run: runBareRaw },
  { name: 'long-names', title: 'file names of more than 255 bytes', run: runLongNames },
  { name: 'microzaps', title: 'large microzaps', run: runMicrozaps },
  { name: 'properties', title: '--props of what the receiver lacks', run: runProperties },
  { name: 'record-size', title: '--props of a recordsize of 4 MiB', run: runRecordSize },
  { name: 'append-only', title: 'receive:append', run: runAppendOnly },
  { name: 'send-raw', title: 'send:raw', run: runSendRaw },
];

/** The receiver, as root knows it. */
function rootOf({ name }: LabHost): string {
  return `root@${name}`;
}

async function valueOf(host: LabHost, dataset: string, property: string): Promise<string> {
  return (await host.run(['zfs', 'get', '-Hpo', 'value', property, dataset])).stdout.trim();
}

/** Fails unless the receiver has exactly the versions of the sender. */
async function assertSame({ sender, receiver }: Pair): Promise<void> {
  assert.deepEqual(await listVersionGuids(receiver), await listVersionGuids(sender));
}

/** Runs zfs-vm as a user of a host, and fails unless it ends with this status. */
async function expectAs(host: LabHost, user: LabUser, args: string, status = 0): Promise<string> {
  const { code, stdout, stderr } = await host.run(`zfs-vm ${args}`, {
    ...{ user, check: false, timeoutMs: 120_000 },
  });
  assert.equal(code, status, `${user}@${host.name}: zfs-vm ${args}\n${stdout}${stderr}`);
  return stdout + stderr;
}

/** Runs zfs-vm where it is refused; the line that says why has to be this one. */
async function expectLimit(client: Client, args: string, message: RegExp): Promise<Outcome> {
  const { code, stdout, stderr } = await runZfsVm(client, args);
  const said = `${stdout}${stderr}`;
  assert.notEqual(code, 0, `zfs-vm ${args}\n${said}`);
  const line = stderr.split('\n').find((each) => message.test(each));
  assert.ok(line !== undefined, `zfs-vm ${args}: no line fits ${String(message)}\n${said}`);
  return { kind: 'limit', message: line.trim() };
}

async function runMainJob(pair: Pair): Promise<Outcome> {
  const { sender, receiver, outside } = pair;
  await sender.run(
    `set -e; zfs create tank/ct; head -c 1500000 /dev/urandom > /tank/ct/one; mkdir '/tank/ct/a b'; date > '/tank/ct/a b/when'`,
  );
  await expectZfsVm(outside, 'tag -n ct:1 tank/ct');
  await expectZfsVm(outside, `push -d tank/vm ${rootOf(receiver)}`);
  await sender.run('head -c 500000 /dev/urandom > /tank/ct/two');
  await expectZfsVm(outside, 'tag tank/ct');
  const { stdout } = await expectZfsVm(outside, `push ${rootOf(receiver)}`);
  assert.match(stdout, /^ct:2 .* incremental since ct:1/m);
  assert.match((await expectZfsVm(outside, `push ${rootOf(receiver)}`)).stdout, /^nothing to do: /m);
  await assertSame(pair);
  assert.match((await expectZfsVm(outside, `list ${rootOf(receiver)}`)).stdout, /tank\/vm\/ct/);
  assert.equal(await valueOf(receiver, 'tank/vm/ct', 'canmount'), 'noauto');
  const original = await hashFiles(sender, 'tank/ct@zfs-vm:ct:2');
  assert.equal(await hashFiles(receiver, 'tank/vm/ct@zfs-vm:ct:2'), original);

  await sender.run('zfs destroy -r tank/ct');
  await expectZfsVm(sender, `pull -d tank/back ${rootOf(receiver)}`);
  await assertSame(pair);
  assert.equal(await hashFiles(sender, 'tank/back/ct@zfs-vm:ct:2'), original);
  return works;
}

async function runClones(pair: Pair): Promise<Outcome> {
  const { sender, receiver, outside } = pair;
  await sender.run(
    `set -e; zfs create tank/ct; head -c 3000000 /dev/urandom > /tank/ct/big; zfs snapshot tank/ct@zfs-vm:ct:1
    zfs clone tank/ct@zfs-vm:ct:1 tank/next; date > /tank/next/now; zfs snapshot tank/next@zfs-vm:ct:2
    date > /tank/next/again; zfs snapshot tank/next@zfs-vm:ct:3`,
  );
  await expectZfsVm(outside, `push -d tank/vm ${rootOf(receiver)}`);
  await assertSame(pair);
  assert.equal(await valueOf(receiver, 'tank/vm/next', 'origin'), 'tank/vm/ct@zfs-vm:ct:1');
  assert.ok(
    Number(await valueOf(receiver, 'tank/vm/next', 'used')) < 1_000_000,
    'the clone shares no blocks',
  );

  // What is made of a clone on the receiver comes back as a clone.
  await expectZfsVm(receiver, 'clone ct:3 tank/work');
  await receiver.run('set -e; date > /tank/work/new; rm /tank/work/again');
  const { stdout } = await expectZfsVm(receiver, 'diff --list ct:3 tank/work');
  assert.match(stdout, /^\+ \/new$/m);
  assert.match(stdout, /^- \/again$/m);
  await expectZfsVm(receiver, 'tag tank/work');
  await expectZfsVm(sender, `pull ${rootOf(receiver)}`);
  await assertSame(pair);
  assert.equal(await valueOf(sender, 'tank/work', 'origin'), 'tank/next@zfs-vm:ct:3');
  return works;
}

async function runVolumes(pair: Pair): Promise<Outcome> {
  const { sender, receiver, outside } = pair;
  await makeVolume(sender, 'tank/disk', 32);
  for (const version of [1, 2]) {
    await sender.run(
      `head -c 1000000 /dev/urandom | dd of=/dev/zvol/tank/disk bs=64k seek=${version * 10} conv=fsync,notrunc 2>&1`,
    );
    await sender.run(`zfs snapshot tank/disk@zfs-vm:disk:${version}`);
    await expectZfsVm(outside, `push -d tank/vm ${rootOf(receiver)}`);
  }
  await assertSame(pair);
  const original = await hashVolume(sender, 'tank/disk@zfs-vm:disk:2');
  assert.equal(await hashVolume(receiver, 'tank/vm/disk@zfs-vm:disk:2'), original);
  await sender.run('zfs destroy -r tank/disk');
  await expectZfsVm(sender, `pull -d tank/back ${rootOf(receiver)}`);
  await assertSame(pair);
  assert.equal(await hashVolume(sender, 'tank/back/disk@zfs-vm:disk:2'), original);
  return works;
}

const passphrase = 'matrixmatrix';

/** Shell text: makes an encrypted filesystem, with its key loaded. */
function makeEncrypted(name: string): string {
  return `echo ${passphrase} | zfs create -o encryption=on -o keyformat=passphrase ${name}`;
}

/** Opens a copy of an encrypted filesystem, reads a file of it, and closes it. */
async function readEncrypted(host: LabHost, dataset: string, file: string): Promise<string> {
  const { stdout } = await host.run(
    `set -e; echo ${passphrase} | zfs load-key ${dataset} > /dev/null; mkdir -p /run/opened
    mount -t zfs -o zfsutil,ro ${dataset} /run/opened; sha256sum < /run/opened/${file}
    umount /run/opened; zfs unload-key ${dataset}`,
  );
  return stdout;
}

async function runRaw(pair: Pair): Promise<Outcome> {
  const { sender, receiver, outside } = pair;
  await sender.run(
    `set -e; ${makeEncrypted('tank/sec')}; head -c 1000000 /dev/urandom > /tank/sec/one; zfs snapshot tank/sec@zfs-vm:sec:1`,
  );
  await expectZfsVm(outside, `push -d tank/vm ${rootOf(receiver)}`);
  await sender.run(
    `set -e; head -c 300000 /dev/urandom > /tank/sec/two; zfs snapshot tank/sec@zfs-vm:sec:2
    rm /tank/sec/one; zfs snapshot tank/sec@zfs-vm:sec:3
    zfs clone tank/sec@zfs-vm:sec:3 tank/fork; date > /tank/fork/now; zfs snapshot tank/fork@zfs-vm:sec:4`,
  );
  await expectZfsVm(outside, `push ${rootOf(receiver)}`);
  await assertSame(pair);
  assert.equal(await valueOf(receiver, 'tank/vm/sec', 'keystatus'), 'unavailable');
  const original = (await sender.run('sha256sum < /tank/sec/two')).stdout;
  assert.equal(await readEncrypted(receiver, 'tank/vm/sec', 'two'), original);

  await sender.run('zfs destroy -r tank/fork; zfs destroy -r tank/sec');
  await expectZfsVm(sender, `pull -d tank/back ${rootOf(receiver)}`);
  await assertSame(pair);
  assert.equal(await readEncrypted(sender, 'tank/back/sec', 'two'), original);
  return works;
}

async function runResume(pair: Pair): Promise<Outcome> {
  const { sender, receiver } = pair;
  const push = new SlowPush({ a: sender, b: receiver });
  try {
    await push.prepare();
    await push.start(rootOf(receiver));
    await sender.run('kill -KILL $(cat /tmp/push.pid)');
    await waitUntilQuiet(receiver, 30_000);
  } finally {
    await sender.setLink({});
  }
  const { stdout } = await expectZfsVm(sender, `push -d tank/vm ${rootOf(receiver)}`);
  assert.match(stdout, /^ct:1 .* resumed/m);
  await assertSame(pair);
  assert.equal(
    await hashFiles(receiver, 'tank/vm/ct@zfs-vm:ct:1'),
    await hashFiles(sender, 'tank/ct@zfs-vm:ct:1'),
  );
  return works;
}

async function runDelegated(pair: Pair): Promise<Outcome> {
  const { sender, receiver } = pair;
  await sender.run('set -e; zfs create tank/ct; for i in 1 2; do zfs snapshot tank/ct@zfs-vm:ct:$i; done');
  await expectAs(sender, 'zed', `push -d tank/vm zed@${receiver.name}`);
  await expectAs(sender, 'zed', 'tag tank/ct');
  await expectAs(sender, 'zed', `push zed@${receiver.name}`);
  await assertSame(pair);
  await sender.run('zfs destroy -r tank/ct');
  await expectAs(sender, 'zed', `pull -d tank/back zed@${receiver.name}`);
  await assertSame(pair);
  return works;
}

async function runPrune(pair: Pair): Promise<Outcome> {
  const { sender, receiver, outside } = pair;
  const target = rootOf(receiver);
  const addVersions = (from: number, to: number): string =>
    `for version in $(seq ${from} ${to}); do
      head -c 200000 /dev/urandom > /tank/ct/data; zfs snapshot tank/ct@zfs-vm:ct:$version
    done`;
  await sender.run(`set -e; zfs create tank/ct; ${addVersions(1, 3)}`);
  await expectZfsVm(outside, `push -d tank/vm ${target}`);
  await sender.run(addVersions(4, 6));
  await expectZfsVm(outside, 'prune --keep-last 2 --yes');
  assert.equal(await versionsOf(sender, 'tank/ct'), 'ct:5 ct:6');
  const { stdout } = await expectZfsVm(outside, `push ${target}`);
  assert.match(stdout, /ct:5 .* incremental since tank\/ct#zfs-vm:ct:3/);
  await expectZfsVm(outside, `prune --keep-last 1 --yes ${target}`);
  assert.equal(await versionsOf(receiver, 'tank/vm/ct'), 'ct:6');
  assert.equal(
    await hashFiles(receiver, 'tank/vm/ct@zfs-vm:ct:6'),
    await hashFiles(sender, 'tank/ct@zfs-vm:ct:6'),
  );
  return works;
}

async function runCommands(pair: Pair): Promise<Outcome> {
  const { sender, receiver, outside } = pair;
  const target = rootOf(receiver);
  await sender.run('set -e; zfs create tank/ct; zfs create tank/ct/data; date > /tank/ct/data/first');
  await expectZfsVm(outside, "tag -r -n ct:1 -m 'the first' tank/ct");
  await sender.run('date > /tank/ct/data/second');
  await expectZfsVm(outside, 'tag -r tank/ct');
  await expectZfsVm(outside, `push -d tank/vm ${target}`);
  assert.match((await expectZfsVm(outside, `list ${target}`)).stdout, /the first/);
  assert.match((await expectZfsVm(outside, `show ct:1 ${target}`)).stdout, /the first/);
  await expectZfsVm(outside, `status ${target}`);
  await expectZfsVm(outside, `doctor ${target}`);
  await expectZfsVm(outside, `rename --also-on ${target} ct web`);
  await expectZfsVm(outside, `untag --also-on ${target} --yes web:2`);
  await assertSame(pair);
  assert.equal(await versionsOf(receiver, 'tank/vm/ct/data'), 'web:1');
  await expectZfsVm(sender, 'restore web:1');
  await sender.run('test -e /tank/ct/data/first && ! test -e /tank/ct/data/second');
  return works;
}

async function runGate(pair: Pair): Promise<Outcome> {
  const { sender, receiver } = pair;
  await sender.run(
    `set -e; cd ~/.ssh; rm -f id_gate id_gate.pub; ssh-keygen -q -t ed25519 -N '' -f id_gate
    printf '%s\\n' 'Host gate' '  HostName ${receiver.name}' '  HostKeyAlias ${receiver.name}' '  User zed' \\
      '  IdentityFile ~/.ssh/id_gate' '  IdentitiesOnly yes' > config
    scp -q id_gate.pub ${rootOf(receiver)}:/tmp/id_gate.pub`,
  );
  const policy = '--allow list --allow receive --allow send --under tank/vm --append-only';
  await receiver.run(
    `set -e; zfs create -o canmount=off tank/vm; cd ~zed/.ssh; cp -p authorized_keys kept
    zfs-vm gate ${policy} --print-authorized-keys /tmp/id_gate.pub >> authorized_keys`,
  );
  try {
    await sender.run(
      'set -e; zfs create tank/ct; date > /tank/ct/now; for i in 1 2 3; do zfs snapshot tank/ct@zfs-vm:ct:$i; done',
    );
    for (const transport of ['ssh2', 'openssh']) {
      await expectZfsVm(sender, `--transport ${transport} push -d tank/vm gate`);
      await assertSame(pair);
      await sender.run(`date > /tank/ct/now; zfs-vm tag tank/ct`);
    }
    const { stderr } = await expectZfsVm(sender, 'prune --keep-last 1 --yes gate', 4);
    assert.match(stderr, /the gate refused/);
    assert.equal(await versionsOf(receiver, 'tank/vm/ct'), 'ct:1 ct:2 ct:3 ct:4');
    await sender.run('zfs destroy -r tank/ct');
    await expectZfsVm(sender, 'pull -d tank/back gate');
    await assertSame(pair);
  } finally {
    await receiver.run('cd ~zed/.ssh; mv kept authorized_keys; rm -f /tmp/id_gate.pub');
    await sender.run('cd ~/.ssh; rm -f config id_gate id_gate.pub');
  }
  return works;
}

async function runBlocks(pair: Pair): Promise<Outcome> {
  const { sender, receiver, outside } = pair;
  // Larger than 1M since 2.2. The largest, 16M, take an emulated host too long: each read of a few bytes unpacks all of one.
  const large = await sender.run('zfs create -o recordsize=4M tank/ct', { check: false });
  if (large.code !== 0) await sender.run('zfs create -o recordsize=1M tank/ct');
  await sender.run(
    `set -e; zfs set compression=zstd dnodesize=auto xattr=sa tank/ct; seq 700000 > /tank/ct/large
    for i in 1 2 3 4 5 6; do yes "line $i" | head -c 3000 > /tank/ct/f$i; done; zfs snapshot tank/ct@zfs-vm:ct:1
    seq 10 > /tank/ct/f7; zfs snapshot tank/ct@zfs-vm:ct:2`,
  );
  await expectZfsVm(outside, `push -d tank/vm ${rootOf(receiver)}`);
  await assertSame(pair);
  const original = await hashFiles(sender, 'tank/ct@zfs-vm:ct:2');
  assert.equal(await hashFiles(receiver, 'tank/vm/ct@zfs-vm:ct:2'), original);
  // zstd's blocks arrived as they are: unpacked, they would take ten times as much.
  const [theirs, ours] = await Promise.all([
    valueOf(receiver, 'tank/vm/ct', 'used'),
    valueOf(sender, 'tank/ct', 'used'),
  ]);
  assert.ok(Number(theirs) < 2 * Number(ours), `${theirs} bytes used instead of ${ours}`);
  await sender.run('zfs destroy -r tank/ct');
  await expectZfsVm(sender, `pull -d tank/back ${rootOf(receiver)}`);
  assert.equal(await hashFiles(sender, 'tank/back/ct@zfs-vm:ct:2'), original);
  return works;
}

async function runBarePool(pair: Pair): Promise<Outcome> {
  const { sender, receiver, outside } = pair;
  await sender.run(
    `set -e; zfs create -o compression=zstd tank/ct; seq 50000 > /tank/ct/f; zfs snapshot tank/ct@zfs-vm:ct:1
    date > /tank/ct/g; zfs snapshot tank/ct@zfs-vm:ct:2`,
  );
  await withBarePool(receiver, async () => {
    await expectZfsVm(outside, `push --retries 0 -d bare/vm ${rootOf(receiver)}`);
    await assertSame(pair);
  });
  return works;
}

async function runBareRaw(pair: Pair): Promise<Outcome> {
  const { sender, receiver, outside } = pair;
  await sender.run(`${makeEncrypted('tank/sec')}; zfs snapshot tank/sec@zfs-vm:sec:1`);
  const refused = /the pool (lacks a feature that the stream needs|does not support the encryption)/;
  return withBarePool(receiver, () =>
    expectLimit(outside, `push --retries 0 -d bare/vm ${rootOf(receiver)}`, refused),
  );
}

/** Does something while the host has a pool `bare`, on which no feature is enabled. */
async function withBarePool<T>(host: LabHost, act: () => Promise<T>): Promise<T> {
  await host.run('set -e; truncate -s 256M /var/tmp/bare.img; zpool create -f -d bare /var/tmp/bare.img');
  try {
    return await act();
  } finally {
    await host.run('zpool destroy -f bare; rm -f /var/tmp/bare.img');
  }
}

/** The state of a feature of the pool: `enabled`, `active`, or undefined where this zfs doesn't know it. */
async function featureOf(host: LabHost, feature: string): Promise<string | undefined> {
  const { stdout } = await host.run(['zpool', 'get', '-Ho', 'value', `feature@${feature}`, 'tank'], {
    check: false,
  });
  // 2.0 tells something else of a feature that it doesn't know.
  return /^(enabled|active)\n$/.exec(stdout)?.[1];
}

/** What zfs-vm says of a stream with a feature that the receiver's zfs doesn't know. */
const tooNew = {
  longname: /the zfs on the host is too old for the stream, which has file names of more than 255 bytes/,
  large_microzap: /the zfs on the host is too old for the stream, which has large microzaps/,
} as const;

/** Pushes a version whose stream needs a feature: it arrives, or the receiver's zfs is said to be too old. */
async function pushWithFeature(pair: Pair, feature: keyof typeof tooNew, dataset: string): Promise<Outcome> {
  const { sender, receiver, outside } = pair;
  assert.equal(await featureOf(sender, feature), 'active', `${feature} on the sender`);
  const command = `push --retries 0 -d tank/vm ${rootOf(receiver)}`;
  if ((await featureOf(receiver, feature)) === undefined) {
    return expectLimit(outside, command, tooNew[feature]);
  }
  await expectZfsVm(outside, command);
  await assertSame(pair);
  assert.equal(
    await hashFiles(receiver, `tank/vm/${dataset}@zfs-vm:${dataset}:1`),
    await hashFiles(sender, `tank/${dataset}@zfs-vm:${dataset}:1`),
  );
  return works;
}

async function runLongNames(pair: Pair): Promise<Outcome> {
  const { sender } = pair;
  if ((await featureOf(sender, 'longname')) === undefined) return absent;
  await sender.run(
    `set -e; zfs create -o longname=on tank/ct; date > "/tank/ct/$(head -c 400 /dev/zero | tr '\\0' n)"
    zfs snapshot tank/ct@zfs-vm:ct:1`,
  );
  return pushWithFeature(pair, 'longname', 'ct');
}

async function runMicrozaps(pair: Pair): Promise<Outcome> {
  const { sender } = pair;
  if ((await featureOf(sender, 'large_microzap')) === undefined) return absent;
  // Nobody has them without asking for them.
  const parameter = '/sys/module/zfs/parameters/zap_micro_max_size';
  const { stdout: before } = await sender.run(`cat ${parameter}`);
  await sender.run(`echo 1048576 > ${parameter}`);
  try {
    await sender.run(
      'set -e; zfs create tank/ct; cd /tank/ct; seq -f "file-%05g" 4000 | xargs touch; cd /; zfs snapshot tank/ct@zfs-vm:ct:1',
    );
    return await pushWithFeature(pair, 'large_microzap', 'ct');
  } finally {
    await sender.run(`echo ${before.trim()} > ${parameter}`);
  }
}

async function runProperties(pair: Pair): Promise<Outcome> {
  const { sender, receiver, outside } = pair;
  const command = `push --retries 0 -d tank/vm --props direct ${rootOf(receiver)}`;
  const knows = async (host: LabHost): Promise<boolean> =>
    (await host.run('zfs get direct tank', { check: false })).code === 0;
  if (!(await knows(sender))) return absent;
  await sender.run('set -e; zfs create -o direct=always tank/ct; zfs snapshot tank/ct@zfs-vm:ct:1');
  if (!(await knows(receiver))) return expectLimit(outside, command, /does not accept a property/);
  await expectZfsVm(outside, command);
  assert.equal(await valueOf(receiver, 'tank/vm/ct', 'direct'), 'always');
  return works;
}

async function runRecordSize(pair: Pair): Promise<Outcome> {
  const { sender, receiver, outside } = pair;
  const makes = async (host: LabHost, name: string): Promise<boolean> =>
    (await host.run(['zfs', 'create', '-o', 'recordsize=4M', name], { check: false })).code === 0;
  if (!(await makes(sender, 'tank/ct'))) return absent;
  await sender.run('zfs snapshot tank/ct@zfs-vm:ct:1');
  const command = `push --retries 0 -d tank/vm --props recordsize ${rootOf(receiver)}`;
  if (!(await makes(receiver, 'tank/tried'))) {
    return expectLimit(outside, command, /invalid value of a property given with -o or --props/);
  }
  await expectZfsVm(outside, command);
  assert.equal(await valueOf(receiver, 'tank/vm/ct', 'recordsize'), String(4 * 2 ** 20));
  return works;
}

async function runAppendOnly(pair: Pair): Promise<Outcome> {
  const { sender, receiver, outside } = pair;
  await receiver.run('zfs unallow -u zed tank; zfs create -o canmount=off tank/vm');
  const command = `doctor --grant append-only --user zed -d tank/vm ${rootOf(receiver)}`;
  const { code, stdout } = await runZfsVm(outside, command);
  if (code !== 0) return expectLimit(outside, command, /cannot limit a receiver to adding versions/);
  await receiver.run(stdout);
  await sender.run(
    'set -e; zfs create tank/ct; for i in 1 2 3; do date > /tank/ct/now; zfs snapshot tank/ct@zfs-vm:ct:$i; done',
  );
  await expectZfsVm(outside, `push -d tank/vm -n ct:1 zed@${receiver.name}`);
  await expectZfsVm(outside, `push -d tank/vm zed@${receiver.name}`);
  await assertSame(pair);
  const refused = await receiver.run('/sbin/zfs rollback -r tank/vm/ct@zfs-vm:ct:1', {
    ...{ user: 'zed', check: false },
  });
  assert.match(refused.stderr, /permission denied/);
  await assertSame(pair);
  return works;
}

async function runSendRaw(pair: Pair): Promise<Outcome> {
  const { sender, receiver } = pair;
  await sender.run(
    `set -e; zfs unallow -u zed tank; ${makeEncrypted('tank/sec')}; zfs create tank/ct
    for i in 1 2 3; do date > /tank/sec/now; zfs snapshot tank/sec@zfs-vm:sec:$i; done; zfs snapshot tank/ct@zfs-vm:ct:1`,
  );
  const allowed = await sender.run('zfs allow -u zed send:raw,hold,release tank', { check: false });
  if (allowed.code !== 0) return absent;
  await expectAs(sender, 'zed', `push -n sec -d tank/vm ${rootOf(receiver)}`);
  assert.equal(await versionsOf(receiver, 'tank/vm/sec'), 'sec:1 sec:2 sec:3');
  // What isn't encrypted may not be sent.
  const said = await expectAs(sender, 'zed', `push -n ct --retries 0 -d tank/vm ${rootOf(receiver)}`, 4);
  assert.match(said, /permission denied/);
  return works;
}
