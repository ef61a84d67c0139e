import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Host } from '../../src/host/host.js';
import { LocalHost } from '../../src/host/local-host.js';
import { runCommand, type CommandResult } from '../../src/host/run-command.js';
import { VirtualClock } from './clock.js';
import { Machine } from './machine.js';
import { Random } from './random.js';

function makeHost(): Host {
  return new Machine({ clock: new VirtualClock(), random: new Random(1) }).connect('simulated');
}

async function runOn(
  host: Host,
  script: string,
  input: string,
  words: readonly string[],
): Promise<CommandResult> {
  return runCommand(host, ['sh', '-c', script, 'sh', ...words], { input });
}

/** Scripts that this machine's shell and the simulated one have to understand alike. */
const scripts: readonly (readonly [title: string, script: string, input?: string])[] = [
  ['words reach a command as they are', `printf '%s\\n' "$@" "$1" x'y z'"q"`],
  ['printf repeats its format', `printf '%s-%s\\n' a b c d`],
  ['unquoted values are split, quoted ones are not', `v='a  b'; printf '[%s]' $v "$v" x$v`],
  ['empty values vanish unless they are quoted', `printf '[%s]' "$none" $none end`],
  ['a substitution loses its last newlines', `v=$(printf 'a\\n\\n'); printf '[%s]' "$v"`],
  ['an assignment ends as its substitution does', `v=$(exit 3) || echo "failed $?"; v=$(exit 4); echo $?`],
  ['a function has words of its own', `f() { echo "$1"; shift; echo "$1"; return 5; }; f a b; echo "$? $1"`],
  ['a pipe ends as its last command does', `false | true && echo yes; true | false || echo no`],
  ['what is set in a pipe is lost', `v=1; echo x | { v=2; echo $v; }; echo $v`],
  ['lines are read one by one', `while read -r line; do echo "<$line>"; done; echo end`, 'a\n  b c  \nlast'],
  ['IFS= keeps blanks', `while IFS= read -r line; do echo "<$line>"; done`, '  b c  \n'],
  [
    'a line is read as a name and a value with blanks',
    `while IFS="$(printf '\\t')" read -r name value; do echo "<$name><$value>"; done`,
    'a\tb c \tx\n\tq\t\nlone\n',
  ],
  ['the rest of the input is left to the next', `read -r first; cat`, 'one\ntwo\nthree\n'],
  ['case finds its pattern', `case abc in x|y) echo 1;; a*) echo 2;; *) echo 3;; esac`],
  ['case without a pattern ends well', `false; case x in y) ;; esac; echo $?`],
  ['suffixes and prefixes are taken off', `v=tank/vm@a@b; echo "\${v%@*} \${v#*@} \${none:-other}"`],
  [
    'the longest or the shortest of them is taken off, over lines too',
    `v=$(printf 'a@b\\nc@d\\ne'); printf '<%s>' "\${v%%@*}" "\${v%@*}" "\${v##*@}" "\${v#*@}" "\${v%%"\nc"*}" "\${v#*"\nc"}" "\${v%%x*}"`,
  ],
  ['exit leaves a subshell only', `(exit 3); echo $?; { echo in; }; exit 4; echo never`],
  ['|| exit gives the status on', `(exit 6) || exit; echo never`],
  ['descriptors can be passed around', `{ echo out; echo err >&2; } 2>&1 >/dev/null | sed 's/^/got /'`],
  [
    'a status can go around a pipe',
    `s=$({ { echo data; echo 7 >&3; } | cat >/dev/null; } 3>&1); echo "s=$s"`,
  ],
  ['exec keeps a descriptor', `exec 4>&1; v=$(echo hidden; echo shown >&4); echo "v=$v"`],
  [
    'a reader that leaves ends the writer',
    `{ cat; echo "status $?" >&2; } | head -c 3; echo; echo $?`,
    'abcdef',
  ],
  ['sed puts marks before lines', `sed 's/^/> /'`, 'a\nb\n'],
  ['sed prints what it changed', `sed -n 's/^.*:\\([0-9]*\\)$/\\1/p'`, 'a:1\nb\nc:22\n'],
  ['sed can keep to a line', `sed -n '1s/^/first: /p'`, 'a\nb\n'],
  ['tr takes one character for another', `tr '\\\\' '?'`, 'a\\b\n'],
  ['sed escapes blanks', `sed 's/ /\\\\ /g'`, 'a b c\n'],
  ['xargs hands over lines', `sed 's/ /\\\\ /g' | xargs sh -c 'printf "<%s>" "$@"' sh`, 'a b\nc\n'],
  ['xargs ends where it was told to', `xargs -E @ sh -c 'printf "<%s>" "$@"' sh`, '"a b"\nc@d\n@\ne\n'],
  ['xargs tells of failures', `xargs sh -c 'exit 2' sh; echo $?`, 'a\n'],
  ['a program may take the place of a shell', `sh -c 'exec cat; echo never'`, 'text\n'],
  ['$? is that of the command before', `false; v=$?; echo $v; true; echo $?`],
  [
    'what runs in the background is not waited for, and has a number',
    `{ read -r line; false; } <&0 & echo $?; [ "$!" = "$$" ] || echo other`,
  ],
  ['printf takes escapes apart', `printf %b 'a\\0047b\\0303\\0244'`],
  ['eval makes words of text', `eval "set -- 'a b' c"; printf '<%s>' "$@"`],
  ['exported variables are there', `V=1; export V; echo "$V"`],
  [
    'a shell can end all that it has started',
    `echo once; { sh -c 'kill -s TERM 0'; echo never; } | cat; echo never`,
  ],
  ['a redirection of nothing at all', `echo a </dev/null 2>/dev/null; cat </dev/null; echo $?`],
];

for (const [title, script, input = ''] of scripts) {
  test(`as in this machine's shell: ${title}`, async () => {
    const words = ['one', 'two words', "it's"];
    const [ours, theirs] = [
      await runOn(makeHost(), script, input, words),
      await runOn(new LocalHost(), script, input, words),
    ];
    assert.deepEqual({ out: ours.stdout, exit: ours.exit }, { out: theirs.stdout, exit: theirs.exit });
  });
}

test('an aborted command is stopped, wherever it waits', async () => {
  const abort = new AbortController();
  const command = await makeHost().start(['sh', '-c', 'cat | cat'], { signal: abort.signal });
  command.stdout.resume();
  command.stderr.resume();
  abort.abort();
  assert.deepEqual(await command.exit, { kind: 'stopped' });
});

test('a reader that takes nothing makes the writer wait', async () => {
  const machine = new Machine({ clock: new VirtualClock(), random: new Random(1) });
  machine.pools.createPool('tank');
  machine.pools.write(
    'tank',
    Array.from({ length: 1000 }, (_, block) => block),
  );
  machine.pools.snapshot(['tank@a']);
  const command = await machine.connect('simulated').start(['zfs', 'send', 'tank@a']);
  command.stderr.resume();
  await machine.clock.sleep(1000);
  assert.equal(machine.pools.openSnapshot('tank@a').sends, 1, 'it is still at it');
  let bytes = 0;
  for await (const chunk of command.stdout) bytes += (chunk as Buffer).length;
  assert.ok(bytes > 4_000_000);
  assert.deepEqual(await command.exit, { kind: 'exited', code: 0 });
});
