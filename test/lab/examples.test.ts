import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listExamples } from '../docs/examples.js';
import { readPage } from '../docs/pages.js';
import { useClientLab } from './use-client-lab.js';

const lab = useClientLab();

/** A page whose examples are run on real hosts by root at a, as they are written and in their order; they all have to end with status 0. */
interface RunPage {
  readonly path: string;
  /** What there is at a before the first of them. */
  readonly a: string;
}

const web = 'zfs create -p tank/vm/web; head -c 2M /dev/urandom > /tank/vm/web/image';

/** The names that README gives its hosts. */
const hostNames = [
  ['remote-host', 'b'],
  ['old-host', 'a'],
  ['new-host', 'b'],
]
  .map(([name = '', host = '']) => `Host ${name}\\n  HostName ${host}\\n`)
  .join('');

const pool = 'truncate -s 512M /var/tmp/pool.img; zpool create pool /var/tmp/pool.img';

const pages: readonly RunPage[] = [
  {
    path: 'README.md',
    a: `printf '${hostNames}' > ~/.ssh/config; ${pool}; zfs create -p pool/src/OpenVZ/Instance/1007
      head -c 2M /dev/urandom > /pool/src/OpenVZ/Instance/1007/image`,
  },
  { path: 'docs/first-image.md', a: web },
  {
    path: 'docs/backup-host.md',
    a: `${web}; zfs create -p tank/vm/db/wal; echo row > /tank/vm/db/wal/one; mkdir -p ~/.config/zfs-vm`,
  },
  {
    path: 'docs/restore.md',
    a: `${web}; zfs-vm tag -n web:1 tank/vm/web
      for change in two three; do echo $change > /tank/vm/web/issue; zfs-vm tag tank/vm/web; done
      zfs-vm push root@b`,
  },
];

for (const { path, a: before } of pages) {
  test(`the examples of ${path} work as they are written`, async () => {
    const { a } = lab;
    await a.run(`set -e; ${before}`, { timeoutMs: 240_000 });
    try {
      const examples = listExamples(readPage(path)).filter(({ notRun }) => notRun === undefined);
      assert.ok(examples.length > 2);
      for (const { script } of examples) {
        await a.run('cat > /tmp/example', { stdin: script });
        // Nobody is there to answer a question.
        const run = 'cd ~; sh -eux /tmp/example < /dev/null 2>&1';
        const { code, stdout } = await a.run(run, { check: false, timeoutMs: 240_000 });
        assert.equal(code, 0, `${script}\n${stdout}`);
      }
    } finally {
      await a.run(
        'rm -rf ~/.ssh/config ~/.config/zfs-vm; zpool destroy pool 2> /dev/null; rm -f /var/tmp/pool.img',
      );
    }
  });
}
