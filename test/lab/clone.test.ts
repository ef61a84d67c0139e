import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { waitOn } from './wait-on.js';
import { expectZfsVm, makeVolume } from './client.js';
import { slowBytes, slowRate } from './slow-push.js';
import { useClientLab } from './use-client-lab.js';

const lab = useClientLab();

afterEach(() => lab.b.setLink({}));

/** Shell text: a filesystem with odd names in it, in two versions. */
const makeImage = String.raw`set -e; zfs create tank/ct; cd /tank/ct
  mkdir dir; for file in gone ren hl 'a b'; do echo $file > "$file"; done; zfs snapshot tank/ct@zfs-vm:ct:1
  rm gone; mv ren 'dir/ren\w'; ln hl dir/hl; echo more > 'a b'; printf y > "$(printf 'new\n\303\244')"
  printf y > "$(printf 'bad\377')"; ln -s x sym; mkfifo fifo; cd /; zfs snapshot tank/ct@zfs-vm:ct:2`;

async function get(property: string, dataset: string): Promise<string> {
  return (await lab.a.run(['zfs', 'get', '-Hp', '-o', 'value', property, dataset])).stdout.trim();
}

/** The lines of `diff --list` that tell a path. */
async function listPaths(versions: string): Promise<string[]> {
  const { stdout } = await expectZfsVm(lab.a, `diff --list ${versions}`);
  return stdout
    .split('\n')
    .filter((line) => /^[-+MR] /.test(line))
    .sort();
}

test('a filesystem that came by pull is compared and cloned, and what is made of the clone goes back as one', async () => {
  const { a, b } = lab;
  await b.run(makeImage);
  await expectZfsVm(a, 'pull -d tank/vm root@b');
  const changes = [
    ...['+ /bad\uFFFD', '+ /fifo', '+ /new \u00E4', '+ /sym', '- /gone', 'M /', 'M /a b', 'M /dir', 'M /hl'],
    String.raw`R /ren -> /dir/ren\w`,
  ];
  assert.deepEqual(await listPaths('ct:1 ct:2'), changes);
  assert.equal(await get('mounted', 'tank/vm/ct'), 'no');
  assert.equal(await get('written', 'tank/vm/ct'), '0');

  const { stdout } = await expectZfsVm(a, 'clone -p -o atime=off ct tank/work/ct');
  assert.match(stdout, /cloned ct:2 of tank\/vm\/ct to tank\/work\/ct, mounted at \/tank\/work\/ct\n/);
  assert.equal(await get('atime', 'tank/work/ct'), 'off');
  await a.run(String.raw`set -e; cd /tank/work/ct; test -L sym; rm 'dir/ren\w'; echo new > 'n w'`);
  assert.deepEqual(await listPaths('ct:2 tank/work/ct'), [
    ...['+ /n w', String.raw`- /dir/ren\w`, 'M /', 'M /dir'],
  ]);
  assert.match((await expectZfsVm(a, 'tag tank/work/ct')).stdout, /^tank\/work\/ct@zfs-vm:ct:3$/m);
  // From before the origin, too, with neither of the two mounted.
  await a.run('zfs unmount tank/work/ct');
  const sinceFirst = await listPaths('ct:1 ct:3');
  assert.ok(sinceFirst.includes('+ /n w') && sinceFirst.includes('- /gone'), sinceFirst.join('\n'));
  assert.match((await expectZfsVm(a, 'diff ct:1 ct:3')).stdout, /an increment of/);
  await expectZfsVm(a, 'clone ct:3 tank/work/again');
  await a.run('date > /tank/work/again/x');
  const { stderr } = await expectZfsVm(a, 'diff ct:2 tank/work/again', 1);
  assert.match(stderr, /a clone of a clone/);

  await expectZfsVm(a, 'push root@b');
  const { stdout: origin } = await b.run('zfs get -Hp -o value origin tank/work/ct');
  assert.equal(origin, 'tank/ct@zfs-vm:ct:2\n');
});

test('a volume that came by pull is compared and cloned, and the clone can be written to', async () => {
  const { a, b } = lab;
  await makeVolume(b, 'tank/disk', 16);
  await b.run(
    `set -e; for version in 1 2; do
      dd if=/dev/urandom of=/dev/zvol/tank/disk bs=64k count=2 conv=fsync 2>/dev/null; zfs snapshot tank/disk@zfs-vm:disk:$version; done`,
  );
  await expectZfsVm(a, 'pull root@b');
  assert.match(
    (await expectZfsVm(a, 'diff disk:1 disk:2')).stdout,
    /of tank\/disk\n {2}a volume: 1[0-9.]+ KiB written, an increment of 1[0-9.]+ KiB\n/,
  );
  const { stdout } = await expectZfsVm(a, 'clone -o mountpoint=/nowhere disk:1 tank/work');
  assert.match(stdout, /to tank\/work: \/dev\/zvol\/tank\/work\n/);
  await a.run(
    `set -e; for try in $(seq 100); do [ -e /dev/zvol/tank/work ] && break; sleep 0.1; done
    dd if=/dev/urandom of=/dev/zvol/tank/work bs=64k count=1 conv=fsync 2>/dev/null`,
  );
  assert.match((await expectZfsVm(a, 'tag tank/work')).stdout, /@zfs-vm:disk:3/);
});

test('what is encrypted is cloned when its key is there, and members of trees keep their places', async () => {
  const { a, b } = lab;
  await b.run(
    `set -e; echo passpasspass | zfs create -o encryption=on -o keyformat=passphrase tank/t; zfs create tank/t/b
    date > /tank/t/b/x; zfs snapshot -r tank/t@zfs-vm:t:1; date > /tank/t/b/y; zfs snapshot -r tank/t@zfs-vm:t:2`,
  );
  await expectZfsVm(a, 'pull -d tank/vm root@b');
  assert.match(
    (await expectZfsVm(a, 'clone t tank/work', 1)).stderr,
    /"zfs load-key tank\/vm\/t" and "zfs load-key tank\/vm\/t\/b"/,
  );
  const { stdout: sizes, stderr } = await expectZfsVm(a, 'diff t:1 t:2', 1);
  assert.match(sizes, /of tank\/vm\/t\/b\n {2}changed paths unknown; .* an increment of/);
  assert.match(stderr, /tank\/vm\/t\/b is encrypted and its key is not loaded/);
  // Each came by a stream of its own.
  await a.run('for name in tank/vm/t tank/vm/t/b; do echo passpasspass | zfs load-key $name || exit; done');
  await expectZfsVm(a, 'clone t tank/work');
  await a.run('test -s /tank/work/b/y');
  assert.match((await expectZfsVm(a, 'diff t:1 t:2')).stdout, /of tank\/vm\/t\/b\n {2}1 added, 0 removed/);
});

test('a clone from another host that is killed in the middle of its pull is finished by the same command', async () => {
  const { a, b } = lab;
  await b.run(
    `zfs create tank/ct; head -c ${slowBytes} /dev/urandom > /tank/ct/big; zfs snapshot tank/ct@zfs-vm:ct:1`,
  );
  await b.setLink(slowRate);
  const command = 'clone --from root@b -d tank/vm ct:1 tank/work';
  await a.run(`zfs-vm ${command} > /tmp/clone 2>&1 & echo $! > /tmp/clone.pid`);
  const deadline = Date.now() + 120_000;
  while (!(await waitOn(a, 'zfs list tank/vm/ct > /dev/null 2>&1'))) {
    assert.ok(Date.now() < deadline, 'the pull does not begin');
  }
  await a.run('kill -KILL $(cat /tmp/clone.pid)');
  assert.notEqual((await a.run('zfs list tank/work', { check: false })).code, 0);
  await b.setLink({});
  const { stdout } = await expectZfsVm(a, command);
  assert.match(stdout, /resumed/);
  assert.match(stdout, /cloned ct:1 of tank\/vm\/ct to tank\/work, mounted at \/tank\/work\n$/);
  const [theirs, ours] = [await b.run('sha256sum < /tank/ct/big'), await a.run('sha256sum < /tank/work/big')];
  assert.equal(ours.stdout, theirs.stdout);
  assert.match((await expectZfsVm(a, command, 2)).stderr, /tank\/work already exists \(a clone of ct:1\)/);
});

test('a comparison that is interrupted leaves no mount, no snapshot and no process', async () => {
  const { a } = lab;
  await a.run(
    `set -e; zfs create tank/many; zfs snapshot tank/many@zfs-vm:many:1
    cd /tank/many; seq -f 'file-%04g' 2000 | xargs touch; cd /; zfs snapshot tank/many@zfs-vm:many:2`,
  );
  const describeAll = async (): Promise<string> =>
    (await a.run('zfs list -H -t all -o name,mounted; cat /proc/mounts')).stdout;
  // As it is after a pull: not mounted. And as it is while somebody works on it.
  for (const [words, prepare] of [
    ['many:1 many:2', 'zfs unmount tank/many'],
    ['many:1', 'zfs mount tank/many'],
  ] as const) {
    await a.run(prepare);
    const before = await describeAll();
    const { stdout } = await a.run(
      `sh -c 'echo $$ > /tmp/diff.pid; exec zfs-vm diff ${words}' > /tmp/diff 2>&1 & client=$!
      until pgrep -f '[z]fs diff' > /dev/null; do sleep 0.05; done; sleep 0.3
      kill -INT $(cat /tmp/diff.pid); wait $client; echo $?; cat /tmp/diff`,
    );
    assert.match(stdout, /^130\n/);
    await a.run('while pgrep -f "[z]fs diff" > /dev/null; do sleep 0.1; done', { timeoutMs: 10_000 });
    assert.equal(await describeAll(), before);
  }
});

test('a clone hides no files, and what was written just now is counted', async () => {
  const { a } = lab;
  await a.run(`${makeImage}; mkdir /tank/desk; date > /tank/desk/mine`);
  const { stderr } = await expectZfsVm(a, 'clone ct:2 tank/desk', 2);
  assert.match(stderr, /\/tank\/desk is not an empty directory/);
  await a.run('test -e /tank/desk/mine && rm /tank/desk/mine');
  await expectZfsVm(a, 'clone ct:2 tank/desk');
  await a.run('head -c 3000000 /dev/urandom > /tank/desk/new');
  const { stdout } = await expectZfsVm(a, 'diff ct:2 tank/desk');
  assert.match(stdout, /[23]\.[0-9]+ MiB written/);
});
