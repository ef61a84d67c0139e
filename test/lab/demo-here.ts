/**
 * `npm run demo -- --here`: the main job in seconds, on a machine that has ZFS, with two pools made of files. They are destroyed at the end,
 * however it ends, and no other pool is touched: every command names a dataset of these two, or the demo's own streamline.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');

/** How large the pools may become; the files take only the room that is used. */
const poolBytes = 512 * 1024 ** 2;

interface Scene {
  readonly title: string;
  readonly commands: readonly string[];
}

/** What is shown. @param a the pool that is "here" @param b the one that has the copies */
function listScenes(a: string, b: string, name: string, mountpoint: string): Scene[] {
  return [
    {
      title: `On pool ${a} there is a container`,
      commands: [
        `zfs create -p ${a}/ct/1007`,
        `head -c 16M /dev/urandom > ${mountpoint}/ct/1007/rootfs.img`,
        `zfs list -r -o name,refer ${a}`,
      ],
    },
    {
      title: 'Tag its first version, and push it to the other pool',
      commands: [
        `zfs-vm tag -n ${name}:1 ${a}/ct/1007`,
        `zfs create ${b}/vm`,
        `zfs-vm push -n ${name} -d ${b}/vm local`,
      ],
    },
    {
      title: 'Change it, tag, push: the next version is found, and only the increment is sent',
      commands: [
        `echo upgraded > ${mountpoint}/ct/1007/release`,
        `zfs-vm tag ${a}/ct/1007`,
        `zfs-vm push -n ${name} -d ${b}/vm local`,
        `zfs-vm list -n ${name}`,
      ],
    },
    {
      title: 'Break it, and bring the newest version back; what was there is set aside',
      commands: [
        `rm ${mountpoint}/ct/1007/rootfs.img`,
        `zfs-vm restore ${name} ${a}/ct/1007`,
        `ls ${mountpoint}/ct/1007`,
      ],
    },
    {
      title: 'Push again: the other pool already has it',
      commands: [`zfs-vm push -n ${name} -d ${b}/vm local`, `zfs list -r -o name,refer ${b}`],
    },
  ];
}

process.exitCode = run();

function run(): number {
  const fault = findFault();
  if (fault !== undefined) {
    process.stderr.write(`zfs-vm: ${fault}\n`);
    return 1;
  }
  const folder = mkdtempSync(join(tmpdir(), 'zfs-vm-demo-'));
  const pools: string[] = [];
  const stop = (): void => {
    cleanUp(folder, pools);
    process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  try {
    return show(folder, pools);
  } finally {
    cleanUp(folder, pools);
  }
}

/** Why nothing can be shown here. */
function findFault(): string | undefined {
  if (process.getuid?.() !== 0) {
    return 'npm run demo -- --here creates pools, which only root can do; run it as root, e.g. with sudo';
  }
  const { error, status } = spawnSync('zpool', ['list'], { stdio: 'ignore' });
  if (error === undefined && status === 0) return undefined;
  const what = error === undefined ? '"zpool list" fails' : 'no program zpool';
  return `this machine has no ZFS (${what}); npm run demo shows it on two emulated hosts`;
}

/** @param pools gets the pools that are made @returns the exit status */
function show(folder: string, pools: string[]): number {
  const began = Date.now();
  const [a = '', b = ''] = ['a', 'b'].map((letter) => {
    const pool = `demo-${letter}-${process.pid}`;
    const file = join(folder, `${letter}.img`);
    writeFileSync(file, '');
    truncateSync(file, poolBytes);
    const options = ['-o', 'cachefile=none', '-O', 'atime=off', '-R', join(folder, letter)];
    mkdirSync(join(folder, letter));
    const { status, stderr } = spawnSync('zpool', ['create', ...options, pool, file], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`zpool create ${pool}: ${stderr.trim()}`);
    pools.push(pool);
    return pool;
  });
  const mountpoint = join(folder, 'a', a);
  // Neither the person's configuration nor their journal has anything to do with it.
  const env = {
    ...process.env,
    ...{ PATH: `${root}:${process.env['PATH'] ?? ''}`, XDG_CONFIG_HOME: folder, XDG_STATE_HOME: folder },
  };
  for (const { title, commands } of listScenes(a, b, `demo-${process.pid}`, mountpoint)) {
    say(`\n== ${title}`);
    for (const command of commands) {
      say(`\n# ${command}`);
      // stderr follows what it belongs to.
      const { stdout, status } = spawnSync('sh', ['-c', `exec 2>&1; ${command}`], { env, encoding: 'utf8' });
      process.stdout.write(stdout);
      if (status !== 0) {
        process.stderr.write(`zfs-vm: the demo ends here: status ${status ?? 'unknown'} of ${command}\n`);
        return 1;
      }
    }
  }
  say(`\nThat took ${((Date.now() - began) / 1000).toFixed(0)} s. Both pools are removed now.`);
  return 0;
}

/** Destroys the pools of the demo, and nothing else. */
function cleanUp(folder: string, pools: string[]): void {
  for (const pool of pools.splice(0)) {
    const { status, stderr } = spawnSync('zpool', ['destroy', pool], { encoding: 'utf8' });
    if (status === 0) continue;
    // Its files have to stay, as long as it is there.
    process.stderr.write(
      `zfs-vm: pool ${pool} of the demo is still there: ${stderr.trim()}\n  try: zpool destroy -f ${pool}, and rm -r ${folder}\n`,
    );
    process.exitCode = 1;
    return;
  }
  rmSync(folder, { recursive: true, force: true });
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
