import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'node:test';

/*
 * Stands for ssh: its "host" is this machine. The master makes the file of its socket and waits; a client runs the command and takes
 * the end of the master for that of the connection. How it came to be called is noted in the file `calls`.
 */
const fakeSsh = `#!/bin/sh
here=$(dirname "$0")
printf '%s\\n' "$*" >> "$here/calls"
kind=client
while [ $# -gt 0 ]; do
  case $1 in
    -G) cat "$here/configuration" 2>/dev/null; exit 0 ;;
    -M) kind=master ;;
    -O) kind=check; shift ;;
    -S) socket=$2; shift ;;
    -o|-F|-p|-l) shift ;;
    --) shift; break ;;
  esac
  shift
done
for command in "$@"; do :; done
case $kind in
  master)
    . "$here/connect"
    trap 'rm -f "$socket"; exit 255' TERM
    touch "$socket"
    while [ ! -e "$here/cut" ]; do sleep 0.02; done
    echo 'client_loop: send disconnect: Broken pipe' >&2
    rm -f "$socket"
    exit 255 ;;
  check) [ -e "$socket" ] || exit 255 ;;
  client)
    [ -e "$socket" ] || exit 255
    exec 3<&0
    setsid sh -c "$command" <&3 3<&- &
    pid=$!
    trap 'kill -9 -"$pid"; exit 255' TERM
    exec 3<&- </dev/null >/dev/null 2>&1
    while kill -0 "$pid"; do
      [ -e "$socket" ] || { kill -9 -"$pid"; exit 255; }
      sleep 0.02
    done
    wait "$pid" ;;
esac
`;

/** A world in which `ssh` is a script. */
export interface FakeSsh {
  /** Ends the connection, as a network does. */
  readonly cut: () => void;
  /** Lets connections be made again. */
  readonly mend: () => void;
  /** What is left of the folders of sockets. */
  readonly leftovers: () => string[];
  /** What `ssh -G` prints; nothing by itself. */
  readonly configure: (output: string) => void;
  /** A shell script that the master runs before it is connected. */
  readonly onConnect: (script: string) => void;
  readonly folder: string;
}

/** Puts a fake ssh first in PATH, and the sockets of masters into a folder of the test's. */
export function fakeSshProgram(t: TestContext): FakeSsh {
  const folder = mkdtempSync(join(tmpdir(), 'fake-ssh-'));
  const sockets = join(folder, 't');
  mkdirSync(sockets);
  writeFileSync(join(folder, 'ssh'), fakeSsh);
  chmodSync(join(folder, 'ssh'), 0o755);
  const onConnect = (script: string): void => {
    writeFileSync(join(folder, 'connect'), `${script}\n`);
  };
  onConnect(':');
  const { PATH, TMPDIR } = process.env;
  process.env['PATH'] = `${folder}${delimiter}${PATH ?? ''}`;
  process.env['TMPDIR'] = sockets;
  t.after(() => {
    process.env['PATH'] = PATH;
    if (TMPDIR === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = TMPDIR;
    rmSync(folder, { recursive: true });
  });
  const cutMark = join(folder, 'cut');
  return {
    folder,
    configure: (output) => {
      writeFileSync(join(folder, 'configuration'), output);
    },
    onConnect,
    cut: () => {
      writeFileSync(cutMark, '');
    },
    mend: () => {
      if (existsSync(cutMark)) rmSync(cutMark);
    },
    leftovers: () => readdirSync(sockets),
  };
}
