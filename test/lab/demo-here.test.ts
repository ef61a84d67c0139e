import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { useClientLab } from './use-client-lab.js';

const lab = useClientLab();

test('the demo on a machine with ZFS shows the main job, leaves other pools as they are, and removes its own', async () => {
  const { a } = lab;
  await lab.lab.deploy(a);
  await a.run('mkdir -p /opt/zfs-vm/build/test/lab; cat > /opt/zfs-vm/build/test/lab/demo-here.js', {
    stdin: readFileSync(new URL('./demo-here.js', import.meta.url)),
  });
  await a.run('zfs create tank/own && zfs snapshot tank/own@zfs-vm:own:1');
  const look = 'zpool list -H -o name,guid; zfs list -H -t all -o name,guid; ls /tmp';
  const before = (await a.run(look)).stdout;
  const demo = 'node /opt/zfs-vm/build/test/lab/demo-here.js';

  const { stdout } = await a.run(demo);
  assert.match(stdout, /# zfs-vm push -n demo-\d+ -d demo-b-\d+\/vm local/);
  assert.match(stdout, /rootfs\.img/);
  assert.match(stdout, /Both pools are removed now\.$/m);
  assert.equal((await a.run(look)).stdout, before);

  // Interrupted in the middle, it removes them, too.
  await a.run(`${demo} > /run/demo.log 2>&1 & pid=$!; for i in $(seq 100); do grep -q '== Tag' /run/demo.log && break; sleep 0.1; done
    kill $pid; wait $pid || true`);
  assert.equal((await a.run(look)).stdout, before);

  const refused = await a.run(`su fjoe -c '${demo}' 2>&1; echo status $?`);
  assert.match(refused.stdout, /only root can do.*\nstatus 1/);
  const without = await a.run(`cd /; PATH=/usr/local/bin:/bin ${demo} 2>&1; echo status $?`);
  assert.match(without.stdout, /this machine has no ZFS \(no program zpool\).*\nstatus 1/);
});
