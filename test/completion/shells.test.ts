/**
 * Completion in the real shells, on a terminal where the shell needs one. Each shell has the script that the program prints, a zfs that
 * prints a few names, and a configuration.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { quoteWord } from '../../src/base/shell.js';

const launch = fileURLToPath(new URL('../../../src/launch.cjs', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'zfs-vm-completion-'));
const env = {
  ...process.env,
  ...{
    HOME: folder,
    XDG_CONFIG_HOME: join(folder, 'config'),
    ZDOTDIR: folder,
    TERM: 'dumb',
    LC_ALL: 'C.UTF-8',
  },
  PATH: [join(folder, 'bin'), dirname(process.execPath), process.env['PATH']].join(delimiter),
};

before(() => {
  mkdirSync(join(folder, 'bin'));
  symlinkSync(launch, join(folder, 'bin/zfs-vm'));
  const zfs = `#!/bin/sh
case "$*" in
  *snapshot*) printf '%s\\n' tank/ct/1007@zfs-vm:debian-7:1 tank/ct/1007@zfs-vm:debian-7:2 tank/web@zfs-vm:web:1.0.0 ;;
  *) printf '%s\\n' tank tank/ct tank/ct/1007 tank/web 'tank/my disk' ;;
esac
`;
  writeFileSync(join(folder, 'bin/zfs'), zfs);
  chmodSync(join(folder, 'bin/zfs'), 0o755);
  mkdirSync(join(folder, 'config/zfs-vm'), { recursive: true });
  const config = `[remotes.backup]\nhost = "a"\n[remotes.bakery]\nhost = "b"\n[groups]\nall = ["backup"]\n`;
  writeFileSync(join(folder, 'config/zfs-vm/config.toml'), config);
  writeFileSync(join(folder, 'other.toml'), '[remotes.zebra]\nhost = "z"\n');
});

after(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** What was typed, and what is offered for it: all of it, or what has to be among it. */
interface Case {
  readonly line: string;
  readonly offers: readonly string[];
  readonly isAll?: boolean;
  /** What must not be offered. */
  readonly without?: readonly string[];
}

const cases: readonly Case[] = [
  { line: 'zfs-vm pu', offers: ['push', 'pull'], isAll: true },
  { line: 'zfs-vm -s ta', offers: ['tag'], isAll: true },
  { line: 'zfs-vm --config other.toml ta', offers: ['tag'], isAll: true },
  { line: 'zfs-vm plan pu', offers: ['push', 'pull'], isAll: true },
  { line: 'zfs-vm plan push --stall', offers: ['--stall-timeout'], isAll: true },
  { line: 'zfs-vm push --lat', offers: ['--latest'], isAll: true },
  { line: 'zfs-vm push --re', offers: ['--replace', '--retries'] },
  { line: 'zfs-vm push --transport ', offers: ['ssh2', 'openssh'], isAll: true },
  { line: 'zfs-vm push --transport=op', offers: ['openssh'], isAll: true },
  { line: 'zfs-vm push ', offers: ['backup', 'bakery', 'all', 'local'], without: ['push', 'tank'] },
  { line: 'zfs-vm push bakery ba', offers: ['backup', 'bakery'], isAll: true },
  { line: 'zfs-vm push fjoe@bac', offers: ['fjoe@backup'], isAll: true },
  { line: `zfs-vm push --config ${join(folder, 'other.toml')} z`, offers: ['zebra'], isAll: true },
  { line: 'zfs-vm push -d tank/w', offers: ['tank/web'], isAll: true },
  { line: 'zfs-vm push -d tank/m', offers: ['tank/my disk'], isAll: true },
  { line: 'zfs-vm push -d tank/my\\ d', offers: ['tank/my disk'], isAll: true },
  { line: "zfs-vm push -d 'tank/my d", offers: ['tank/my disk'], isAll: true },
  { line: 'zfs-vm push -n d', offers: ['debian-7', 'debian-7:1', 'debian-7:2'], isAll: true },
  { line: 'zfs-vm push -n debian-7:', offers: ['debian-7:1', 'debian-7:2'], isAll: true },
  { line: 'zfs-vm push -o compr', offers: ['compression='], isAll: true },
  { line: 'zfs-vm tag 10', offers: ['1007'], isAll: true },
  { line: 'zfs-vm clone web:1', offers: ['web:1.0.0'], isAll: true },
  { line: 'zfs-vm clone web:1.0.0 tank/c', offers: ['tank/ct', 'tank/ct/1007'], isAll: true },
  { line: 'zfs-vm completion ', offers: ['bash', 'zsh', 'fish'], isAll: true },
];

/** @param show how the shell is given an offer for a line, where it does not quote by itself */
function check(
  shell: string,
  run: () => ReadonlyMap<string, readonly string[]>,
  show: (offer: string, line: string) => string = (offer) => offer,
): void {
  const offered = run();
  for (const { line, offers: values, isAll = false, without = [] } of cases) {
    const offers = values.map((value) => show(value, line));
    const found = offered.get(line) ?? [];
    const wanted = isAll ? found : found.filter((each) => offers.includes(each));
    assert.deepEqual(
      [...new Set(wanted)].sort(),
      [...offers].sort(),
      `${shell}: ${line} (${found.join(' ')})`,
    );
    for (const each of without) assert.ok(!found.includes(each), `${shell}: ${line} offers ${each}`);
  }
}

/** Why a shell can't be tried here; false when it can. */
function whyNot(shell: string): string | false {
  if (spawnSync(shell, ['-c', 'true']).status !== 0) return `${shell} isn't installed here`;
  return spawnSync('script', ['--version']).status === 0 ? false : "util-linux's script isn't installed here";
}

function printScript(shell: string): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, [launch, 'completion', shell], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

/**
 * Types each line and a tab into a shell on a terminal, and a key that prints what the shell makes of it.
 * @param dumpKey prints `<OFFER> ...` in one line, after `offers:`
 */
async function typeLines(argv: readonly string[], dumpKey: string): Promise<Map<string, string[]>> {
  const shell = spawn('script', ['-q', '-e', '-c', argv.map(quoteWord).join(' '), '/dev/null'], {
    ...{ env, cwd: folder },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let shown = '';
  let wake = (): void => undefined;
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    wake();
  });
  const awaitText = async (pattern: RegExp): Promise<RegExpExecArray> => {
    const deadline = Date.now() + 30_000;
    for (;;) {
      const match = pattern.exec(shown);
      if (match !== null) return match;
      assert.ok(Date.now() < deadline, `nothing like ${String(pattern)} in ${JSON.stringify(shown)}`);
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, 200);
      });
    }
  };
  try {
    await awaitText(/READY/);
    const offered = new Map<string, string[]>();
    for (const { line } of cases) {
      shown = '';
      shell.stdin.write(`${line}\t${dumpKey}`);
      const [, text = ''] = await awaitText(/offers:(.*?):end/s);
      offered.set(
        line,
        Array.from(text.matchAll(/<([^>]*)>/g), ([, value = '']) => value),
      );
      shell.stdin.write('\x15');
    }
    return offered;
  } finally {
    shell.stdin.end('\x15exit\n');
    shell.kill('SIGHUP');
  }
}

describe('completion', () => {
  test('bash', { skip: whyNot('bash') }, async () => {
    writeFileSync(join(folder, 'zfs-vm.bash'), printScript('bash'));
    const rc = `
source ${folder}/zfs-vm.bash
bind 'set show-all-if-ambiguous off'
bind 'set bell-style none'
# bash forgets COMPREPLY when it has read it.
captured=()
capture() {
  _zfs_vm
  captured=("\${COMPREPLY[@]}")
}
complete -F capture zfs-vm
dump() {
  printf 'offers:'
  [[ \${#captured[@]} -eq 0 ]] || printf '<%s>' "\${captured[@]}"
  printf ':end\\n'
  captured=()
}
bind -x '"\\C-g": dump'
PS1='READY '
`;
    writeFileSync(join(folder, 'bashrc'), rc);
    const typed = await typeLines(['bash', '--noprofile', '--rcfile', join(folder, 'bashrc'), '-i'], '\x07');
    check(
      'bash',
      () => new Map(Array.from(typed, ([line, offers]) => [line, offers.map((each) => restore(line, each))])),
      (offer, line) => (line.includes("'") ? offer : offer.replaceAll(' ', '\\ ')),
    );
  });

  test('zsh', { skip: whyNot('zsh') }, async () => {
    mkdirSync(join(folder, 'functions'));
    writeFileSync(join(folder, 'functions/_zfs-vm'), printScript('zsh'));
    const rc = `
fpath=(${folder}/functions $fpath)
autoload -Uz compinit
compinit -u -D
unsetopt beep
zstyle ':completion:*' menu no
typeset -ga captured
compadd() {
  if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return; fi
  local -a found
  builtin compadd -O found "$@"
  captured+=("\${found[@]}")
  builtin compadd "$@"
}
dump() {
  print -rn -- "offers:"
  [[ $#captured -eq 0 ]] || printf '<%s>' "\${captured[@]}"
  print -r -- ":end"
  captured=()
}
zle -N dump
bindkey '^G' dump
bindkey '^U' kill-whole-line
PS1='READY '
`;
    writeFileSync(join(folder, '.zshrc'), rc);
    const typed = await typeLines(['zsh', '-d', '-i'], '\x07');
    check('zsh', () => typed);
  });

  test('zsh, when the script is read by "source"', { skip: whyNot('zsh') }, () => {
    writeFileSync(join(folder, 'zfs-vm.zsh'), printScript('zsh'));
    const words = 'autoload -Uz compinit; compinit -u -D; source ./zfs-vm.zsh; print -r -- $_comps[zfs-vm]';
    const { stdout, stderr } = spawnSync('zsh', ['-f', '-c', words], { env, cwd: folder, encoding: 'utf8' });
    assert.deepEqual([stdout, stderr], ['_zfs-vm\n', '']);
  });

  test('fish', { skip: whyNot('fish') }, () => {
    writeFileSync(join(folder, 'zfs-vm.fish'), printScript('fish'));
    const script = [
      'source zfs-vm.fish',
      ...cases.flatMap(({ line }, index) => [`echo "case ${index}"`, `complete -C ${quoteWord(line)}`]),
    ].join('\n');
    writeFileSync(join(folder, 'cases.fish'), script);
    const { stdout, stderr } = spawnSync('fish', ['--no-config', 'cases.fish'], {
      env,
      cwd: folder,
      encoding: 'utf8',
    });
    assert.equal(stderr, '');
    const offered = new Map<string, string[]>();
    for (const part of stdout.split(/^case /m).slice(1)) {
      const [number = '', ...lines] = part.split('\n');
      const line = cases[Number(number)]?.line ?? '';
      const values = lines.filter((each) => each !== '').map((each) => each.split('\t')[0] ?? '');
      // fish gives an option and its value as one word.
      offered.set(
        line,
        values.map((each) => each.replace(/^--transport=/, '')),
      );
    }
    check('fish', () => offered);
  });
});

/** What bash is given is only what stands after the last character at which it splits words. */
function restore(line: string, offer: string): string {
  const word = line.slice(line.lastIndexOf(' ') + 1);
  const before = /^--/.test(word) ? '' : (/^.*[:=@]/.exec(word)?.[0] ?? '');
  return `${before}${offer}`;
}
