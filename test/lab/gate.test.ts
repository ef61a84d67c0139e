import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, test } from 'node:test';
import { encodeRequest } from '../../src/requests/protocol.js';
import type { ReceivedStream } from '../../src/requests/request.js';
import { expectZfsVm, listVersionGuids, runZfsVm, snapState } from './client.js';
import { findPackageRoot } from './package-root.js';
import { useClientLab } from './use-client-lab.js';

// b is set up as a backup host, a as its client, by the very commands that docs/security.md has.
const lab = useClientLab();

/** Some commands, with where they are run. */
interface Step {
  readonly where: 'a' | 'b';
  readonly script: string;
}

/** What the gate on b is: that of zfs-vm, or the shell script that it writes. */
const gates = ['zfs-vm', 'shell script'] as const;
type GateKind = (typeof gates)[number];

/** The commands of docs/security.md, one after another. */
function readSteps(gate: GateKind): Step[] {
  const steps = readSection('A backup host that a stolen key cannot harm');
  if (gate === 'zfs-vm') return steps;
  const isOpening = ({ script }: Step): boolean => script.includes('authorized_keys');
  return [
    ...steps.filter((step) => !isOpening(step) && !step.script.includes('zfs-vm push')),
    ...readSection('A backup host without Node.js'),
    ...steps.filter(({ script }) => script.includes('zfs-vm push')),
  ];
}

function readSection(title: string): Step[] {
  const page = readFileSync(join(findPackageRoot(), 'docs/security.md'), 'utf8');
  const [setup = ''] = page.slice(page.indexOf(`\n## ${title}\n`) + 1).split('\n## ');
  const blocks = setup.matchAll(/On the (backup host|client)(?:, [^\n]*)?:\n\n```sh\n([^`]+)```/g);
  return Array.from(blocks, ([, place, text = '']) => ({
    where: place === 'client' ? ('a' as const) : ('b' as const),
    // The hosts of the lab are small.
    script: text.replace('quota=500G', 'quota=60M'),
  }));
}

async function forgetSetup(): Promise<void> {
  await lab.b.run('userdel -r backup-vm 2>/dev/null; rm -rf /home/backup-vm /tmp/id_backup.pub; true');
  await lab.a.run(
    'rm -f ~/.ssh/id_backup*; sed -i "/^Host backup$/,\\$d" ~/.ssh/config; rm -rf ~/.config/zfs-vm; touch ~/.ssh/config',
    { check: false },
  );
}

beforeEach(async () => {
  const { a, b } = lab;
  await forgetSetup();
  await lab.lab.deploy(b);
  await a.run(
    'zfs create tank/vm; head -c 3000000 /dev/urandom > /tank/vm/disk; zfs snapshot tank/vm@zfs-vm:web:1',
  );
  await b.run(
    'zfs create tank/secret; echo secret > /tank/secret/file; zfs snapshot tank/secret@zfs-vm:secret:1',
  );
});

/** Sets both hosts up, and pushes for the first time. */
async function setUp(gate: GateKind): Promise<void> {
  for (const { where, script } of readSteps(gate)) {
    await lab[where].run(`set -e\n${script}`);
    // This is done by hand.
    if (script.includes('ssh-keygen')) await lab.a.run('scp ~/.ssh/id_backup.pub root@b:/tmp/id_backup.pub');
    if (script.includes('--emit-sh')) {
      await lab.a.run('scp /tmp/zfs-vm-gate /tmp/authorized_keys root@b:/tmp/');
    }
  }
}

/** What the thief of the key says to the gate. */
async function steal(command: string, input = '</dev/null'): Promise<string> {
  const { code, stdout, stderr } = await lab.a.run(`ssh -o BatchMode=yes backup ${command} ${input}`, {
    check: false,
  });
  assert.notEqual(code, 0, `${command}: ${stdout}`);
  return stderr;
}

function lane(change: Partial<ReceivedStream>): string {
  const leg: ReceivedStream = {
    ...{ destination: 'tank/backup/x', snapshot: undefined, type: 'filesystem', origin: undefined },
    ...{
      makesFilesystem: true,
      set: [],
      exclude: [],
      isResumable: true,
      parts: 1,
      isResumed: false,
      ...change,
    },
  };
  const request = encodeRequest({ kind: 'receive-lane', compress: false, hasNoise: false, legs: [leg] });
  return `'${request.join(' ')}'`;
}

for (const gate of gates) {
  test(`a backup host with a gate (${gate}) is set up as docs/security.md says, and versions come to it, by both transports`, async () => {
    const { a, b } = lab;
    await setUp(gate);
    for (const [version, transport] of [
      [2, 'ssh2'],
      [3, 'openssh'],
    ] as const) {
      await a.run(`date > /tank/vm/small; zfs snapshot tank/vm@zfs-vm:web:${version}`);
      await expectZfsVm(a, `--transport ${transport} push backup`);
    }
    const theirs = (await listVersionGuids(b)).filter((line) => !line.includes('secret'));
    assert.deepEqual(theirs, await listVersionGuids(a));
    assert.doesNotMatch((await expectZfsVm(a, 'list backup')).stdout, /secret/);
    assert.match((await b.run('zfs get -H -o value canmount,mounted tank/backup/vm')).stdout, /noauto\nno/);
  });

  test(`through a gate (${gate}), a stolen key can add versions, and nothing else`, async () => {
    const { a, b } = lab;
    await setUp(gate);
    await a.run('date > /tank/vm/small; zfs snapshot tank/vm@zfs-vm:web:2');
    await expectZfsVm(a, 'push backup');
    const before = await snapState(b);
    const properties = (): Promise<string> =>
      b.run('zfs get -Hp -s local,received -o name,property,value,source all').then(({ stdout }) => stdout);
    const set = await properties();

    // What ssh could do.
    for (const command of [
      ...[
        "'zfs destroy -r tank/backup'",
        "'zfs rollback -r tank/backup/vm@zfs-vm:web:1'",
        "'zfs rename tank/backup tank/x'",
      ],
      ...[
        "'zfs mount tank/backup/vm'",
        "'cat /tank/secret/file'",
        "'zfs set quota=none tank/backup'",
        'sh',
        'id',
        '',
      ],
      ...[
        "'zfs send tank/secret@zfs-vm:secret:1'",
        "'zfs receive -F tank/backup/vm'",
        "'cat > .ssh/authorized_keys'",
      ],
    ]) {
      assert.match(await steal(command), /^zfs-vm gate: /m, command);
    }
    // What zfs-vm could do.
    assert.match((await expectZfsVm(a, 'prune --keep-last 1 --yes backup', 4)).stderr, /the gate refused/);
    // What somebody could write who knows the protocol.
    const destroy = "'zfs-vm-gate/1 destroy'";
    assert.match(
      await steal(destroy, "<<< $'dataset=tank/backup/vm names=zfs-vm:web:1\\nend'"),
      /append-only|prune/,
    );
    assert.match(
      await steal("'zfs-vm-gate/1 send-lane + stream=whole to=tank/backup/vm@zfs-vm:web:1'"),
      /--allow send/,
    );
    // Streams with properties and several datasets; a mountpoint; what is not below the root.
    await a.run(
      'zfs create -o mountpoint=/etc/x -o quota=50M tank/vm/below; zfs snapshot -r tank/vm@zfs-vm:web:3',
    );
    for (const [option, change] of [
      ['-p', {}],
      ['-R', {}],
      ['-R', { parts: 9 }],
      ['', { set: [{ name: 'mountpoint', value: '/etc' }] }],
      ['', { destination: 'tank/secret/x' }],
      ['', { destination: 'tank/backup/../x' }],
      ['', { makesFilesystem: false }],
      ['', { isResumed: true }],
    ] as const) {
      const stream = `< <(zfs send ${option} tank/vm@zfs-vm:web:3)`;
      assert.match(
        await steal(lane(change), stream),
        /^zfs-vm gate: refused: /m,
        `${option} ${JSON.stringify(change)}`,
      );
    }
    // A clone of what is not theirs: they know the snapshot, and would read the rest of it.
    await a.run('ssh root@b zfs send tank/secret@zfs-vm:secret:1 | zfs receive -u tank/known');
    await a.run('zfs clone tank/known@zfs-vm:secret:1 tank/probe; zfs snapshot tank/probe@zfs-vm:web:9');
    const clone = '< <(zfs send -i tank/known@zfs-vm:secret:1 tank/probe@zfs-vm:web:9)';
    assert.match(await steal(lane({}), clone), /creates a clone/);
    assert.match(
      await steal(lane({ origin: 'tank/secret@zfs-vm:secret:1' }), clone),
      /tank\/secret is not below/,
    );

    assert.equal(await snapState(b), before);
    assert.equal(await properties(), set);

    // A version is added.
    await a.run('zfs destroy -r tank/probe; zfs destroy -r tank/known');
    await expectZfsVm(a, 'push -n web backup');
    const added = await snapState(b);
    assert.ok(added.includes('tank/backup/vm@zfs-vm:web:3'), added);

    // Filling ends at the quota, and what is there stays. Nothing more comes before somebody makes room on the host itself.
    await a.run('zfs create tank/large');
    await a.run('head -c 80000000 /dev/urandom > /tank/large/disk; zfs snapshot tank/large@zfs-vm:large:1');
    const { code, stderr } = await runZfsVm(a, 'push --retries 0 -n large backup');
    assert.ok(code !== 0, stderr);
    const kept = (await snapState(b)).split('\n').filter((line) => !line.startsWith('tank/backup/large'));
    assert.deepEqual(kept, added.split('\n'));
    await b.run('zfs-vm abort --yes; zpool sync; zpool wait -t free tank');
    await a.run('date > /tank/vm/small; zfs snapshot tank/vm@zfs-vm:web:4');
    await expectZfsVm(a, 'push -n web backup');
  });

  test(`through a gate (${gate}) that allows it, versions are pulled and pruned`, async () => {
    const { a, b } = lab;
    const theirVersions = (): Promise<string[]> =>
      listVersionGuids(b).then((lines) => lines.filter((line) => !line.includes('secret')));
    await setUp(gate);
    for (const version of [2, 3]) {
      await a.run(`date > /tank/vm/small; zfs snapshot tank/vm@zfs-vm:web:${version}`);
    }
    await expectZfsVm(a, 'push backup');
    const policy = 'gate --allow list --allow send --allow prune --under tank/backup --streamline web';
    const opening =
      gate === 'zfs-vm'
        ? `zfs-vm ${policy} --print-authorized-keys /tmp/id_backup.pub > ~backup-vm/.ssh/authorized_keys`
        : `zfs-vm ${policy} --emit-sh > /usr/local/sbin/zfs-vm-gate`;
    await b.run(`${opening} && zfs allow -u backup-vm send,hold,release,bookmark,destroy,mount tank/backup`);
    await a.run('zfs destroy -r tank/vm; zfs create tank/restored');
    await expectZfsVm(a, 'pull -d tank/restored backup');
    assert.deepEqual(await listVersionGuids(a), await theirVersions());
    await expectZfsVm(a, 'prune --keep-last 1 --yes backup');
    assert.equal((await theirVersions()).length, 1);
  });
}
