import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectZfsVm, hashFiles, listVersionGuids } from './client.js';
import { useClientLab } from './use-client-lab.js';

const lab = useClientLab();

/** More than what is worth a connection of its own. */
const largeBytes = 36_000_000;

/** Puts a program in the way of the ssh of host a: what it does when a connection for large streams is to be opened. */
async function interceptSsh(onMaster: string): Promise<string> {
  const folder = '/tmp/intercepting-ssh';
  await lab.a.run(
    `mkdir -p ${folder}; cat > ${folder}/ssh <<'END'
#!/bin/sh
case " $* " in *' -M '*) ${onMaster} ;; esac
exec /usr/bin/ssh "$@"
END
    chmod +x ${folder}/ssh`,
  );
  return `${folder}:$PATH`;
}

async function makeVersion(host: 'a' | 'b', version: number, bytes: number): Promise<void> {
  await lab[host].run(
    `zfs list tank/ct > /dev/null 2>&1 || zfs create tank/ct
    head -c ${bytes} /dev/urandom > /tank/ct/file-${version}; zfs snapshot tank/ct@zfs-vm:ct:${version}`,
  );
}

async function assertAllIsThere(): Promise<void> {
  const { a, b } = lab;
  assert.deepEqual(await listVersionGuids(a), await listVersionGuids(b));
}

const opened = /^ *[0-9.]+ {2}b: connecting with ssh$/gm;

test('a large push goes by a connection beside, a small increment to the same dataset does not, and nothing is left', async () => {
  const { a, b } = lab;
  await makeVersion('a', 1, largeBytes);
  const large = await expectZfsVm(a, '--debug push -d tank/vm root@b');
  assert.equal(large.stderr.match(opened)?.length, 1, large.stderr);
  await makeVersion('a', 2, 1000);
  const small = await expectZfsVm(a, '--debug push root@b');
  assert.equal(small.stderr.match(opened), null, small.stderr);
  await assertAllIsThere();
  assert.equal(await hashFiles(b, 'tank/vm/ct@zfs-vm:ct:2'), await hashFiles(a, 'tank/ct@zfs-vm:ct:2'));
  assert.equal((await a.run("pgrep -f '[s]sh -M'; ls -d /tmp/zfs-v[m]-* 2>/dev/null; true")).stdout, '');
});

test('so does a large pull', async () => {
  const { a, b } = lab;
  await makeVersion('b', 1, largeBytes);
  const { stderr } = await expectZfsVm(a, '--debug pull -d tank/vm root@b');
  assert.equal(stderr.match(opened)?.length, 1, stderr);
  await assertAllIsThere();
  assert.equal(await hashFiles(a, 'tank/vm/ct@zfs-vm:ct:1'), await hashFiles(b, 'tank/ct@zfs-vm:ct:1'));
});

for (const [title, onMaster, reason] of [
  ['where ssh does not get in', 'echo "Permission denied (publickey)." >&2; exit 255', /Permission denied/],
  [
    'where ssh gets to a host with another key',
    'exec /usr/bin/ssh -o HostName=127.0.0.1 "$@"',
    /Host key verification failed/,
  ],
] as const) {
  test(`${title}, the first connection carries large streams, too`, async () => {
    const { a, b } = lab;
    const path = await interceptSsh(onMaster);
    await makeVersion('a', 1, largeBytes);
    const { stderr } = await a.run(`PATH=${path} zfs-vm --debug push -d tank/vm root@b`, {
      timeoutMs: 300_000,
    });
    const told = /root@b: no separate connection for large streams: (.*)/.exec(stderr);
    assert.match(told?.[1] ?? '', reason, stderr);
    await assertAllIsThere();
    assert.equal(await hashFiles(b, 'tank/vm/ct@zfs-vm:ct:1'), await hashFiles(a, 'tank/ct@zfs-vm:ct:1'));
    assert.equal((await a.run('zfs list -H -o name')).stdout, 'tank\ntank/ct\n');
  });
}
