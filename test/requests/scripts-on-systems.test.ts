import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { renderBody, renderRequest, type Limits } from '../../src/requests/render.js';
import {
  type KindWithBody,
  type ReceivedStream,
  type RecordOf,
  type Request,
  type RequestKind,
  type RequestOf,
  type SentStream,
} from '../../src/requests/request.js';
import { whyNoAwk } from '../awks.js';
import { whyNot } from '../host/shells.js';

/*
 * Every script that a host is given runs with the shells and tools of other systems, and has to do the same with each: the same calls of
 * zfs, the same output, the same status.
 */

/** The programs of a system that differ from Debian's. */
interface System {
  readonly name: string;
  readonly shell: readonly [program: string, ...words: string[]];
  readonly awk: readonly [program: string, ...words: string[]];
  /** Whether all other tools are busybox's. */
  readonly hasBusybox?: boolean;
}

/** The first is what the others are compared with. */
const systems: readonly System[] = [
  { name: 'Debian', shell: ['dash'], awk: ['mawk'] },
  { name: 'a system with bash and gawk', shell: ['bash', '--posix'], awk: ['gawk', '--posix'] },
  { name: 'a system with busybox', shell: ['busybox', 'sh'], awk: ['busybox', 'awk'], hasBusybox: true },
  // The shells of illumos and OpenBSD, with the awk of the BSDs and of illumos.
  { name: 'a system with ksh93 and the one true awk', shell: ['ksh'], awk: ['original-awk'] },
  { name: 'a system with mksh and the one true awk', shell: ['mksh'], awk: ['original-awk'] },
  { name: 'a system with posh', shell: ['posh'], awk: ['mawk'] },
  { name: 'a system with zsh', shell: ['zsh', '--emulate', 'sh'], awk: ['gawk'] },
];

/** A zfs that writes down its arguments, and answers as a small host does. */
const zfs = String.raw`#!/bin/dash
{ printf '<%s>' "$@"; echo; } >> "$CALLS"
tab='	'
case "$1 $*" in
'list '*snapshot,bookmark*) printf 'tank/a#old\t5\t50\ntank/a@zfs-vm:a:1\t18446744073709551615\t100\ntank/b c@other\t7\t101\n' ;;
'list '*prevsnap*|'list '*type*)
  printf 'tank\tfilesystem\t-\t0\t1795249568\toff\t-\t-\t1\t-\t-\t-\t-\n'
  printf 'tank/a\tfilesystem\t-\t0\t1795249568\toff\ttank/a@zfs-vm:a:1\t1-abc-def\t2\t-\t-\t-\t-\n'
  printf 'tank/b c\tvolume\t-\t0\t1795249568\toff\ttank/b c@other\t-\t3\t-\t-\t-\t-\n' ;;
'get '*receive_resume_token*) echo 1-abc-def ;;
'get '*role*|'get '*note*) [ "$1 $2" = "get -Hp" ] && case "$*" in *tank/b*) echo zfs-vm:role ;; esac ;;
'list '*|'get '*|'holds '*)
  status=0
  for name; do case $name in
  tank/gone*) echo "cannot open '$name': dataset does not exist" >&2; status=1 ;;
  tank*) printf '%s\t18446744073709551615\t100\n' "$name" ;;
  esac; done
  exit $status ;;
'send '*-n*) printf 'full\ttank/a@zfs-vm:a:1\t100\nsize\t100\n' ;;
'send '*) printf 12345 ;;
'receive '*) printf '%s\n' "got $(dd bs=1 count=5 2>/dev/null)" ;;
'destroy '*gone*|'hold '*gone*) echo 'dataset does not exist' >&2; exit 1 ;;
esac
exit 0
`;

const whole: SentStream = {
  ...{ stream: 'whole', from: undefined, to: 'tank/b c@x', token: undefined, raw: false, omitted: [] },
};
const increment: SentStream = { ...whole, stream: 'increments', from: 'tank/b c@w', raw: true };
const landing: ReceivedStream = {
  ...{ destination: 'tank/b c', snapshot: undefined, type: 'filesystem', origin: undefined },
  ...{ makesFilesystem: true, set: [{ name: 'user:note', value: "it's $HOME" }], exclude: ['quota'] },
  ...{ isResumable: true, parts: 1, isResumed: false },
};
const names = ['tank/a@zfs-vm:a:1', 'tank/b c@x', 'tank/gone@x'].map((name) => ({ name }));

/** What is asked, with its body. */
interface Question {
  readonly request: Request;
  readonly input: string;
  readonly limits?: Limits;
}

function ask<Kind extends KindWithBody>(
  request: Request & { readonly kind: Kind },
  records: readonly RecordOf<Kind>[],
  limits: Limits = {},
): Question {
  return { request, input: [...(renderBody(request.kind, records) as Iterable<string>)].join(''), limits };
}

function askAlone(request: Request, input = '', limits: Limits = {}): Question {
  return { request, input, limits };
}

const within = { within: { roots: ['tank/a'] } };
const lists = { columns: 'all', snapshots: 'quick', properties: [] } as const;
const twoLegs = { legs: [landing, { ...landing, type: 'volume', isResumable: false }] } as const;

/** All that can be asked about names: whoever adds one has to add it here. */
const allSubjects: Readonly<Record<RequestOf<'about'>['what'], true>> = {
  ...{ snapshots: true, creation: true, holds: true, guids: true, within: true, 'snapshots-of': true },
  ...{ properties: true, 'set-properties': true, notes: true, points: true, facts: true },
  ...{ 'noted-facts': true, 'hold-tags': true },
};
const subjects = Object.keys(allSubjects) as RequestOf<'about'>['what'][];

/** Questions of every kind. */
const questions: { readonly [Kind in RequestKind]: readonly Question[] } = {
  inventory: [
    askAlone({ kind: 'inventory', ...lists, scope: 'tagged' }),
    askAlone({ kind: 'inventory', ...lists, scope: 'all', columns: 'plain' }),
    askAlone({ kind: 'inventory', ...lists, scope: 'tagged', properties: ['quota'] }, '', within),
  ],
  datasets: [askAlone({ kind: 'datasets', columns: 'all' })],
  snapshots: [askAlone({ kind: 'snapshots' })],
  'how-far': [{}, { listsAll: true }].map((limits) =>
    ask<'how-far'>(
      { kind: 'how-far', columns: 'all' },
      [
        { as: 'expected', name: 'tank/a@zfs-vm:a:1', guid: undefined },
        { as: 'late', name: 'tank/b c@x', guid: undefined },
        { as: 'newest', name: 'tank/a@zfs-vm:a:1', guid: 18446744073709551615n },
        { as: 'newest', name: 'tank/b c@x', guid: 7n },
      ],
      limits,
    ),
  ),
  about: subjects.map((what) =>
    ask<'about'>({ kind: 'about', what, properties: what.endsWith('properties') ? ['quota'] : [] }, names),
  ),
  referenced: [ask<'referenced'>({ kind: 'referenced' }, [{ datasets: ['tank/a', 'tank/b c'] }])],
  estimate: [ask<'estimate'>({ kind: 'estimate' }, [whole, increment])],
  reclaim: [ask<'reclaim'>({ kind: 'reclaim' }, [{ dataset: 'tank/b c', names: ['x', 'y'] }])],
  destroy: [
    ask<'destroy'>({ kind: 'destroy' }, [
      { dataset: 'tank/gone', names: ['x'] },
      { dataset: 'tank/b c', names: ['x', 'y'] },
    ]),
  ],
  bookmark: [ask<'bookmark'>({ kind: 'bookmark' }, names)],
  'bookmark-all': [ask<'bookmark-all'>({ kind: 'bookmark-all' }, names)],
  'make-parents': [ask<'make-parents'>({ kind: 'make-parents' }, [{ dataset: 'tank/b c', inClear: true }])],
  hold: [ask<'hold'>({ kind: 'hold', tag: 'zfs-vm:1-0123abcd', pools: ['tank'] }, names)],
  release: [ask<'release'>({ kind: 'release', tag: 'zfs-vm:1-0123abcd', pools: ['tank'] }, names)],
  'set-notes': [{}, { onlyNew: true }].map((limits) =>
    ask<'set-notes'>(
      { kind: 'set-notes' },
      [
        { note: "it's $(id) \\n done", names: ['tank/a@zfs-vm:a:1', 'tank/b c@x'] },
        { note: '-n', names: ['tank/a@zfs-vm:a:2'] },
      ],
      limits,
    ),
  ),
  'set-roles': [{}, { onlyNew: true }].map((limits) =>
    ask<'set-roles'>(
      { kind: 'set-roles' },
      ['tank/a', 'tank/b c'].map((dataset) => ({ dataset, role: 'copy source=1 pool=2 self=3' })),
      limits,
    ),
  ),
  abort: ['1-abc-def', '1-other-x'].map((token) => askAlone({ kind: 'abort', dataset: 'tank/b c', token })),
  'send-lane': [
    askAlone({
      kind: 'send-lane',
      compress: false,
      tellsProgress: true,
      hasNoise: true,
      legs: [whole, increment],
    }),
    askAlone({ kind: 'send-lane', compress: true, tellsProgress: false, hasNoise: false, legs: [whole] }),
  ],
  'receive-lane': [
    askAlone({ kind: 'receive-lane', compress: false, hasNoise: false, ...twoLegs }, '1234567890'),
    askAlone(
      { kind: 'receive-lane', compress: false, hasNoise: true, ...twoLegs },
      'Welcome\n\nzfs-vm: streams\n1234567890',
    ),
  ],
  zstd: [],
  'sudo-rules': [],
};

let folder = '';

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'zfs-vm-systems-'));
});

after(() => {
  rmSync(folder, { recursive: true });
});

/** Puts a program into a folder, which is another one with its first words. */
function addProgram(bin: string, name: string, [program, ...words]: readonly string[]): void {
  const path = join(bin, name);
  writeFileSync(path, `#!/bin/dash\nexec ${[program, ...words].join(' ')} "$@"\n`);
  chmodSync(path, 0o755);
}

/** Makes the folder with the programs of a system. */
function makeSystem({ name, shell, awk, hasBusybox = false }: System): string {
  const bin = join(folder, name.replaceAll(' ', '-'));
  mkdirSync(bin);
  writeFileSync(join(bin, 'zfs'), zfs);
  chmodSync(join(bin, 'zfs'), 0o755);
  addProgram(bin, 'sh', shell);
  addProgram(bin, 'awk', awk);
  if (hasBusybox) {
    for (const tool of ['cat', 'head', 'sed', 'tr', 'xargs']) {
      symlinkSync('/usr/bin/busybox', join(bin, tool));
    }
  }
  return bin;
}

/** What came of a question. */
interface Answer {
  readonly question: string;
  readonly status: number | null;
  readonly stdout: string;
  readonly calls: string;
}

/** Asks everything on a system. */
function askAll(system: System): Answer[] {
  const bin = makeSystem(system);
  const calls = join(bin, 'calls');
  return Object.values(questions).flatMap((all) =>
    all.map(({ request, input, limits }): Answer => {
      writeFileSync(calls, '');
      const [, ...words] = renderRequest(request, ['zfs'], limits);
      const [program, ...options] = system.shell;
      const { status, stdout } = spawnSync(program, [...options, ...words], {
        ...{ input, encoding: 'utf8', timeout: 30_000 },
        // A bash whose input is a socket, as Node's are, takes itself for one that rshd started, and reads ~/.bashrc.
        env: { PATH: `${bin}:/usr/local/bin:/usr/bin:/bin`, HOME: bin, LC_ALL: 'C', CALLS: calls },
      });
      return {
        question: JSON.stringify(request, writeGuid),
        status,
        stdout,
        calls: readFileSync(calls, 'utf8'),
      };
    }),
  );
}

function writeGuid(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

/** Why a system can't be tried here. */
function whyNoSystem({ shell, awk }: System): string | false {
  return whyNot(shell) || whyNoAwk(awk);
}

const [usual, ...others] = systems;
const usualAnswers = (() => {
  let answers: Answer[] | undefined;
  return (): Answer[] => (answers ??= usual === undefined ? [] : askAll(usual));
})();

test(
  'every script calls zfs as it is asked to, where the system is Debian',
  { skip: usual && whyNoSystem(usual) },
  () => {
    const answers = usualAnswers();
    assert.ok(answers.length > 30, `${answers.length} questions`);
    for (const { question, calls, status } of answers) {
      assert.notEqual(calls, '', question);
      assert.ok(status === 0 || question.includes('1-other-x'), `${question}: ${status ?? 'killed'}`);
    }
  },
);

for (const system of others) {
  const skip = whyNoSystem(system) || (usual !== undefined && whyNoSystem(usual));
  test(`every script does on ${system.name} what it does on Debian`, { skip }, () => {
    assert.deepEqual(askAll(system), usualAnswers());
  });
}
