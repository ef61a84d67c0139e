import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'node:test';
import { quoteWord } from '../../src/base/shell.js';
import { assertHarmless } from '../fuzz/arbitraries.js';
import { findPackageRoot } from '../lab/package-root.js';

/*
 * Two hosts whose zfs are shell scripts that first lie, and are honest where they don't. An honest one keeps its snapshots in the
 * file `snapshots` beside it; a stream is a line with the name and the GUID of what it brings, within records of zfs where there is a file
 * `records`: those of another host are looked at.
 */
const honestZfs = `
has() { case " $all " in *" $1 "*) return 0;; esac; return 1; }
for last in "$@"; do :; done
all=$*
here=$(dirname "$0")
guid() { grep -e "^$1	" "$here/snapshots" | cut -f 2; }
byte() { printf "\\\\$(printf %03o "$1")"; }
zeros() { head -c "$1" /dev/zero; }
# The records that a stream of zfs begins and ends with, around a line: GUIDs are less than 256 here.
begin() {
  base= before=
  for word in $all; do [ "$before" != -i ] || base=$(guid "$word"); before=$word; done
  zeros 4; byte $((\${#1} + 1)); zeros 3; printf '\\254\\313\\272\\365\\002'; zeros 3; byte 1; zeros 15; byte 2; zeros 7
  byte "$(guid "$last")"; zeros 7; byte "\${base:-0}"; zeros 7; printf '%s' "$last"; zeros $((256 - \${#last}))
  echo "$1"; byte 5; zeros 311
}
case "$1" in
  list)
    if has filesystem,volume; then
      printf '%s\\tfilesystem\\t-\\t0\\t1795249568\\toff\\t-\\t-\\n' $(cat "$here/datasets")
    elif [ "$last" = "\${last#*@}" ]; then
      details=; has name,guid,createtxg,creation,referenced,zfs-vm:note,zfs-vm:note && details='\\t1795249568\\t5268480\\t-\\t-'
      sed "s/\\$/$details/" "$here/snapshots"
    else
      # Those that are asked for by name.
      status=0
      for name in "$@"; do
        case "$name" in *@*) grep -e "^$name	" "$here/snapshots" || status=1;; esac
      done
      exit $status
    fi ;;
  send)
    case " $* " in
      *' -n '*) printf 'size\\t1024\\n' ;;
      *)
        line=$(grep -e "^$last	" "$here/snapshots") || exit
        if [ -e "$here/records" ]; then begin "$line"; else echo "$line"; fi ;;
    esac ;;
  receive)
    [ ! -e "$here/records" ] || head -c 312 >/dev/null
    IFS='	' read -r name guid txg || { echo 'cannot receive: failed to read from stream' >&2; exit 1; }
    echo "receiving full stream of $name into $last@\${name#*@}"
    grep -qxe "$last" "$here/datasets" || echo "$last" >>"$here/datasets"
    printf '%s@%s\\t%s\\t%s\\n' "$last" "\${name#*@}" "$guid" "$txg" >>"$here/snapshots"
    [ ! -e "$here/records" ] || head -c 312 >/dev/null
    echo "received 1K stream in 1 seconds (1K/sec)" ;;
  snapshot) printf '%s\\t99\\t999\\n' "$last" >>"$here/snapshots" ;;
  create) echo "$last" >>"$here/datasets" ;;
  program) exec cat >/dev/null ;;
  hold|release|bookmark|destroy|rollback) ;;
  get) ;;
  *) echo "fake zfs: $*" >&2; exit 2 ;;
esac
`;

/** Stands for ssh: the host is this machine, with another zfs. The master makes the file of its socket, and waits to be ended. */
const fakeSsh = (remoteFolder: string): string => `#!/bin/sh
kind=client
while [ $# -gt 0 ]; do
  case $1 in
    -G) exit 0 ;;
    -M) kind=master ;;
    -O) exit 0 ;;
    -S) socket=$2; shift ;;
    -o|-F|-p|-l) shift ;;
    --) shift; break ;;
  esac
  shift
done
case $kind in
  master) touch "$socket"; exec sleep 600 ;;
  client) shift; PATH=${quoteWord(remoteFolder)}:$PATH; export PATH; exec sh -c "$1" ;;
esac
`;

/** What one run of the program came to. */
export interface ProgramRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The most memory that the program had (RSS), as far as was seen. */
  readonly peakMib: number;
}

/** What holds however a host lies: words that a person can act on, and nothing that does harm to their terminal. */
export function assertDecent({ status, stdout, stderr }: ProgramRun): void {
  assert.ok(status !== null && [0, 1, 2, 3, 4].includes(status), `status ${String(status)}: ${stderr}`);
  assert.doesNotMatch(stderr, /unexpected error|^ +at /m);
  assertHarmless(stdout);
  assertHarmless(stderr);
  if (status === 1 || status === 4) assert.match(`${stderr}${stdout}`, /^zfs-vm: |failed:$|"error":\{/m);
}

/** Shell code that runs before the honest zfs does; it may end it. */
export interface Lies {
  readonly here?: string;
  readonly there?: string;
}

/** How a run is watched. */
export interface RunOptions {
  /** How long the program may take before it is killed, which gives no status. */
  readonly limitMs?: number;
  /** It gets SIGINT as soon as this file is there. */
  readonly interruptAt?: string;
  /** Beside the usual environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether the ssh of this machine is called, and what speaks SSH is up to the words. */
  readonly hasRealSsh?: boolean;
}

/** This machine and one called `there`. This one has two versions of `tank/vm`, the other one only the pool. */
export class LyingHosts {
  readonly folder: string;
  /** The folder with the ssh that is none. */
  readonly #binaries: string;

  constructor(t: TestContext, { here = '', there = '' }: Lies) {
    this.folder = mkdtempSync(join(tmpdir(), 'zfs-vm-malice-'));
    t.after(() => {
      rmSync(this.folder, { recursive: true });
    });
    const versions = 'tank/vm@zfs-vm:web:1\t11\t101\ntank/vm@zfs-vm:web:2\t12\t102\n';
    this.#putHost('here', here, 'tank\ntank/vm\n', versions);
    this.#putHost('there', there, 'tank\n', '');
    this.#binaries = join(this.folder, 'bin');
    mkdirSync(this.#binaries);
    putScript(join(this.#binaries, 'ssh'), fakeSsh(join(this.folder, 'there')));
  }

  /** Lets the other host have what this one has, and this one only the pool. */
  swap(): void {
    for (const file of ['datasets', 'snapshots']) {
      const [here, there] = [join(this.folder, 'here', file), join(this.folder, 'there', file)];
      const [ours, theirs] = [readFileSync(here), readFileSync(there)];
      writeFileSync(here, theirs);
      writeFileSync(there, ours);
    }
    for (const host of ['here', 'there']) writeFileSync(join(this.folder, host, 'records'), '');
  }

  /** The snapshots that a host really has, a line each. */
  snapshotsOf(host: 'here' | 'there'): string[] {
    const text = readFileSync(join(this.folder, host, 'snapshots'), 'utf8');
    return text.split('\n').filter((line) => line !== '');
  }

  /** Runs the program to its end, and watches its memory. */
  run(
    words: readonly string[],
    { limitMs = 30_000, interruptAt, env = {}, hasRealSsh = false }: RunOptions = {},
  ): Promise<ProgramRun> {
    const folders = [join(this.folder, 'here'), ...(hasRealSsh ? [] : [this.#binaries])];
    const PATH = [...folders, process.env['PATH'] ?? '/usr/bin:/bin'].join(delimiter);
    const child = spawn(
      process.execPath,
      [join(findPackageRoot(), 'zfs-vm'), ...(hasRealSsh ? [] : ['--transport', 'openssh']), ...words],
      {
        env: { ...process.env, PATH, XDG_STATE_HOME: this.folder, TMPDIR: this.folder, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
        // Without a terminal there is nobody to ask.
        detached: true,
      },
    );
    let [stdout, stderr, peakMib, isInterrupted] = ['', '', 0, false];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const watch = setInterval(() => {
      peakMib = readPeakMib(child.pid) ?? peakMib;
      if (interruptAt === undefined || isInterrupted || !existsSync(interruptAt)) return;
      isInterrupted = child.kill('SIGINT');
    }, 50);
    const limit = setTimeout(() => child.kill('SIGKILL'), limitMs);
    return new Promise((resolve, reject) => {
      child.once('error', reject).once('close', (status) => {
        clearInterval(watch);
        clearTimeout(limit);
        resolve({ status, stdout, stderr, peakMib });
      });
    });
  }

  #putHost(name: string, lies: string, datasets: string, snapshots: string): void {
    const folder = join(this.folder, name);
    mkdirSync(folder);
    putScript(join(folder, 'zfs'), `#!/bin/sh\n${lies}\n${honestZfs}`);
    writeFileSync(join(folder, 'datasets'), datasets);
    writeFileSync(join(folder, 'snapshots'), snapshots);
  }
}

function putScript(path: string, script: string): void {
  writeFileSync(path, script);
  chmodSync(path, 0o755);
}

/** The most memory that a process has had so far; undefined when it has ended, or the system doesn't tell. */
function readPeakMib(pid: number | undefined): number | undefined {
  try {
    const kib = /^VmHWM:\s*([0-9]+) kB$/m.exec(readFileSync(`/proc/${pid ?? ''}/status`, 'utf8'))?.[1];
    return kib === undefined ? undefined : Number(kib) / 1024;
  } catch {
    return undefined;
  }
}
