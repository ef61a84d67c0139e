import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { makePackages } from '../packages/make-packages.js';
import { findBrokenWords, Terminal, type Screen } from './terminal.js';
import { useClientLab } from './use-client-lab.js';

const lab = useClientLab();

const missing = [
  ['tmux', '-V'],
  ['dpkg-deb', '--version'],
].find(([program = '', ...words]) => spawnSync(program, words).status !== 0);

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'zfs-vm-session-'));
});
after(() => {
  rmSync(folder, { recursive: true });
});

/** Puts the Debian package where somebody has downloaded it to; nothing else of zfs-vm is on the host. @returns its name */
async function bringPackage(): Promise<string> {
  assert.equal(makePackages(folder, ['deb']), undefined);
  const [name = ''] = readdirSync(folder).filter((each) => each.endsWith('.deb'));
  // The host has its node elsewhere than Debian's package.
  await lab.a.run(
    `rm -rf /usr/local/bin/zfs-vm /opt/zfs-vm; ln -sf /usr/local/bin/node /usr/bin/node; cat > /root/${name}`,
    { stdin: readFileSync(join(folder, name)) },
  );
  return name;
}

/** Opens a shell of root at host a; what the terminal showed is printed when the test fails. */
async function sitDown(t: TestContext): Promise<Terminal> {
  const login = await lab.a.sshArgv();
  const terminal = await Terminal.open(join(folder, 'tmux'), [...login, '-tt', 'sh -i']);
  t.after(async () => {
    await terminal.close();
    await lab.a.run('dpkg --purge zfs-vm; rm -rf /root/*.deb /usr/bin/node ~/.config/zfs-vm', {
      check: false,
    });
  });
  return terminal;
}

/** The first text that an expression's group matches on a screen, whose lines are broken between words. */
function find({ lines }: Screen, wanted: RegExp): string {
  const [, found] = wanted.exec(lines.join(' ').replaceAll(/ +/g, ' ')) ?? [];
  assert.ok(found !== undefined, `${String(wanted)} is not on the screen:\n${lines.join('\n')}`);
  return found;
}

test(
  'a stranger comes from the package to a pushed image, a resolved conflict and a restore by what is printed alone',
  { skip: missing === undefined ? false : `${missing[0] ?? ''} is not installed` },
  async (t) => {
    const { a, b } = lab;
    const name = await bringPackage();
    const terminal = await sitDown(t);
    /** Types a command, which has to end with a status, and breaks no word at the end of a line. */
    const run = async (
      command: string,
      status = 0,
      answers: readonly (readonly [RegExp, string])[] = [],
    ): Promise<Screen> => {
      const screen = await terminal.run(command, { answers });
      assert.equal(screen.status, status, `${command}\n${screen.lines.join('\n')}`);
      assert.deepEqual(findBrokenWords(screen), [], command);
      return screen;
    };
    try {
      // From the package to the first help.
      await run(`dpkg --force-depends --install /root/${name} 2>&1 | tail -n 3`);
      const help = await run('zfs-vm --help');
      for (const command of ['tag', 'push', 'list', 'restore']) {
        assert.ok(
          help.lines.some((line) => line.startsWith(`  ${command} `)),
          command,
        );
      }
      for (const command of ['tag', 'push', 'restore']) {
        await run(`zfs-vm ${command} --help`);
      }

      // A slip is answered with what to type.
      const slip = await run('zfs-vm psuh root@b', 2);
      assert.match(slip.lines.join('\n'), /unknown command "psuh"; did you mean "push"\?/);

      // The first version, and the first push: a line says how far it is.
      await run('zfs create -p tank/vm/web; head -c 12M /dev/urandom > /tank/vm/web/image');
      assert.deepEqual((await run('zfs-vm tag -n web:1 tank/vm/web')).lines, ['tank/vm/web@zfs-vm:web:1']);
      await a.setLink({ rateMbitPerSecond: 20 });
      await terminal.start('zfs-vm push root@b');
      const moving = await terminal.waitFor(/[KM]iB\/s/);
      assert.match(moving, /0 of 1 version|0\/1, /);
      const pushed = await terminal.finish('zfs-vm push root@b');
      await a.setLink({});
      assert.equal(pushed.status, 0);
      assert.match(pushed.lines.join('\n'), /^done: 1 version, /m);
      assert.doesNotMatch(pushed.lines.join('\n'), /left$/m, 'the line of the progress stays');

      // The next version, while somebody has written to the copy.
      await run('echo upgraded > /tank/vm/web/issue; zfs-vm tag tank/vm/web');
      await b.run('zfs mount tank/vm/web; echo mine > /tank/vm/web/theirs; zpool sync');
      const conflict = await run('zfs-vm push root@b', 3);
      find(conflict, /(conflict: web in tank\/vm\/web: root@b:tank\/vm\/web has .* of changes)/);
      // What is printed is pasted: it shows what was changed, and then keeps it.
      const look = find(conflict, /to resolve: .*run "([^"]+)" on root@b/);
      const changes = await run(`ssh root@b "${look}"`);
      assert.match(changes.lines.join('\n'), /\/tank\/vm\/web\/theirs/);
      const option = find(conflict, /run the same command again with (--[a-z-]+) to keep the changes/);
      const kept = await run(`zfs-vm push ${option} root@b`);
      const aside = find(kept, /(tank\/vm\/web-set-aside-\w+)/);
      assert.equal((await b.run(`zfs mount ${aside} 2> /dev/null; cat /${aside}/theirs`)).stdout, 'mine\n');

      // Both hosts have both versions.
      const list = await run('zfs-vm list');
      assert.match(list.lines.join('\n'), /^web {2}2 versions$/m);
      const status = await run('zfs-vm status root@b');
      assert.match(status.lines.join('\n'), /^web +root@b +2 .* up to date$/m);

      // Back to the first version; what is there now is kept.
      assert.equal((await run('cat /tank/vm/web/issue')).lines.join(), 'upgraded');
      const restored = await run('zfs-vm restore web:1');
      const old = find(restored, /kept (\S+)/);
      await run('cat /tank/vm/web/issue', 1);
      assert.equal((await a.run(`zfs mount ${old}; cat /${old}/issue`)).stdout, 'upgraded\n');

      // The copy is ahead of it now. What destroys something asks, and "y" is not enough.
      await run('zfs-vm tag tank/vm/web');
      const ahead = await run('zfs-vm push root@b', 3);
      const rollback = `zfs-vm push ${find(ahead, /with (--rollback) to destroy the changes on root@b/)} root@b`;
      const abandoned = await run(rollback, 3, [[/Type "yes" to continue/, 'no']]);
      assert.match(abandoned.lines.join('\n'), /not confirmed; nothing was changed/);
      await run(rollback, 0, [
        [/Type "yes" to continue/, 'y'],
        [/Type the whole word/, 'yes'],
      ]);
      assert.match((await run('zfs-vm status root@b')).lines.join('\n'), /^web +root@b +3 .* up to date$/m);

      // What was done is in the log, and the package goes as it came.
      const log = await run('zfs-vm log');
      assert.match(log.lines.join('\n'), /push/);
      await run('dpkg --purge zfs-vm > /dev/null; ls /usr/bin/zfs-vm', 2);
    } catch (error) {
      t.diagnostic('what the terminal showed:');
      for (const screen of terminal.screens) {
        for (const row of screen.trimEnd().split('\n')) t.diagnostic(`| ${row}`);
        t.diagnostic('-'.repeat(80));
      }
      throw error;
    }
  },
);
