import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectZfsVm, versionsOf } from './client.js';
import type { LabHost } from './lab-host.js';
import { useClientLab } from './use-client-lab.js';

const lab = useClientLab();

/** Makes an encrypted filesystem with a passphrase, which is its pool's name and its own. */
async function makeEncrypted(host: LabHost, name: string): Promise<void> {
  await host.run(
    `set -e; printf 'pass of ${name}' > '${keyOf(name)}'
    zfs create -o encryption=on -o keyformat=passphrase -o keylocation=file://${keyOf(name)} ${name}`,
  );
}

function keyOf(name: string): string {
  return `/root/key-${name.replaceAll('/', '-')}`;
}

async function valueOf(host: LabHost, name: string, property: string): Promise<string> {
  return (await host.run(['zfs', 'get', '-Hpo', 'value', property, name])).stdout.trim();
}

/** Makes small files, which become embedded blocks. */
async function makeSmallFiles(host: LabHost, name: string): Promise<void> {
  await host.run(
    `set -e; zfs create -o compression=lz4 ${name}; for i in 1 2 3 4 5 6; do yes "line $i" | head -c 3000 > /${name}/f$i; done; zpool sync`,
  );
}

test('what is not encrypted goes below an encrypted dataset, and where encryption is asked for', async () => {
  const { a, b, outside } = lab;
  await makeEncrypted(b, 'tank/enc');
  await makeSmallFiles(a, 'tank/ct');
  await a.run('zfs snapshot tank/ct@zfs-vm:ct:1; date > /tank/ct/more; zfs snapshot tank/ct@zfs-vm:ct:2');
  await expectZfsVm(outside, 'push -d tank/enc root@b');
  await makeSmallFiles(a, 'tank/db');
  await a.run('zfs snapshot tank/db@zfs-vm:db:1');
  const how = `-o encryption=on -o keyformat=passphrase -o keylocation=file://${keyOf('tank/enc')}`;
  await expectZfsVm(outside, `push -n db -d tank/plain ${how} root@b`);
  assert.equal(await versionsOf(b, 'tank/enc/ct'), await versionsOf(a, 'tank/ct'));
  for (const name of ['tank/enc/ct', 'tank/plain/db']) {
    assert.equal(await valueOf(b, name, 'encryption'), 'aes-256-gcm', name);
  }
});

test('a tree arrives below a locked dataset as it is on the sender, with its unencrypted member', async () => {
  const { a, b, outside } = lab;
  await makeEncrypted(b, 'tank/vault');
  await b.run('zfs unmount tank/vault; zfs unload-key tank/vault');
  await makeEncrypted(a, 'tank/sec');
  await a.run('set -e; zfs create -o encryption=off tank/sec/plain; zfs snapshot -r tank/sec@zfs-vm:sec:1');
  await expectZfsVm(outside, 'push -d tank/vault/hosts/alpha root@b');
  const place = 'tank/vault/hosts/alpha/sec';
  assert.equal(await valueOf(b, place, 'encryption'), 'aes-256-gcm');
  assert.equal(await valueOf(b, `${place}/plain`, 'encryption'), 'off');
  await a.run('zfs create tank/ct; zfs snapshot tank/ct@zfs-vm:ct:1');
  const { stderr } = await expectZfsVm(outside, 'push -n ct -d tank/vault root@b', 3);
  assert.match(stderr, /zfs load-key tank\/vault/);
});

test('pools without features get every version in one run', async () => {
  const { a, b, outside } = lab;
  await a.run(
    'set -e; zfs create -o compression=zstd tank/ct; seq 50000 > /tank/ct/f; zfs snapshot tank/ct@zfs-vm:ct:1; date > /tank/ct/g; zfs snapshot tank/ct@zfs-vm:ct:2',
  );
  const features = ['lz4_compress', 'extensible_dataset', 'embedded_data', 'large_blocks', 'bookmarks'];
  for (const [pool, some] of [
    ['old', [...features, 'enabled_txg', 'hole_birth', 'spacemap_histogram', 'async_destroy']],
    ['bare', []],
  ] as const) {
    const enabled = some.map((name) => `-o feature@${name}=enabled`).join(' ');
    await b.run(
      `truncate -s 256M /var/tmp/${pool}.img; zpool create -f -d ${enabled} ${pool} /var/tmp/${pool}.img`,
    );
    try {
      await expectZfsVm(outside, `push --retries 0 -d ${pool}/vm root@b`);
      assert.equal(await versionsOf(b, `${pool}/vm/ct`), await versionsOf(a, 'tank/ct'));
    } finally {
      await b.run(`zpool destroy -f ${pool}; rm -f /var/tmp/${pool}.img`);
    }
    await a.run('zfs list -H -o name -t bookmark | xargs -rn1 zfs destroy');
  }
});

test('a copy that was sent decrypted and encrypted anew is a conflict for plan and push alike', async () => {
  const { a, b, outside } = lab;
  await makeEncrypted(b, 'tank/e');
  await makeEncrypted(a, 'tank/sec');
  await a.run(
    'zfs snapshot tank/sec@zfs-vm:sec:1; zfs send tank/sec@zfs-vm:sec:1 | ssh root@b zfs receive -u tank/e/sec',
  );
  await a.run('date > /tank/sec/f; zfs snapshot tank/sec@zfs-vm:sec:2');
  for (const command of ['plan push', 'push --retries 0']) {
    const { stdout, stderr } = await expectZfsVm(outside, `${command} root@b`, 3);
    assert.match(stdout + stderr, /decrypted and encrypted again/);
  }
});

test('a copy whose key was changed to an inherited one gets nothing until it has one of its own, and then opens', async () => {
  const { a, b, outside } = lab;
  await makeEncrypted(b, 'tank/e');
  await makeEncrypted(a, 'tank/sec');
  await a.run('date > /tank/sec/f; zfs snapshot tank/sec@zfs-vm:sec:1');
  await expectZfsVm(outside, 'push -d tank/e root@b');
  await b.run("printf 'pass of tank/sec' | zfs load-key tank/e/sec; zfs change-key -i tank/e/sec");
  await a.run('date >> /tank/sec/f; zfs snapshot tank/sec@zfs-vm:sec:2');
  for (const command of ['plan push', 'push --retries 0']) {
    const { stdout, stderr } = await expectZfsVm(outside, `${command} root@b`, 3);
    assert.match(
      stdout + stderr,
      /zfs change-key -o keyformat=passphrase -o keylocation=prompt tank\/e\/sec/,
    );
  }
  await b.run(
    "printf 'any other pass' | zfs change-key -o keyformat=passphrase -o keylocation=prompt tank/e/sec",
  );
  await expectZfsVm(outside, 'push root@b');
  await b.run(
    "set -e; zfs unload-key tank/e/sec; printf 'pass of tank/sec' | zfs load-key tank/e/sec; zfs mount -o ro tank/e/sec",
  );
  assert.match((await b.run('cat /tank/e/sec/f')).stdout, /\n.*\n/);
  await b.run('zfs unmount tank/e/sec');
});

test('children of a copy that inherit the key of the copy of their encryption root go on, and open', async () => {
  const { a, b, outside } = lab;
  await makeEncrypted(a, 'tank/sec');
  await a.run('zfs create tank/sec/two; zfs snapshot -r tank/sec@zfs-vm:sec:1');
  await expectZfsVm(outside, 'push -d tank/x root@b');
  const load = "printf 'pass of tank/sec' | zfs load-key";
  await b.run(`set -e; ${load} tank/x/sec; ${load} tank/x/sec/two; zfs change-key -i tank/x/sec/two`);
  await a.run('date > /tank/sec/two/f; zfs snapshot -r tank/sec@zfs-vm:sec:2');
  await expectZfsVm(outside, 'push root@b');
  await b.run(`set -e; zfs unload-key tank/x/sec; ${load} tank/x/sec; zfs mount -o ro tank/x/sec/two`);
  assert.notEqual((await b.run('cat /tank/x/sec/two/f')).stdout, '');
  await b.run('zfs unmount tank/x/sec/two');
});

test('a bookmark for redacted streams is no base where a plain one of the same snapshot is there', async () => {
  const { a, b, outside } = lab;
  await a.run(
    `set -e; zfs create tank/ct; seq 1000 > /tank/ct/f; zfs snapshot tank/ct@zfs-vm:ct:1
    zfs clone tank/ct@zfs-vm:ct:1 tank/without; rm /tank/without/f; zfs snapshot tank/without@1`,
  );
  await expectZfsVm(outside, 'push -n ct root@b');
  await a.run(
    `set -e; zfs bookmark tank/ct@zfs-vm:ct:1 tank/ct#plain; zfs redact tank/ct@zfs-vm:ct:1 a-redacted tank/without@1
    zfs destroy 'tank/ct#zfs-vm:ct:1' || :; zfs destroy -R tank/ct@zfs-vm:ct:1; date > /tank/ct/g; zfs snapshot tank/ct@zfs-vm:ct:2`,
  );
  const { stdout } = await expectZfsVm(outside, 'plan push --commands root@b');
  assert.match(stdout, /#plain/);
  await expectZfsVm(outside, 'push root@b');
  assert.match(await versionsOf(b, 'tank/ct'), /ct:2/);
});
