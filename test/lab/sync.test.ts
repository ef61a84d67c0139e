import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { expectZfsVm, hashFiles, runZfsVm, versionsOf } from './client.js';
import { waitUntilQuiet } from './slow-push.js';
import { useClientLab } from './use-client-lab.js';

const lab = useClientLab();

const config = `
[remotes.backup]
host = "root@b"
dest = "tank/vm"
[remotes.backup.retention."*"]
keep-last = 3
[retention."*"]
keep-last = 2
`;

beforeEach(async () => {
  await lab.a.run(
    `set -e; mkdir -p ~/.config/zfs-vm; cat > ~/.config/zfs-vm/config.toml <<'END'${config}END
    zfs create tank/web
    for version in 1 2 3; do
      head -c 200000 /dev/urandom > /tank/web/data; zfs snapshot tank/web@zfs-vm:web:$version
    done
    zfs create tank/still; zfs snapshot tank/still@zfs-vm:still:1`,
  );
});

afterEach(async () => {
  await lab.a.run('rm -rf ~/.config/zfs-vm');
  await lab.a.setLink({});
});

test('a round tags what has changed, pushes, and prunes both sides; one that is killed is finished by the next', async () => {
  const { a, b } = lab;
  await a.run('head -c 200000 /dev/urandom > /tank/web/data');
  const first = await expectZfsVm(a, 'sync backup');
  assert.match(first.stdout, /^tank\/web@zfs-vm:web:4$/m);
  assert.doesNotMatch(first.stdout, /still:2/);
  assert.equal(await versionsOf(a, 'tank/web'), 'web:3 web:4');
  assert.equal(await versionsOf(b, 'tank/vm/web'), 'web:2 web:3 web:4');

  await a.run('head -c 12000000 /dev/urandom > /tank/web/data');
  // Three quarters of a minute, for a second sync to be refused in its middle.
  await a.setLink({ rateMbitPerSecond: 2 });
  await a.run(`sh -c 'echo $$ > /tmp/sync.pid; exec zfs-vm sync backup' > /tmp/sync 2>&1 &`);
  await b.run('until pgrep -f "[z]fs receive" > /dev/null; do sleep 0.3; done; sleep 3', {
    timeoutMs: 90_000,
  });
  const meanwhile = await runZfsVm(a, 'sync -n web backup');
  assert.equal(meanwhile.code, 1, meanwhile.stdout + meanwhile.stderr);
  assert.match(meanwhile.stderr, /web skipped: another sync is working on it/);
  await a.run('kill -KILL $(cat /tmp/sync.pid)');
  await a.setLink({});
  for (const host of [a, b]) await waitUntilQuiet(host, 30_000);

  const next = await expectZfsVm(a, 'sync backup');
  assert.match(next.stdout, /web:5 .* resumed/);
  assert.doesNotMatch(next.stdout, /web:6/);
  assert.equal(await versionsOf(a, 'tank/web'), 'web:4 web:5');
  assert.equal(await versionsOf(b, 'tank/vm/web'), 'web:3 web:4 web:5');
  assert.equal(await hashFiles(b, 'tank/vm/web@zfs-vm:web:5'), await hashFiles(a, 'tank/web@zfs-vm:web:5'));
  const { stdout } = await a.run('zfs get -Hp -o value -t snapshot userrefs');
  assert.match(stdout, /^(0\n)+$/, 'no hold is left');
});
