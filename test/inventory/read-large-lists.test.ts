import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readInventory } from '../../src/inventory/read-inventory.js';
import { readHowFar } from '../../src/probe/read-how-far.js';
import { hostWithShell, shells, whyNot } from '../host/shells.js';

/** As many as have a list that is several times longer than a word of a command line may be. */
const count = 10_000;

const names = Array.from({ length: count }, (_, index) => `tank/vm/disk-${index}`);

let folder = '';

/** Lists what is in files; when names follow, datasets and snapshots of these names, which are there. */
const zfs = `
case "$*" in
*' -s name '*) exec cat "$0/snapshots" ;;
*prevsnap*) columns='	filesystem	-	0	1795249568	off	-	-' ;;
*) columns='	7	100' ;;
esac
shift 6
[ $# -gt 0 ] || exec cat "$0/datasets"
for name; do echo "$name$columns"; done`;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zfs-vm-large-lists-'));
  const row = (name: string): string => `${name}\tfilesystem\t-\t0\t1795249568\toff\t-\t-\n`;
  await writeFile(join(folder, 'datasets'), ['tank', 'tank/vm', ...names].map(row).join(''));
  const snapshots = names.map((name, index) => `${name}@zfs-vm:web:1\t${index}\t100\n`);
  await writeFile(join(folder, 'snapshots'), snapshots.join(''));
});

after(() => rm(folder, { recursive: true }));

for (const shell of shells) {
  const skip = whyNot(shell);

  test(`lists of ten thousand datasets are read where sh is ${shell[0]}`, { skip }, async () => {
    const endpoint = { host: hostWithShell(shell), zfs: ['/bin/sh', '-c', zfs, folder] };
    const { datasets } = await readInventory(endpoint, { scope: 'tagged' });
    assert.equal(datasets.get(names.at(-1) ?? '')?.snapshots.length, 1);
    assert.equal(datasets.size, count + 2);
  });

  test(`ten thousand copies are asked how far they are where sh is ${shell[0]}`, { skip }, async () => {
    const endpoint = { host: hostWithShell(shell), zfs: ['/bin/sh', '-c', zfs, folder] };
    const versions = names.map((name) => `${name}@zfs-vm:web:1`);
    const newest = new Map(versions.map((name) => [name, 8n]));
    const asked = { late: [], newest, following: [], earlier: [] };
    const { found, outOfStep } = await readHowFar(endpoint, versions, Promise.resolve(asked));
    assert.deepEqual([found.length, outOfStep?.rows.length], [count, count]);
  });
}
