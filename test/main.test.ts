import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test, type TestContext } from 'node:test';

const executable = fileURLToPath(new URL('../../zfs-vm', import.meta.url));

/** Runs the program; with a `zfs` that is this shell script, or with none. */
function run(
  t: TestContext,
  args: readonly string[],
  zfs?: string,
): { status: number | null; stdout: string; stderr: string } {
  const folder = mkdtempSync(join(tmpdir(), 'zfs-vm-main-'));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  if (zfs !== undefined) {
    writeFileSync(join(folder, 'zfs'), `#!/bin/sh\n${zfs}\n`);
    chmodSync(join(folder, 'zfs'), 0o755);
  }
  const PATH = `${folder}:${process.env['PATH'] ?? ''}`;
  const { status, stdout, stderr } = spawnSync(process.execPath, [executable, ...args], {
    encoding: 'utf8',
    env: { ...process.env, PATH, XDG_CONFIG_HOME: folder, XDG_STATE_HOME: folder },
  });
  return { status, stdout, stderr };
}

const emptyHost = 'exit 0';

test('help goes to stdout, and names every command', (t) => {
  const { status, stdout } = run(t, ['--help']);
  assert.equal(status, 0);
  for (const command of [
    'tag',
    'list',
    'push',
    'pull',
    'copy',
    'plan push\\|pull\\|sync\\|restore\\|copy\\|prune\\|untag\\|rename',
  ]) {
    assert.match(stdout, new RegExp(`^  ${command} `, 'm'));
  }
});

test('what is answered without loading the program is what that says', (t) => {
  const answers = new URL('../bundle/zfs-vm.cjs.answers', import.meta.url);
  const known = JSON.parse(readFileSync(answers, 'utf8')) as Record<string, string>;
  assert.deepEqual(Object.keys(known), ['--version', '--help', '-h', 'help']);
  for (const [word, text] of Object.entries(known)) {
    assert.equal(run(t, [word]).stdout, text);
    assert.notEqual(text, '');
  }
  assert.equal(known['--help'], run(t, ['-v', '--help']).stdout);
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  assert.equal(known['--version'], `zfs-vm ${version}\n`);
});

test('values for completions are the same with and without the program, and an unknown kind has none', (t) => {
  const zfs = 'echo tank/ct@zfs-vm:web:1';
  const quick = run(t, ['completion', 'values', 'version', 'w'], zfs);
  assert.deepEqual([quick.status, quick.stdout], [0, 'web\t1 version\nweb:1\ttank/ct\n']);
  assert.deepEqual(run(t, ['completion', 'values', 'duration', ''], zfs).stdout, '');
  assert.deepEqual(run(t, ['completion', 'values', 'version', ''], 'exit 1').stdout, '');
  const bundle = fileURLToPath(new URL('../bundle/zfs-vm.cjs', import.meta.url));
  const words = `require(${JSON.stringify(bundle)}).main(['completion', 'values', 'property-value', 'compr'])`;
  assert.equal(
    spawnSync(process.execPath, ['-e', words], { encoding: 'utf8' }).stdout,
    'compression=\tproperty\n',
  );
});

test('help of a command has its options and examples', (t) => {
  const { status, stdout } = run(t, ['push', '--help']);
  assert.equal(status, 0);
  assert.match(stdout, /zfs-vm -s push -d tank\/vm fjoe@remote-host/);
});

test('help says how tag goes on from each kind of version, and how list shows GUIDs', (t) => {
  assert.match(run(t, ['tag', '--help']).stdout, /next\s+patch[^]*\s+or\s+the\s+next\s+pre-release/);
  assert.match(run(t, ['list', '--help']).stdout, /-v`\s+adds\s+the\s+GUIDs/);
});

test('help may be asked for after options, too', (t) => {
  const { status, stdout } = run(t, ['-v', 'help', 'push']);
  assert.equal(status, 0);
  assert.match(stdout, /^zfs-vm push: /);
});

test('no command at all is a usage error with the help', (t) => {
  const { status, stdout, stderr } = run(t, []);
  assert.equal(status, 2);
  assert.equal(stdout, '');
  assert.match(stderr, /usage: zfs-vm/);
});

for (const [args, words] of [
  [['frobnicate'], /unknown command "frobnicate"\n/],
  [['psuh', 'b'], /unknown command "psuh"; did you mean "push"\?\n/],
  [['--sduo', 'list'], /unknown global option "--sduo"; did you mean "--sudo"\?\n/],
  [['plan', 'pul'], /not "pul"; did you mean "pull"\?\n/],
  [['-v'], /missing command\n {2}try: zfs-vm --help/],
  [['--transport', 'openssh'], /missing command/],
  [['--config'], /--config needs a value\n {2}try: use --config FILE\n/],
  [
    ['plan'],
    /"plan" must be followed by push, pull, sync, restore, copy, prune, untag or rename\n {2}try: zfs-vm plan push HOST/,
  ],
  [['plan', 'status'], /"plan" must be followed by push, .* or rename, not "status"/],
  [['list', 'a', 'b'], /unexpected argument "b"/],
  [['tag', 'a', 'b'], /unexpected argument "b"\n {2}usage: zfs-vm tag .*\n {2}try: zfs-vm tag --help\n/],
  [
    ['copy', 'a'],
    /missing argument: tohost\n {2}usage: zfs-vm copy .* fromhost tohost\n {2}try: zfs-vm copy --help\n/,
  ],
  [
    ['push', '-j', '-1', 'b'],
    /--jobs "-1" is not a whole number from 1 to 999999\n {2}try: use e\.g\. --jobs 4\n/,
  ],
  [['log', '-n', '-1'], /--lines "-1" is not a whole number from 1 to 999999\n/],
  [['nonsense', '--help'], /unknown command "nonsense"\n {2}try: zfs-vm --help\n/],
  [['--help', 'psuh'], /unknown command "psuh"; did you mean "push"\?\n/],
  [['help', 'plan', 'pul'], /not "pul"; did you mean "pull"\?\n/],
  [['–v', 'list'], /"–v" begins with a typographic dash.*\n {2}try: type it as -v\n/],
  [['tag', '-m', '-x', '-n', 'a:1', 'b'], /try: to pass a value that begins with -, use --message=-x\n/],
  [['push', '-n', '-d', 'tank', 'b'], /-n needs a value\n {2}usage: zfs-vm push /],
  [
    ['push', '--retry', '3', 'b'],
    /push: unknown option "--retry"; did you mean "--retries"\?\n {2}try: zfs-vm push --help\n/,
  ],
  [
    ['push', '--json3', 'b'],
    /push: unknown option "--json3"; did you mean "--json"\?\n {2}try: zfs-vm push --help\n/,
  ],
  [['list', '-x', 'b'], /list: unknown option "-x"; .* push, pull and copy\n {2}try: zfs-vm list --help\n/],
  [['push', '-n', '--', 'b'], /-n needs a value\n {2}usage: zfs-vm push /],
  [['tag', '-m', '-a b', 'c'], /use --message='-a b'\n/],
  [['push', '-n', 'a', '-n', '-b', 'c'], /but "-b" looks like an option/],
  [['push', '--frob', 'b'], /--frob/],
  [['push', '-d'], /-d/],
  [['push', 'local'], /-d tank\/backup/],
  [['pull', 'local'], /cannot pull from this machine to itself/],
  [['push', '-d', 'tank/$(id)', 'b'], /is not a dataset name/],
  [['push', '-n', 'a;b', 'b'], /-n: "a;b" is neither a streamline/],
  [['tag', '-n', 'debian-7', 'tank/a'], /not a version/],
  [['tag', 'tank/a@b'], /is a snapshot/],
  [['tag', '-n', 'a/b:1', 'tank/a'], /try: use -n VERSION or /],
  [['tag', 'tank//a'], /try: give a dataset, e\.g\. tank\/vm\/1007/],
  [['push', '--retries', 'x', 'b'], /try: use e\.g\. --retries 3/],
  [
    ['push', '-o', 'x', 'b'],
    /invalid value for -o: "x" is not PROPERTY=VALUE\n {2}try: use e\.g\. -o compression=lz4/,
  ],
  [
    ['push', '2001', 'b'],
    /invalid host "2001": a bare number is not a host name\n {2}try: to choose a streamline, use -n 2001/,
  ],
  [['list', ''], /invalid host "": .*\n {2}try: use an address such as fjoe@remote-host or ssh:/],
  [['status', '--max-age', '26h', 'b'], /try: add --check/],
  [['clone', 'a', '/x'], /try: give the name of the new dataset/],
  [['list', '-oProxyCommand=x'], /./],
] as const) {
  test(`"${args.join(' ')}" is a usage error, told on stderr before anything runs`, (t) => {
    const { status, stdout, stderr } = run(t, args, 'echo zfs ran >&2; exit 1');
    assert.equal(status, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, words);
    assert.match(stderr, /^ {2}try: /m);
    assert.doesNotMatch(stderr, /zfs ran/);
    assert.doesNotMatch(stderr, /^ +at /m);
  });
}

test('a machine without versions is told so, with status 0', (t) => {
  const { status, stdout, stderr } = run(t, ['list'], emptyHost);
  assert.equal(status, 0);
  assert.equal(stdout, '');
  assert.equal(stderr, 'no versions on this machine\n');
});

test('JSON is on stdout and nothing else is', (t) => {
  const { status, stdout } = run(t, ['list', '--json'], emptyHost);
  assert.equal(status, 0);
  assert.deepEqual(JSON.parse(stdout), { schemaVersion: 1, host: 'local', streamlines: [], ignored: [] });
});

test('a failing zfs is status 1, in one line without a stack; --debug shows the stack', (t) => {
  const failing = 'echo "something is wrong" >&2; exit 1';
  const plain = run(t, ['list'], failing);
  assert.equal(plain.status, 1);
  assert.equal(plain.stderr, 'zfs-vm: local: zfs list failed with status 1: something is wrong\n');
  assert.match(run(t, ['-d', 'list'], failing).stderr, /^ +at /m);
});

for (const hostile of [
  '$(touch X)',
  '; touch X;',
  "'; touch X; '",
  '"; touch X; "',
  '`touch X`',
  'x\ntouch X',
  '-oProxyCommand=touch X',
]) {
  test(`the hostile name ${JSON.stringify(hostile)} is refused wherever it stands, before anything runs`, (t) => {
    for (const args of [
      ['tag', '-n', `${hostile}:2`, 'tank/ct'],
      ['tag', '-n', 'ct:2', `tank/${hostile}`],
      ['push', '-n', hostile, 'b'],
      ['push', '-d', `tank/${hostile}`, 'b'],
      ['push', `root@${hostile}`],
    ]) {
      const { status, stderr } = run(t, args, 'echo zfs ran >&2; exit 1');
      assert.equal(status, 2, `${args.join(' ')}: ${stderr}`);
      assert.doesNotMatch(stderr, /zfs ran/);
    }
  });
}

test(
  'output that can not be written is no success',
  { skip: !existsSync('/dev/full') && 'there is no /dev/full here' },
  () => {
    for (const args of [['--help'], ['--version']]) {
      const full = openSync('/dev/full', 'w');
      const { status, stderr } = spawnSync(process.execPath, [executable, ...args], {
        encoding: 'utf8',
        stdio: ['ignore', full, 'pipe'],
      });
      closeSync(full);
      assert.equal(status, 1, stderr);
      assert.match(stderr, /cannot write output: ENOSPC/);
    }
  },
);
