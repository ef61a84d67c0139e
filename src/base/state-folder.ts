import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Where zfs-vm keeps what it has to remember between runs: `zfs-vm` in XDG_STATE_HOME, or in `~/.local/state`. */
export function findStateFolder(env: Readonly<Record<string, string | undefined>>): string {
  const named = env['XDG_STATE_HOME'] ?? '';
  // By the specification, what isn't absolute doesn't count: it would be another folder in each one.
  const state = isAbsolute(named) ? named : join(env['HOME'] ?? homedir(), '.local', 'state');
  return join(state, 'zfs-vm');
}
