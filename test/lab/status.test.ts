import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { expectZfsVm } from './client.js';
import { SlowPush, slowRate } from './slow-push.js';
import { useClientLab } from './use-client-lab.js';

const lab = useClientLab();
const push = new SlowPush(lab);

const config = `
[remotes.backup]
host = "fjoe@b"
dest = "tank/vm"
sudo = true

[remotes.gone]
host = "ssh://root@127.0.0.1:1"
`;

beforeEach(async () => {
  await push.prepare();
  await lab.outside.run(`mkdir -p ~/.config/zfs-vm; cat > ~/.config/zfs-vm/config.toml <<'END'${config}END`);
});

afterEach(async () => {
  await lab.outside.run('rm -rf ~/.config/zfs-vm');
  await lab.a.setLink({});
});

/** What `status --json` says of the remote backup, by streamline, as the test needs it. */
async function readRows(options: string, status = 0): Promise<Map<string, Row>> {
  const { stdout } = await expectZfsVm(lab.outside, `status --json ${options} backup`, status);
  const { hosts } = JSON.parse(stdout) as { hosts: [{ streamlines: (Row & { streamline: string })[] }] };
  return new Map(hosts[0].streamlines.map((row) => [row.streamline, row]));
}

interface Row {
  readonly state: string;
  readonly newest: { readonly version: string; readonly createdAt: string } | null;
  readonly versionsBehind: number;
  readonly bytesBehind: number | null;
}

test('a receiver that lags, with a receive that was interrupted, is told as it is, by the names of the configuration', async () => {
  const { a, b, outside } = lab;
  await a.setLink({});
  await a.run('zfs create tank/web; zfs snapshot tank/web@zfs-vm:web:1');
  await expectZfsVm(outside, 'push -n web backup');
  const created = (await a.run('zfs list -Hpo creation tank/web@zfs-vm:web:1')).stdout.trim();
  assert.equal((await b.run('zfs list -Hpo creation tank/vm/web@zfs-vm:web:1')).stdout.trim(), created);
  await a.setLink(slowRate);
  await push.start('root@b');
  await push.interrupt();
  await a.setLink({});
  for (const version of [2, 3]) {
    await a.run(
      `head -c 500000 /dev/urandom > /tank/web/${version}; zfs snapshot tank/web@zfs-vm:web:${version}`,
    );
  }
  // What the receiver has is here as a bookmark only.
  await a.run('zfs destroy tank/web@zfs-vm:web:1');

  const table = await expectZfsVm(outside, 'status', 4);
  assert.match(table.stdout, /^ct +backup +none +1 version, about [0-9.]+ MiB +behind, part of 1 received$/m);
  assert.match(table.stdout, /^web +backup +1 +[0-9]+ (s|min) +2 versions.* +behind$/m);
  assert.match(table.stdout, /^web +gone +unreachable$/m);

  const web = (await readRows('-n web')).get('web');
  assert.deepEqual(web?.newest, { version: '1', createdAt: new Date(Number(created) * 1000).toISOString() });
  assert.ok(web.bytesBehind === null || web.bytesBehind > 900_000, String(web.bytesBehind));

  const metrics = (await expectZfsVm(outside, 'status --prometheus')).stdout;
  for (const line of [
    'zfs_vm_host_up{host="backup"} 1',
    'zfs_vm_host_up{host="gone"} 0',
    `zfs_vm_newest_version_timestamp_seconds{host="backup",streamline="web"} ${created}`,
    'zfs_vm_versions_behind{host="backup",streamline="web"} 2',
    'zfs_vm_versions_behind{host="backup",streamline="ct"} 1',
    'zfs_vm_partial_receives{host="backup",streamline="ct"} 1',
    'zfs_vm_partial_receives{host="backup",streamline="web"} 0',
  ]) {
    assert.ok(metrics.includes(`\n${line}\n`), `${line}\n${metrics}`);
  }

  await expectZfsVm(outside, 'status --check --max-age 26h -n web backup', 0);
  await expectZfsVm(outside, 'status --check backup', 1);
  await expectZfsVm(outside, 'status --check --max-age 26h backup', 2);
  await expectZfsVm(outside, 'status --check gone', 3);

  await expectZfsVm(outside, 'push backup');
  const rows = await readRows('');
  assert.deepEqual(
    Array.from(rows, ([streamline, { state, newest }]) => [streamline, state, newest?.version]),
    [
      ['ct', 'up-to-date', '1'],
      ['web', 'up-to-date', '3'],
    ],
  );
  await expectZfsVm(outside, 'status --check --max-age 26h backup', 0);

  await b.run('zfs snapshot tank/vm/web@mine');
  await a.run('zfs snapshot tank/web@zfs-vm:web:4');
  assert.match((await expectZfsVm(outside, 'status backup', 3)).stdout, /^web +backup +3 .* conflict$/m);
  assert.match(
    (await expectZfsVm(outside, 'status --check backup', 2)).stdout,
    /^ZFS-VM CRITICAL - backup: web in /,
  );
});
