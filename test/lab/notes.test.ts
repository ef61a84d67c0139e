import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectZfsVm, listVersionGuids, makeVolume } from './client.js';
import type { LabHost } from './lab-host.js';
import { quoteArgv } from './quote.js';
import { slowBytes, SlowPush, slowRate, waitUntilQuiet } from './slow-push.js';
import { useClientLab } from './use-client-lab.js';

const lab = useClientLab();

/** The notes that a host lists, by dataset and version. */
async function listNotes(client: LabHost, target = ''): Promise<Record<string, string | null>> {
  const { stdout } = await expectZfsVm(client, `list --json ${target}`);
  const { streamlines } = JSON.parse(stdout) as {
    streamlines: { versions: { snapshot: string; note: string | null }[] }[];
  };
  const versions = streamlines.flatMap((streamline) => streamline.versions);
  return Object.fromEntries(versions.map(({ snapshot, note }) => [snapshot, note]));
}

/** Quotes, what a shell would act on, and bytes that an old dash has taken for marks of its own (0x81 to 0x88). */
const odd = ` it's "$HOME" \\n \`id\` $(id) ; \u0101\u00E9\u{1F601} -x=y  `;

test('notes of any characters are kept, listed, pushed by a user with rights, pulled, and copied', async () => {
  const { a, b, outside } = lab;
  await a.run('zfs create tank/ct; zfs create tank/ct/etc');
  await makeVolume(a, 'tank/disk', 16);
  await expectZfsVm(outside, quoteArgv(['tag', '-r', '-n', 'ct:1', '-m', odd, 'tank/ct']));
  await expectZfsVm(outside, 'tag tank/ct');
  await expectZfsVm(outside, 'tag -n disk:1 -m "first disk" tank/disk');
  const table = await expectZfsVm(outside, 'list');
  assert.match(table.stdout, / NOTE$/m);
  assert.ok(table.stdout.includes(odd.trimEnd()), table.stdout);

  await b.run('zfs create tank/v; zfs allow -u zed userprop tank');
  assert.equal((await expectZfsVm(outside, 'push -d tank/v zed@b')).stderr, '');
  assert.deepEqual(await listVersionGuids(b), await listVersionGuids(a));
  assert.deepEqual(await listNotes(a, 'root@b'), {
    'tank/v/ct@zfs-vm:ct:1': odd,
    'tank/v/ct@zfs-vm:ct:2': null,
    'tank/v/disk@zfs-vm:disk:1': 'first disk',
  });
  const { stdout: member } = await b.run('zfs get -H -o value zfs-vm:note tank/v/ct/etc@zfs-vm:ct:1');
  assert.equal(member, `${odd}\n`);

  await a.run('zfs destroy -r tank/ct; zfs destroy -r tank/disk');
  const pull = await expectZfsVm(a, '-sv pull -d tank/back fjoe@b');
  // All at once, unless it takes long.
  const told = [...pull.stdout.matchAll(/^set ([0-9]) notes? on this machine$/gm)].map(([, count]) =>
    Number(count),
  );
  assert.equal(
    told.reduce((sum, count) => sum + count, 0),
    3,
    pull.stdout,
  );
  await expectZfsVm(a, 'push -n ct -d tank/copy local');
  const notes = await listNotes(a);
  assert.equal(notes['tank/back/ct@zfs-vm:ct:1'], odd);
  assert.equal(notes['tank/copy/ct@zfs-vm:ct:1'], odd);

  await b.run(
    'zfs unallow -u zed userprop tank; zfs set zfs-vm:note="$(printf \'x\\ty\\n\')" tank/v/ct@zfs-vm:ct:2',
  );
  await expectZfsVm(outside, 'tag -m third tank/back/ct');
  const denied = await expectZfsVm(outside, 'push zed@b');
  assert.match(
    denied.stderr,
    /^warning: notes of versions were not copied: zed@b: .*permission denied by zfs/,
  );
  const unclear = await expectZfsVm(outside, 'list root@b');
  assert.match(unclear.stderr, /a note on root@b contains a tab or newline/);
  assert.match(unclear.stdout, /^ +3 /m);
});

test('a push that is killed has set the notes of what came before, and the next one sets those of the rest', async () => {
  const { a, b, outside } = lab;
  await a.run(
    `set -e; zfs create tank/ct; zfs snapshot -o zfs-vm:note=one tank/ct@zfs-vm:ct:1
    head -c ${slowBytes} /dev/urandom > /tank/ct/big; zfs snapshot -o zfs-vm:note=two tank/ct@zfs-vm:ct:2`,
  );
  await a.setLink(slowRate);
  const push = new SlowPush(lab);
  await push.start('root@b');
  await b.run(
    `for try in $(seq 300); do zfs list -H -o zfs-vm:note tank/vm/ct@zfs-vm:ct:1 | grep -qx one && exit; sleep 0.1; done; exit 1`,
  );
  await a.run('kill -KILL $(cat /tmp/push.pid)');
  await waitUntilQuiet(a, 10_000);
  await a.setLink({});
  assert.match((await expectZfsVm(outside, 'push -d tank/vm root@b')).stdout, /resumed/);
  assert.deepEqual(await listNotes(a, 'root@b'), {
    'tank/vm/ct@zfs-vm:ct:1': 'one',
    'tank/vm/ct@zfs-vm:ct:2': 'two',
  });
});

/** Tags on host a if something has changed; gives what was made. */
async function tagIfChanged(words: string): Promise<string> {
  return (await expectZfsVm(lab.outside, `tag --if-changed ${words}`)).stdout;
}

test('--if-changed sees what was written a moment ago, and nothing else', async () => {
  const { a, outside } = lab;
  await a.run('zfs create -o atime=off tank/ct; date > /tank/ct/x');
  await makeVolume(a, 'tank/disk', 16);
  await expectZfsVm(outside, 'tag -n ct:1 tank/ct');
  await expectZfsVm(outside, 'tag -n disk:1 tank/disk');
  await a.run('zfs snapshot tank/ct@daily-1; zfs snapshot tank/disk@daily-1');
  const unchanged = await expectZfsVm(outside, 'tag --if-changed tank/ct');
  assert.deepEqual(
    [unchanged.stdout, unchanged.stderr],
    ['', 'no changes since ct:1 in tank/ct; no version created\n'],
  );
  assert.equal(await tagIfChanged('tank/disk'), '');

  await a.run('zfs clone tank/ct@zfs-vm:ct:1 tank/copy');
  assert.equal(await tagIfChanged('tank/copy'), '');
  const writes =
    'date > /tank/ct/y; rm /tank/copy/x; dd if=/dev/urandom of=/dev/zvol/tank/disk bs=4k count=1 conv=fsync';
  await a.run(`${writes}; zfs snapshot tank/ct@daily-2`);
  assert.equal(await tagIfChanged('tank/copy'), 'tank/copy@zfs-vm:ct:2\n');
  assert.equal(await tagIfChanged('tank/ct'), 'tank/ct@zfs-vm:ct:3\n');
  assert.equal(await tagIfChanged('tank/ct'), '');
  assert.equal(await tagIfChanged('tank/disk'), 'tank/disk@zfs-vm:disk:2\n');
});

test('a tree has changed when one of its members has, or is new, or gone', async () => {
  const { a, outside } = lab;
  await a.run('zfs create tank/t; zfs create "tank/t/my etc"; zfs create tank/t/srv');
  await expectZfsVm(outside, 'tag -r -n t:1 tank/t');
  assert.equal(await tagIfChanged('-r tank/t'), '');
  await a.run('date > "/tank/t/my etc/x"');
  assert.match(await tagIfChanged('-r tank/t'), /^tank\/t\/my etc@zfs-vm:t:2$/m);
  assert.equal(await tagIfChanged('-r tank/t'), '');
  await a.run('zfs create -o mountpoint=none tank/t/new');
  assert.match(await tagIfChanged('-r tank/t'), /^tank\/t\/new@zfs-vm:t:3$/m);
  await a.run('zfs destroy -r tank/t/new');
  assert.match(await tagIfChanged('-r tank/t'), /^tank\/t@zfs-vm:t:4$/m);
  assert.equal(await tagIfChanged('-r tank/t'), '');
});
