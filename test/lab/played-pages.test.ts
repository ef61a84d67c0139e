import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPage } from '../docs/pages.js';
import { playPage, type PlayedLine } from '../docs/play-page.js';
import { makeWorld, playedPages, type PlayedPage } from '../docs/played-pages.js';
import { SimWorld } from '../sim/sim-world.js';
import { freshPools } from './client.js';
import { useClientLab } from './use-client-lab.js';

const lab = useClientLab();

/** What the simulated hosts of a page have before the first command, made on a real one. */
function scriptHost({ hosts }: PlayedPage, name: string): string {
  const machine = new SimWorld().addMachine(name);
  hosts[name]?.(machine);
  const lines = ['set -e', 'cd /'];
  for (const dataset of machine.pools.datasets.values()) {
    if (dataset.name === 'tank') continue;
    if (dataset.type === 'volume') {
      lines.push(`zfs create -V 8M ${dataset.name}`);
    } else {
      lines.push(`zfs create ${dataset.name}`, `head -c 200000 /dev/urandom > /${dataset.name}/image`);
    }
    for (const snapshot of dataset.snapshots) {
      lines.push(
        `head -c 20000 /dev/urandom > /${dataset.name}/changed`,
        `zfs snapshot ${snapshot.fullName}`,
      );
    }
  }
  return lines.join('\n');
}

async function prepare(page: PlayedPage): Promise<void> {
  const { a, b } = lab;
  await freshPools(lab);
  await a.run('rm -rf ~/.config/zfs-vm');
  await a.run(scriptHost(page, 'a'));
  await b.run(scriptHost(page, 'b'));
  for (const words of page.before ?? []) await a.run(`zfs-vm ${words}`, { timeoutMs: 120_000 });
}

/** Pages that `examples.test.ts` runs. */
const leftOut = new Set(['docs/first-image.md', 'docs/backup-host.md', 'docs/restore.md']);

/** The other pages that need no third host. */
const pages = playedPages.filter(
  ({ path, hosts }) => Object.keys(hosts).join() === 'a,b' && !leftOut.has(path),
);

for (const page of pages) {
  test(`the commands of ${page.path} end on real hosts as they do on simulated ones`, async () => {
    await lab.lab.deploy(lab.b);
    const played: PlayedLine[] = [];
    await playPage(
      readPage(page.path),
      () => makeWorld(page),
      (line) => played.push(line),
    );
    assert.ok(played.length > 0);
    for (const { script, status, isFirst } of played) {
      if (isFirst) await prepare(page);
      // What was written a moment ago is not yet in what zfs counts; people are slower.
      await Promise.all([lab.a.run('zpool sync'), lab.b.run('zpool sync')]);
      const { code, stdout, stderr } = await lab.a.run(script, { check: false, timeoutMs: 120_000 });
      assert.equal(code, status, `${script}\n${stdout}${stderr}`);
    }
    await lab.a.run('rm -rf ~/.config/zfs-vm');
  });
}
