import { setTimeout as sleep } from 'node:timers/promises';
import type { LabHost, LinkState } from './lab-host.js';

/** Kills every zfs command of a host; gives whether there was one. */
export async function killZfs(host: LabHost): Promise<boolean> {
  return succeeds(host, 'pkill -KILL -x zfs');
}

/** Kills the zfs-vm of a host that pushes or pulls; gives whether there was one. */
export async function killClient(host: LabHost): Promise<boolean> {
  // Not the shells around it, in whose command lines its words are too.
  return succeeds(host, 'pkill -KILL -f "^node .*zfs-vm .*(push|pull) "');
}

/** Kills the OpenSSH clients of a host: all of them, or the one that began first or last; gives whether there was one. */
export async function killSshClient(host: LabHost, which: 'all' | 'oldest' | 'newest'): Promise<boolean> {
  const choice = { all: '', oldest: '-o', newest: '-n' }[which];
  return succeeds(host, `pkill -KILL ${choice} -x ssh`);
}

/** Kills those sshd processes of a host that serve a connection from another lab host; gives whether there was one. */
export async function killSshd(host: LabHost): Promise<boolean> {
  return succeeds(
    host,
    `pids=$(ss -Htnp state established '( sport = :22 )' dst 10.77.0.0/24 | grep -o 'pid=[0-9]*' | cut -d= -f2 | sort -u)
    [ -n "$pids" ] && kill -KILL $pids`,
  );
}

/** Pulls the cable of a host for a time, and leaves the link as described. */
export async function cutLink(host: LabHost, seconds: number, afterwards: LinkState): Promise<void> {
  await host.setLink({ ...afterwards, down: true });
  await sleep(seconds * 1000);
  await host.setLink(afterwards);
}

/** Runs a command on a host; gives whether it ended with 0. */
export async function succeeds(host: LabHost, command: string): Promise<boolean> {
  return (await host.run(command, { check: false })).code === 0;
}
