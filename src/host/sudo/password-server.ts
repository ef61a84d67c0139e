import { ZfsVmError } from '../../base/errors.js';
import { printBeginMark } from '../../base/mark-lines.js';
import { toPrintable } from '../../base/printable.js';
import type { Host, HostProcess } from '../host.js';
import { readLines, readTail } from '../run-command.js';

/*
 * sudo asks for the password by a program (SUDO_ASKPASS), and so leaves stdin to its command: `sudo -S` would take a line of the stream
 * wherever it wants a password, and none where it doesn't. The program hands on what a pipe with a name gives it, which a shell fills that has
 * got the password over its stdin. So the password is in that shell's memory and nowhere else: in no file, no command line, no environment.
 * The folder is for this user alone, and goes when the connection does.
 */

/** Stands before the path of the program. */
const mark = 'zfs-vm: askpass';

/**
 * Several may ask at once: then a reader finds the pipe closed before anything has come, and looks again; one that gets two lines gives both, of which sudo
 * takes the first. The loop ends when the pipe is gone. Where programs in a folder can't be run (noexec), the next folder is tried.
 */
const serve = `
trap '' PIPE
umask 077
IFS= read -r password
folder= server=
leave() { [ -z "$folder" ] || rm -rf "$folder"; [ -z "$server" ] || kill "$server" 2>/dev/null; folder= server=; }
trap 'leave; exit 1' HUP INT TERM
for base in "\${TMPDIR:-/tmp}" /tmp "\${XDG_RUNTIME_DIR:-/tmp}" "\${HOME:-/tmp}"; do
  folder=$(mktemp -d "$base/.zfs-vm-XXXXXXXX" 2>/dev/null) || { folder=; continue; }
  mkfifo "$folder/pipe" && cat >"$folder/askpass" <<'END'
#!/bin/sh
pipe=\${0%/*}/pipe
line=
while [ -z "$line" ] && [ -p "$pipe" ]; do line=$(cat "$pipe" 2>/dev/null); done
printf '%s\\n' "$line"
END
  chmod 700 "$folder/askpass"
  { while [ -p "$folder/pipe" ]; do printf '%s\\n' "$password" >"$folder/pipe"; done; } 2>/dev/null </dev/null &
  server=$!
  [ -z "$("$folder/askpass" 2>/dev/null)" ] || break
  leave
done
[ -n "$folder" ] || { echo 'no folder where programs can be run' >&2; exit 1; }
${printBeginMark(mark)}
echo "$folder/askpass"
cat >/dev/null
leave`;

/** What hands a password on to sudo, until it is closed or the connection ends. */
export interface PasswordServer {
  /** The program that sudo asks (`SUDO_ASKPASS`). */
  readonly askpass: string;
  /** The command that serves: it takes a channel of the connection for as long as the password may be needed. */
  readonly process: HostProcess;
}

/**
 * Has a host hand a password on to its sudo.
 * @throws ZfsVmError `connection` where that can't be
 */
export async function servePassword(
  host: Host,
  password: string,
  signal: AbortSignal,
): Promise<PasswordServer> {
  const process = await host.start(['sh', '-c', serve], { signal, isLasting: true });
  process.stdin.on('error', () => undefined);
  process.stdin.write(`${password}\n`);
  const stderr = readTail(process.stderr);
  const askpass = new Promise<string | undefined>((resolve) => {
    let isBehind = false;
    void readLines(process.stdout, (line) => {
      if (isBehind) resolve(line);
      if (line === mark) isBehind = true;
    }).then(() => {
      resolve(undefined);
    });
  });
  const path = await askpass;
  if (path !== undefined) return { askpass: path, process };
  signal.throwIfAborted();
  throw new ZfsVmError('connection', `${host.name}: cannot hand the password on to sudo`, {
    hint: 'let this user run zfs without one (sudoers: "USER ALL=(root) NOPASSWD: /usr/sbin/zfs"), or connect as root',
    details: [`it said: ${toPrintable((await stderr).trim())}`],
  });
}
