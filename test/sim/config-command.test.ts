import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleConfig } from '../../src/config/example.js';
import { findConfigFaults, parseConfig } from '../../src/config/parse-config.js';
import { SimWorld } from './sim-world.js';
import { expectRun } from './steps.js';

function makeWorld(text?: string): SimWorld {
  const world = new SimWorld();
  world.addMachine('a');
  if (text !== undefined) world.configFiles.set('config.toml', text);
  return world;
}

test('the example has nothing but comments, and without their # it is a configuration that uses every key', () => {
  assert.deepEqual(
    exampleConfig.split('\n').filter((line) => !/^(#.*)?$/.test(line)),
    [],
  );
  const text = exampleConfig.replaceAll(/^#(?=[^ ])/gm, '');
  assert.deepEqual(findConfigFaults(text), []);
  const { remotes, groups, retentions } = parseConfig(text, 'config.toml');
  assert.deepEqual([[...remotes.keys()], [...groups.keys()]], [['backup', 'offsite'], ['all']]);
  assert.equal(retentions.length, 1);
  assert.ok(Object.values(remotes.get('backup') ?? {}).every((value) => value !== undefined));
});

test('config init writes the example, says what to do next, and overwrites nothing', async () => {
  const world = makeWorld();
  const { stdout } = await expectRun(world, 'a', 'config init');
  assert.equal(stdout, 'created config.toml\nedit it, then check it with: zfs-vm config check\n');
  assert.equal(world.configFiles.get('config.toml'), exampleConfig);
  assert.match((await expectRun(world, 'a', 'config check')).stdout, /^config\.toml: no faults; 0 remotes, /);
  world.configFiles.set('config.toml', 'mine');
  assert.match((await expectRun(world, 'a', 'config init', 2)).stderr, /config\.toml exists already/);
  assert.equal(world.configFiles.get('config.toml'), 'mine');
  await expectRun(world, 'a', 'config init --config other.toml');
  assert.equal(world.configFiles.get('other.toml'), exampleConfig);
});

test('config check names all faults by line', async () => {
  const world = makeWorld('[remotes.b]\nhost = "b"\nsduo = true\n[groups]\nall = ["c"]\n');
  const { stdout, stderr } = await expectRun(world, 'a', 'config check', 2);
  assert.equal(stdout, '');
  assert.match(stderr, /^config\.toml:3: .*"sduo".*did you mean "sudo"\?$/m);
  assert.match(stderr, /^config\.toml:5: .*"c"/m);
  assert.match(stderr, /^2 faults$/m);
  assert.match(
    (await expectRun(world, 'a', 'config check --config no.toml', 2)).stderr,
    /config init --config no\.toml/,
  );
});

test('config show prints what remotes come to, with defaults', async () => {
  const world = makeWorld(
    [
      '[remotes.backup]',
      'host = "ssh://fjoe@backup.example.com:2222"',
      'dest = "tank/vm"',
      'sudo = true',
      'bwlimit = "20M"',
      '[remotes.backup.retention."*"]',
      'keep-monthly = 24',
      'keep-within = "30d"',
      '[remotes.far]',
      'host = "far"',
      '[groups]',
      'all = ["backup", "far"]',
      '[retention.web]',
      'keep-last = 3',
    ].join('\n'),
  );
  const { stdout } = await expectRun(world, 'a', 'config show backup');
  assert.equal(
    stdout,
    [
      'remote backup',
      '  host         backup.example.com',
      '  user         fjoe',
      '  port         2222',
      '  dest         tank/vm',
      '  sudo         yes',
      '  transport    ssh2 where possible',
      '  bwlimit      20 MiB/s',
      '  relay        yes: it may send to other hosts (push --relay)',
      '  prune, sync  *: keep those of the last 30d, 24 monthly',
      '',
    ].join('\n'),
  );
  const { stdout: all } = await expectRun(world, 'a', 'config show');
  assert.match(all, /^configuration file: config\.toml\n\nremote backup\n/);
  assert.match(all, /^remote far\n(.*\n)+ {2}prune +web: keep the last 3\n {2}sync +destroys nothing there/m);
  assert.match(all, /^group all\n {2}remotes +backup, far$/m);
  assert.match(all, /^this machine\n {2}prune, sync +web: keep the last 3$/m);
});

test('without a file, config show says so', async () => {
  assert.match(
    (await expectRun(makeWorld(), 'a', 'config show')).stdout,
    /^configuration file: config\.toml \(does not exist\)\n/,
  );
});

for (const [args, words] of [
  ['config', /argument|word/],
  ['config inti', /unknown action "inti"; did you mean "init"\?/],
  ['config init backup', /unexpected argument "backup"/],
  ['config show bakcup', /no remote "bakcup" is configured; did you mean "backup"\?/],
] as const) {
  test(`"${args}" is a usage error`, async () => {
    const world = makeWorld('[remotes.backup]\nhost = "b"\n');
    assert.match((await expectRun(world, 'a', args, 2)).stderr, words);
  });
}

test('version prints the version, and with -v what it runs on', async () => {
  const world = makeWorld();
  assert.match((await expectRun(world, 'a', 'version')).stdout, /^zfs-vm \d+\.\d+\.\d+\S*\n$/);
  assert.match((await expectRun(world, 'a', 'version -v')).stdout, /^Node\.js \d+\./m);
});
