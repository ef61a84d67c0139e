import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertDecent, LyingHosts, type Lies } from './lying-hosts.js';

/** What a command does with a lie. */
interface Case {
  /** The end of a sentence that begins with the command. */
  readonly title: string;
  readonly lies: Lies;
  readonly words: readonly string[];
  readonly status: number;
  readonly says: RegExp;
  /** Whether the other machine has the versions, and this one lacks them. */
  readonly swapped?: boolean;
}

/** Prints something instead of what it was asked for. @param of what stands in the arguments then */
const instead = (of: string, text: string): string =>
  `case "$*" in *'${of}'*) printf '${text}'; exit 0;; esac`;

const datasetsAre = (...lines: readonly string[]): string =>
  instead('filesystem,volume', lines.map((line) => `${line.replaceAll(' ', '\\t')}\\n`).join(''));

/** Nothing is held. */
const noHolds = instead('name,userrefs', '');

const unreadable = /unexpected output of zfs list/;

const isGone = /tank\/vm@zfs-vm:web:2 was received, but now is missing/;

const cases: readonly Case[] = [
  {
    title: 'list tells that a zfs which prints nothing has no versions',
    ...{ lies: { there: 'exit 0' }, words: ['list', 'there'] },
    ...{ status: 0, says: /^no versions on there$/m },
  },
  {
    title: 'push to a zfs that prints nothing is a conflict: there is no pool',
    ...{ lies: { there: 'exit 0' }, words: ['push', 'there'] },
    ...{ status: 3, says: /there has no pool "tank"/ },
  },
  {
    title: 'tag tells of a zfs that says nothing and makes no snapshot',
    ...{ lies: { here: '[ "$1" = snapshot ] && exit 0' }, words: ['tag', 'tank/vm'] },
    ...{ status: 1, says: /zfs snapshot succeeded, but tank\/vm@zfs-vm:web:3 does not exist/ },
  },
  {
    title: 'push fails when a receive ends well without having read anything',
    ...{ lies: { there: '[ "$1" = receive ] && exit 0' }, words: ['push', 'there'] },
    ...{ status: 1, says: isGone },
  },
  {
    title: 'push fails when a receive ends well and keeps nothing',
    lies: {
      there: '[ "$1" = receive ] && { read -r line; echo "received 1K stream in 1 seconds"; exit 0; }',
    },
    ...{ words: ['push', 'there'], status: 1, says: isGone },
  },
  {
    title: 'pull fails when a receive ends well and keeps nothing',
    lies: { here: '[ "$1" = receive ] && { read -r line; exit 0; }' },
    ...{ words: ['pull', 'there'], status: 1, says: isGone, swapped: true },
  },
  {
    title: 'push fails when what arrived has another GUID',
    lies: {
      there: `[ "$1" = receive ] && for last in "$@"; do :; done && {
        read -r line; name=\${line%%	*}; printf '%s@%s\\t777\\t5\\n' "$last" "\${name#*@}" >>"$(dirname "$0")/snapshots"; exit 0; }`,
    },
    ...{ words: ['push', 'there'], status: 1, says: /now has the GUID 777, not 12/ },
  },
  {
    title: 'push tells of sizes that are no numbers nothing but what was sent',
    lies: { there: '[ "$1" = receive ] && echo "received 1.2.3K stream in 1 seconds"' },
    ...{ words: ['push', 'there'], status: 0, says: /^$/ },
  },
  {
    title: 'push fails when a send ends well without a stream',
    ...{ lies: { here: '[ "$1" = send ] && exit 0' }, words: ['push', 'there'] },
    ...{ status: 1, says: /zfs receive failed with status 1: cannot receive: failed to read from stream/ },
  },
  {
    title: 'push fails when a send fails without a word',
    ...{ lies: { here: '[ "$1" = send ] && exit 1' }, words: ['push', 'there'] },
    ...{ status: 1, says: /local: zfs send failed with status 1: no error message/ },
  },
  {
    title: 'push to a zfs that makes no parents though it says so fails with what the receive says',
    lies: {
      there:
        '[ "$1" = create ] && exit 0; [ "$1" = receive ] && { echo "dataset does not exist" >&2; exit 1; }',
    },
    ...{
      words: ['push', '-d', 'tank/x', 'there'],
      status: 1,
      says: /zfs receive failed.*dataset does not exist/,
    },
  },
  ...(['push', 'list', 'pull', 'abort'] as const).map((command): Case => ({
    title: `${command} refuses names with escape sequences`,
    lies: { there: datasetsAre('tank\\033]0;owned\\007 filesystem - 0 1795249568 off - -') },
    ...{ words: [command, 'there'], status: 1, says: unreadable },
  })),
  ...(['\\033[2J', '\\r', '\\007', '\\302\\233', '\\342\\200\\256', '\\000', '\\377'] as const).map(
    (bytes): Case => ({
      title: `list refuses a version with ${bytes} in its name`,
      lies: { there: instead('creation', `tank@zfs-vm:${bytes}:1\\t1\\t1\\t1\\t1\\n`) },
      ...{ words: ['list', 'there'], status: 1, says: unreadable },
    }),
  ),
  {
    title: 'push makes printable what a failing zfs says',
    lies: { there: `printf '\\033[2J\\r\\007\\302\\233evil\\342\\200\\256\\357\\277\\275' >&2; exit 1` },
    ...{ words: ['push', 'there'], status: 1, says: /zfs list failed with status 1: \\u\{1b\}\[2J/ },
  },
  {
    title: 'push --json makes printable what a failing receive says',
    lies: { there: `[ "$1" = receive ] && { printf '\\033[2J\\302\\233 property\\n'; exit 1; }` },
    ...{ words: ['push', '--json', 'there'], status: 1, says: /^$/ },
  },
  {
    title: 'push makes printable what a receive says of properties',
    lies: { there: `[ "$1" = receive ] && printf '\\033[2J\\302\\233 property\\n'` },
    ...{ words: ['push', 'there'], status: 0, says: /warning: there: \\u\{1b\}\[2J\\u\{9b\} property/ },
  },
  {
    title: 'abort leaves alone what zfs tells of with escape sequences',
    lies: {
      there: `[ "$1" = send ] && { printf '\\ttoguid = 0x1\\n\\ttoname = \\033[2J@zfs-vm:web:1\\n'; exit; }
        ${datasetsAre('tank filesystem - 0 1795249568 off - 1-abc')}`,
    },
    ...{ words: ['abort', '--yes', 'there'], status: 0, says: /^$/ },
  },
  {
    title: 'push tells of an interrupted receive in the way, and not in escape sequences',
    lies: {
      there: `[ "$1" = send ] && { printf '\\ttoguid = 0x1\\n\\ttoname = \\033[2J@other\\n'; exit; }
        ${datasetsAre('tank filesystem - 0 1795249568 off - -', 'tank/vm filesystem - 0 1795249568 off - 1-abc')}`,
    },
    ...{
      words: ['push', 'there'],
      status: 3,
      says: /an interrupted receive of an unknown snapshot/,
    },
  },
  {
    title: 'abort tells of a zfs that drops nothing though it says so',
    lies: {
      there: `[ "$1" = send ] && { printf '\\ttoguid = 0x1\\n\\ttoname = tank/vm@zfs-vm:web:1\\n'; exit; }
        [ "$1" = receive ] && exit 0; [ "$1" = get ] && echo 1-abc && exit
        ${datasetsAre('tank filesystem - 0 1795249568 off - -', 'tank/vm filesystem - 0 1795249568 off - 1-abc')}`,
    },
    ...{
      words: ['abort', '--yes', 'there'],
      status: 1,
      says: /succeeded, but tank\/vm still has the interrupted receive/,
    },
  },
  {
    title: 'prune tells of a zfs that destroys nothing though it says so',
    lies: { here: `${noHolds}; [ "$2" = -n ] && { printf 'reclaim\\t1\\n'; exit; }` },
    ...{
      words: ['prune', '--keep-last', '1', '--yes'],
      status: 1,
      says: /local: zfs destroy succeeded, but tank\/vm@zfs-vm:web:1 still exists/,
    },
  },
  {
    title: 'prune makes printable what a zfs says that destroys nothing, and does not call it',
    lies: {
      here: `${noHolds}; [ "$1" = destroy ] && { printf '\\033[2J\\302\\233 no'; [ "$2" = -n ]; exit; }`,
    },
    ...{
      words: ['prune', '--keep-last', '1', '--yes'],
      status: 1,
      says: /unexpected output of zfs destroy -n: \\u\{1b\}\[2J\\u\{9b\} no/,
    },
  },
  {
    title: 'prune refuses a number of holds that is none',
    lies: { here: instead('name,userrefs', 'tank/vm@zfs-vm:web:1\\t\\033[2J\\n') },
    ...{ words: ['prune', '--keep-last', '1', '--yes'], status: 1, says: unreadable },
  },
  ...(['push', 'list', 'tag'] as const).map((command): Case => ({
    title: `${command} goes on where origins go round in a circle`,
    lies: {
      here: datasetsAre(
        'tank filesystem - 0 1795249568 off - -',
        'tank/vm filesystem tank/b@x 0 1795249568 off - -',
        'tank/b filesystem tank/vm@zfs-vm:web:1 0 1795249568 off - -',
        'tank/s filesystem tank/s@x 0 1795249568 off - -',
      ),
    },
    words: [command, ...(command === 'push' ? ['there'] : command === 'tag' ? ['tank/vm'] : [])],
    ...{ status: 0, says: /^$/ },
  })),
  {
    title: 'push goes on where an origin is not there',
    lies: {
      here: datasetsAre(
        'tank filesystem - 0 1795249568 off - -',
        'tank/vm filesystem tank/gone@x 0 1795249568 off - -',
      ),
    },
    ...{ words: ['push', 'there'], status: 0, says: /^$/ },
  },
  {
    title: 'push takes what is listed twice for one',
    lies: { here: '[ "$1$TWICE" = list ] && { TWICE=1; export TWICE; "$0" "$@"; exec "$0" "$@"; }' },
    ...{ words: ['push', 'there'], status: 0, says: /^$/ },
  },
  {
    title: 'push leaves out snapshots of datasets that are not there',
    lies: { here: instead('snapshot,bookmark', 'tank/none@zfs-vm:x:1\\t5\\t5\\n') },
    ...{ words: ['push', 'there'], status: 0, says: /^$/ },
  },
  ...(
    [
      ['a time beyond all calendars', '11\\t1\\t99999999999999999999\\t1'],
      ['a size of 400 digits', `11\\t1\\t1\\t${'9'.repeat(400)}`],
      ['a GUID of more than 64 bits', '18446744073709551616\\t1\\t1\\t1'],
      ['a negative transaction group', '11\\t-1\\t1\\t1'],
      ['a dash for a number', '11\\t-\\t1\\t1'],
      [
        'a name of 10,000 characters',
        `1\\t1\\t1\\t1\\ntank/vm@zfs-vm:${'x'.repeat(10_000)}:1\\t1\\t1\\t1\\t1`,
      ],
    ] as const
  ).map(([what, columns]): Case => ({
    title: `list refuses ${what}`,
    lies: { here: instead('creation', `tank/vm@zfs-vm:web:1\\t${columns}\\n`) },
    ...{ words: ['list'], status: 1, says: unreadable },
  })),
  {
    title: 'push notices a list that was cut in the middle of a number',
    lies: {
      here: instead('snapshot,bookmark', 'tank/vm@zfs-vm:web:1\\t11\\t101\\ntank/vm@zfs-vm:web:2\\t12\\t1'),
    },
    ...{
      words: ['push', 'there'],
      status: 1,
      says: /the list of snapshots is incomplete|output of zfs list is incomplete/,
    },
  },
  {
    title: 'push notices when the list of the receiver was cut in the middle of a number',
    lies: { there: instead('snapshot,bookmark', 'tank@zfs-vm:x:1\\t11\\t1') },
    ...{
      words: ['push', '--rollback', 'there'],
      status: 1,
      says: /output of zfs list is incomplete/,
    },
  },
  {
    title: 'push to a zfs that asks for a password is told that nobody answered',
    lies: { there: `printf 'Password: ' >&2; read -r word || { echo 'no password was given' >&2; exit 1; }` },
    ...{
      words: ['push', 'there'],
      status: 1,
      says: /zfs list failed with status 1: Password: no password was given/,
    },
  },
  {
    title: 'push is told what a zfs says that fails, and nothing of it is done',
    lies: {
      here: '[ "$1" = send ] && { head -c 300000 /dev/zero | tr "\\0" x >&2; echo no disk >&2; exit 3; }',
    },
    ...{ words: ['push', 'there'], status: 1, says: /zfs send failed with status 3: .*no disk/ },
  },
];

for (const { title, lies, words, status, says, swapped = false } of cases) {
  test(title, async (t) => {
    const hosts = new LyingHosts(t, lies);
    if (swapped) hosts.swap();
    const run = await hosts.run(words);
    assertDecent(run);
    assert.equal(run.status, status, run.stderr);
    assert.match(run.stderr, says);
    if (status !== 0) assert.doesNotMatch(run.stdout, /^done|^nothing to do/m);
    if (status === 0 && words[0] === 'push') {
      assert.equal(
        hosts.snapshotsOf('there').length,
        run.stdout.includes('nothing to do') ? 0 : 2,
        run.stdout,
      );
    }
  });
}

test('hosts that do not lie are brought in step, and are then up to date', async (t) => {
  const hosts = new LyingHosts(t, {});
  const run = await hosts.run(['push', 'there']);
  assert.equal(run.status, 0, run.stderr);
  assert.deepEqual(hosts.snapshotsOf('there'), hosts.snapshotsOf('here'));
  assert.match((await hosts.run(['push', 'there'])).stdout, /^nothing to do/);
});

test('what was not there after all counts as missing', async (t) => {
  const hosts = new LyingHosts(t, { there: '[ "$1" = receive ] && exit 0' });
  const { stdout } = await hosts.run(['push', '--json', 'there']);
  const last = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as object;
  assert.deepEqual(
    { ...last, bytes: 0, seconds: 0 },
    { event: 'finished', versions: 0, failedVersions: 2, bytes: 0, seconds: 0 },
  );
});

test('a zfs that hangs is waited for, and an interrupt ends it', async (t) => {
  const hosts = new LyingHosts(t, { there: 'touch "${0%/*}/asked"; exec sleep 100' });
  const run = await hosts.run(['list', 'there'], { interruptAt: `${hosts.folder}/there/asked` });
  assert.equal(run.status, 130);
  assert.match(run.stderr, /interrupted by SIGINT/);
});

test('a stream that hangs is given up when nothing has moved for a time', async (t) => {
  const hosts = new LyingHosts(t, { there: '[ "$1" = receive ] && exec sleep 100' });
  const run = await hosts.run(['push', '--stall-timeout', '1', '--retries', '0', 'there']);
  assertDecent(run);
  assert.equal(run.status, 4);
  assert.match(run.stderr, /no progress between this machine and there for 1 s/);
});
