import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeState } from './oracle.js';
import type { Machine } from './machine.js';
import { SimWorld, type RunResult } from './sim-world.js';

const hourMs = 3_600_000;

/** a has an image, which b has in part and c not at all; all of them know the others as remotes. */
async function makeWorld(): Promise<{ world: SimWorld; a: Machine; b: Machine; c: Machine }> {
  const world = new SimWorld();
  const [a, b, c] = [world.addMachine('a'), world.addMachine('b'), world.addMachine('c')];
  world.configFiles.set(
    'config.toml',
    '[remotes.near]\nhost = "b"\ndest = "tank/copy"\n[remotes.far]\nhost = "root@c"\ndest = "tank"\n[groups]\nall = ["near", "far"]\n',
  );
  a.pools.create('tank/web');
  addVersion(a, 'web:1');
  await expectRun(world, 'push near');
  await world.clock.sleep(20 * hourMs);
  addVersion(a, 'web:2');
  await world.clock.sleep(10 * hourMs);
  addVersion(a, 'web:3');
  return { world, a, b, c };
}

function addVersion({ pools }: Machine, tag: string): void {
  pools.write('tank/web', [1, 2, 3]);
  pools.snapshot([`tank/web@zfs-vm:${tag}`]);
}

async function expectRun(world: SimWorld, args: string, status = 0): Promise<RunResult> {
  const result = await world.run('a', args);
  assert.equal(result.status, status, `zfs-vm ${args}\n${result.stdout}${result.stderr}`);
  return result;
}

/** What `--json` says of a streamline on a host, as the test needs it. */
interface JsonRow {
  readonly streamline: string;
  readonly state: string;
  readonly newest: { readonly version: string; readonly createdAt: string | null } | null;
  readonly versionsBehind: number;
  readonly bytesBehind: number | null;
}

async function readRows(world: SimWorld, args: string, status = 0): Promise<Map<string, JsonRow[]>> {
  const { stdout } = await expectRun(world, `status --json ${args}`, status);
  const { hosts } = JSON.parse(stdout) as { hosts: { host: string; streamlines: JsonRow[] }[] };
  return new Map(hosts.map(({ host, streamlines }) => [host, streamlines]));
}

/** Notes each zfs that is run on a machine. */
function listenTo(machine: Machine): string[] {
  const calls: string[] = [];
  machine.beforeZfs = (words) => {
    calls.push(words.slice(0, 2).join(' '));
  };
  return calls;
}

test('all remotes are compared, by their short names, and nothing is changed anywhere', async () => {
  const { world, a, b, c } = await makeWorld();
  const before = [a, b, c].map((machine) => describeState(machine));
  const { stdout } = await expectRun(world, 'status');
  assert.match(stdout, /^web +local +3 +0 s$/m);
  assert.match(stdout, /^web +near +1 +30 h +2 versions, about [0-9.]+ KiB +behind$/m);
  assert.match(stdout, /^web +far +none +3 versions, about [0-9.]+ KiB +behind$/m);
  assert.deepEqual(
    [a, b, c].map((machine) => describeState(machine)),
    before,
  );
});

test('it says what a plan says: the same versions and the same bytes', async () => {
  const { world } = await makeWorld();
  for (const host of ['near', 'far']) {
    const { stdout } = await expectRun(world, `plan push --json ${host}`);
    const { chains } = JSON.parse(stdout) as { chains: { steps: { sizeBytes: number }[] }[] };
    const steps = chains.flatMap((chain) => chain.steps);
    const [row] = (await readRows(world, host)).get(host) ?? [];
    assert.equal(row?.versionsBehind, steps.length);
    const planned = steps.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    assert.equal(row.bytesBehind, planned);
  }
});

test('after a push, the host is up to date', async () => {
  const { world } = await makeWorld();
  await expectRun(world, 'push near');
  const [row] = (await readRows(world, 'near')).get('near') ?? [];
  assert.deepEqual(
    [row?.state, row?.newest?.version, row?.versionsBehind, row?.bytesBehind],
    ['up-to-date', '3', 0, 0],
  );
});

test('a host that is up to date is asked once, and so is this machine but for the ages', async () => {
  const { world, a, b } = await makeWorld();
  await expectRun(world, 'push near');
  const [here, there] = [listenTo(a), listenTo(b)];
  await expectRun(world, 'status near');
  assert.deepEqual(there, ['list -Hp', 'list -Hp']);
  assert.deepEqual(here, ['list -Hp', 'list -Hp', 'list -Hp']);
});

test('the age of a version that was pruned here is that of its bookmark', async () => {
  const { world, a } = await makeWorld();
  a.pools.destroySnapshots('tank/web', ['zfs-vm:web:1']);
  const [row] = (await readRows(world, 'near')).get('near') ?? [];
  assert.deepEqual(row?.newest, { version: '1', createdAt: '2024-01-01T00:00:00.000Z' });
});

test('the age of a version that never was here is asked of the host', async () => {
  const { world, a, b } = await makeWorld();
  await expectRun(world, 'push near');
  await world.clock.sleep(hourMs);
  b.pools.snapshot(['tank/copy/web@zfs-vm:web:4']);
  const [row] = (await readRows(world, 'near')).get('near') ?? [];
  assert.equal(row?.state, 'ahead');
  assert.deepEqual(row.newest, { version: '4', createdAt: '2024-01-02T07:00:00.000Z' });
  assert.ok(!a.pools.open('tank/web').snapshots.some(({ name }) => name.endsWith(':4')));
});

test('a host that is not reached is told in its place, and the others are compared', async () => {
  const { world, c } = await makeWorld();
  c.unreachable = 'it is off';
  const { stdout, stderr } = await expectRun(world, 'status all', 4);
  assert.match(stdout, /^web +near +1 /m);
  assert.match(stdout, /^web +far +unreachable$/m);
  assert.match(stderr, /zfs-vm: cannot connect to far: it is off/);
});

test('a host whose zfs fails, or that lacks the pool of its place, is told in its place', async () => {
  const { world, b } = await makeWorld();
  world.configFiles.set(
    'config.toml',
    '[remotes.near]\nhost = "b"\n[remotes.wrong]\nhost = "c"\ndest = "pool/x"\n',
  );
  b.isZfsDenied = true;
  const { stdout, stderr } = await expectRun(world, 'status', 1);
  assert.match(stdout, /^web +near +unreachable$/m);
  assert.match(stdout, /^web +wrong +failed$/m);
  assert.match(stderr, /wrong has no pool "pool"/);
});

test('this machine under another name is not compared with itself, but with its copies where it has a place for them', async () => {
  const { world, a } = await makeWorld();
  const config = (rest: string): void => {
    world.configFiles.set('config.toml', `[remotes.self]\nhost = "root@a"\n${rest}`);
  };
  config('');
  const { stderr } = await expectRun(world, 'status', 1);
  assert.match(stderr, /self is this machine, which cannot be compared with itself/);
  config('dest = "tank/backup"\n');
  await expectRun(world, 'push self');
  addVersion(a, 'web:4');
  const { stdout } = await expectRun(world, 'status');
  assert.match(stdout, /^web +self +3 +[^ ]+ [^ ]+ +1 version, about [0-9.]+ KiB +behind$/m);
});

test('a conflict is the status of a plan, with its way out', async () => {
  const { world, b } = await makeWorld();
  b.pools.write('tank/copy/web', [7]);
  const { stdout } = await expectRun(world, 'status near far', 3);
  assert.match(stdout, /^web +near +1 +30 h +2 versions +conflict$/m);
  assert.match(
    stdout,
    /^conflict with near: web in tank\/web: near:tank\/copy\/web has .* of changes after web:1/m,
  );
  assert.match(stdout, /^ {2}to resolve: .*--rollback/m);
});

test('check: the levels of monitoring are its exit codes, in one line', async () => {
  const { world, b, c } = await makeWorld();
  const check = async (args: string, status: number): Promise<string> =>
    (await expectRun(world, `status --check ${args}`, status)).stdout;
  assert.equal(await check('near', 1), 'ZFS-VM WARNING - web on near is 2 versions behind\n');
  assert.match(await check('--max-age 31h near', 0), /^ZFS-VM OK - 1 streamline on 1 host, /);
  assert.equal(
    await check('--max-age 29h near', 2),
    'ZFS-VM CRITICAL - web on near is at version 1, 30 h old\n',
  );
  assert.match(await check('--max-age 31h', 2), /^ZFS-VM CRITICAL - web on far has no version\n/);
  c.unreachable = 'it is off';
  assert.equal(await check('far', 3), 'ZFS-VM UNKNOWN - far: cannot connect to far: it is off\n');
  b.pools.write('tank/copy/web', [7]);
  assert.match(
    await check('--max-age 31h', 2),
    /^ZFS-VM CRITICAL - near: web in .*, and 1 other problem\nfar: cannot/,
  );
});

test('check: what keeps it from being made is unknown, also in the configuration', async () => {
  const { world } = await makeWorld();
  const { stdout } = await expectRun(world, 'status --check -n nothing near', 3);
  assert.equal(stdout, 'ZFS-VM UNKNOWN - no streamline "nothing" on this machine\n');
  world.configFiles.set('config.toml', 'x = 1\n');
  assert.match((await expectRun(world, 'status --check', 3)).stdout, /^ZFS-VM UNKNOWN - config\.toml:1: /);
});

for (const [args, words] of [
  ['status --check --frob near', /"--frob"/],
  ['status --check --max-age', /--max-age/],
  ['status --check --max-age yesterday near', /--max-age "yesterday" is not a time/],
  ['status --check --json near', /exclude each other/],
] as const) {
  test(`"${args}" is unknown to monitoring, and not critical`, async () => {
    const { world } = await makeWorld();
    const { stdout, stderr } = await expectRun(world, args, 3);
    assert.match(stdout, /^ZFS-VM UNKNOWN - .*\n$/);
    assert.match(stdout, words);
    assert.equal(stderr, '');
  });
}

test('metrics are printed with status 0 also where a host is not reached, so that they can take the place of older ones', async () => {
  const { world, c } = await makeWorld();
  c.unreachable = 'it is off';
  const { stdout } = await expectRun(world, 'status --prometheus');
  assert.match(stdout, /^zfs_vm_host_up\{host="far"\} 0$/m);
  assert.match(stdout, /^zfs_vm_versions_behind\{host="near",streamline="web"\} 2$/m);
  assert.match(
    stdout,
    /^zfs_vm_newest_version_timestamp_seconds\{host="near",streamline="web"\} 1704067200$/m,
  );
});

test('only the streamlines that were asked for are shown', async () => {
  const { world, a } = await makeWorld();
  a.pools.create('tank/app');
  a.pools.snapshot(['tank/app@zfs-vm:app:1']);
  const rows = (await readRows(world, '-n app near')).get('near');
  assert.deepEqual(
    rows?.map(({ streamline }) => streamline),
    ['app'],
  );
});

test('a machine without versions is told so', async () => {
  const { world } = await makeWorld();
  const { stdout, stderr } = await world.run('c', 'status near');
  assert.equal(stdout, '');
  assert.equal(stderr, 'no versions on this machine\n');
});

for (const [args, words] of [
  ['status --json --prometheus near', /exclude each other/],
  ['status --max-age 26h near', /requires --check/],
  ['status --watch near', /--watch needs a terminal/],
  ['status --interval 5 near', /--interval requires --watch/],
  ['status --watch --json near', /--watch does not go with --json/],
  ['status local', /compares other hosts with this machine/],
  ['status --config empty.toml', /no hosts to compare with/],
  ['status -n nothing near', /no streamline "nothing" on this machine/],
] as const) {
  test(`"${args}" is a usage error`, async () => {
    const { world } = await makeWorld();
    world.configFiles.set('empty.toml', '');
    assert.match((await expectRun(world, args, 2)).stderr, words);
  });
}
