import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, describe, test } from 'node:test';
import { realClock } from '../../src/base/clock.js';
import type { Policy } from '../../src/gate/policy.js';
import { serve } from '../../src/gate/serve.js';
import { LocalHost } from '../../src/host/local-host.js';
import { policyOf } from '../sim/gated-host.js';
import { shellGates, type Answer } from './gates.js';

/*
 * What the two gates do with the same requests: the same calls of zfs, the same answers, the same refusals. zfs is a fake that writes down its
 * words.
 */

const folder = mkdtempSync(join(tmpdir(), 'zfs-vm-gate-'));
after(() => {
  rmSync(folder, { recursive: true });
});

/** Snapshots that there are, and what zfs says to other questions. */
const zfsScript = String.raw`#!/bin/sh
{ for word in "$@"; do printf '[%s]' "$word"; done; echo; } >>"$CALLS"
case "$*" in
  'send -n -v -P -t 1-a-b-c') printf 'resume token contents:\nnvlist version: 0\n\tobject = 0x1\n\ttoguid = 0xffffffffffffffff\n\ttoname = tank/backup/vm@zfs-vm:web:2\n'; exit 1 ;;
  'send -n -v -P -t 1-a-b-d') printf '\ttoguid = 0x4d\n\ttoname = tank/secret@zfs-vm:web:2\n'; exit 1 ;;
  'send -n -v -P -t 1-a-b-e') printf '\ttoguid = 0x4e\n\ttoname = tank/backup/vm@zfs-vm:web:2\n'; exit 1 ;;
  'send -n '*) printf 'size\t12345\n' ;;
  send*) echo a stream ;;
  'list -Hp -t snapshot -o guid '*) echo 18446744073709551615 ;;
  'list -Hp -o used '*) echo 1000 ;;
  *createtxg\ -o\ name*) printf 'tank/backup/vm@zfs-vm:web:1\ntank/backup/vm@daily\ntank/backup/vm@zfs-vm:web:2\ntank/backup/vm@zfs-vm:web:3\n' ;;
  *'name,guid,createtxg'*) printf 'tank/backup/vm@zfs-vm:web:1\t77\t10\ntank/backup/vm@zfs-vm:web:2\t78\t11\n' ;;
  'get -Hp -o value receive_resume_token '*) echo 1-a-b-c ;;
  *encryption,prevsnap*) printf 'tank/backup/vm\tfilesystem\t-\t0\t1700000000\toff\ttank/backup/vm@zfs-vm:web:2\t1-abc-def\t5\t-\t-\t-\t-\n' ;;
  'destroy tank/backup/vm@busy') echo 'cannot destroy: dataset is busy' >&2; exit 1 ;;
esac
`;

interface Outcome extends Answer {
  readonly calls: string;
}

function makePlace(): string {
  const place = mkdtempSync(join(folder, 'place-'));
  const calls = join(place, 'calls');
  writeFileSync(calls, '');
  writeFileSync(join(place, 'zfs'), zfsScript.replace('"$CALLS"', calls), { mode: 0o755 });
  writeFileSync(join(place, 'logger'), '#!/bin/sh\n', { mode: 0o755 });
  return place;
}

async function askHere(policy: Policy, command: string, body: string): Promise<Outcome> {
  const place = makePlace();
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.end(body);
  const outputs = [text(stdout), text(stderr)] as const;
  const status = await serve(command, {
    ...{ policy, host: new LocalHost(), zfs: [join(place, 'zfs')], stdin, stdout, stderr, output: undefined },
    log: () => Promise.resolve(),
    ...{ client: 'test', clock: realClock, signal: new AbortController().signal },
  });
  stdout.end();
  stderr.end();
  return {
    ...{ status, stdout: await outputs[0], stderr: await outputs[1] },
    calls: readFileSync(join(place, 'calls'), 'utf8'),
  };
}

const vm = 'tank/backup/vm';
const everything = policyOf({ roots: ['tank/backup'] });
const appendOnly = policyOf({
  allow: new Set(['list', 'receive']),
  roots: ['tank/backup'],
  appendOnly: true,
});
const web = policyOf({ roots: ['tank/backup', 'tank/more'], streamlines: ['web', 'd?b-*'] });
const quota = policyOf({ roots: ['tank/backup'], quotaBytes: 1500 });

const token = '1-a-b-c';
const role = 'copy%20source%3D1%20pool%3D2%20self%3D3';

const inventories = ['all', 'plain'].flatMap((columns) =>
  ['quick', 'detailed', 'noted'].flatMap((snapshots) =>
    ['tagged', 'all'].map((scope) => `inventory columns=${columns} snapshots=${snapshots} scope=${scope}`),
  ),
);

const subjects = [
  ...['snapshots', 'creation', 'holds', 'guids', 'within', 'snapshots-of', 'notes', 'points', 'facts'],
  ...['noted-facts', 'hold-tags'],
];

/** What is asked, what comes with it, and by which policy. */
const questions: readonly (readonly [line: string, body?: string, policy?: Policy])[] = [
  ...inventories.map((line) => [line] as const),
  ['inventory columns=all snapshots=quick scope=all properties=quota properties=my:own'],
  ['datasets columns=all'],
  ['datasets columns=plain', '', web],
  ['snapshots'],
  ['snapshots', '', web],
  ...subjects.map((what) => [`about what=${what}`, `name=${vm}\nname=${vm}@zfs-vm:web:1\nend\n`] as const),
  ['about what=snapshots', `name=${vm}@a%20b\nname=tank/secret@x\nname=tank/backup@y\nend\n`],
  ['about what=snapshots', 'name=tank/secret@x\nend\n'],
  ['about what=snapshots', 'end\n'],
  ['about what=points', `name=${vm}%23zfs-vm:web:1\nend\n`],
  ['about what=properties properties=quota properties=my:own', `name=${vm}\nend\n`],
  ['about what=set-properties properties=quota', `name=${vm}\nend\n`],
  ['how-far columns=all', `as=expected name=${vm}@zfs-vm:web:2 guid=78\nend\n`],
  [
    'how-far columns=all',
    [
      ...[
        `as=expected name=${vm}@zfs-vm:web:1`,
        `as=expected name=${vm}2@zfs-vm:web:1`,
        `as=newest name=${vm}@zfs-vm:web:2 guid=78`,
      ],
      ...[
        `as=newest name=${vm}@zfs-vm:web:1 guid=18446744073709551615`,
        `as=following name=${vm}@zfs-vm:web:3`,
      ],
      ...[`as=late name=${vm}@zfs-vm:web:4`, `as=earlier name=${vm}@zfs-vm:web:1`, 'end', ''],
    ].join('\n'),
  ],
  [
    'how-far columns=plain',
    `as=expected name=tank/vm@zfs-vm:web:1\nas=newest name=${vm}@zfs-vm:web:2 guid=1\nend\n`,
  ],
  ['how-far columns=all', 'end\n'],
  ['zstd'],
  ['sudo-rules'],
  ['referenced', `datasets=${vm} datasets=tank/backup\ndatasets=${vm}%202\nend\n`],
  [
    'estimate',
    `stream=whole to=${vm}@a\nstream=increment from=${vm}%23b to=${vm}@c raw=yes omitted=-L omitted=-e\nend\n`,
  ],
  [
    'estimate',
    `stream=increments from=${vm}@b to=${vm}@c omitted=-c omitted=-s\nstream=resume token=${token}\nend\n`,
  ],
  ['estimate', `stream=resume token=1-a-b-d\nend\n`],
  ['estimate', `stream=whole from=${vm}@b to=${vm}@c\nend\n`],
  ['reclaim', `dataset=${vm} names=a names=b\nend\n`],
  ['destroy', `dataset=${vm} names=a names=zfs-vm:web:1\ndataset=${vm} names=busy\nend\n`],
  ['destroy', `dataset=${vm} names=zfs-vm:web:1\nend\n`, web],
  ['destroy', `dataset=${vm} names=zfs-vm:web:1 names=daily\nend\n`, web],
  ['destroy', `dataset=${vm} names=a\nend\n`, appendOnly],
  ['bookmark', `name=${vm}@zfs-vm:web:1\nname=${vm}@b\nend\n`],
  ['bookmark-all', `name=${vm}@zfs-vm:web:1\nname=${vm}@b\nend\n`],
  ['make-parents', 'dataset=tank/backup/a\ndataset=tank/backup/a/b inClear=yes\nend\n'],
  ['make-parents', 'dataset=tank/backup/a\nend\n', quota],
  ['hold tag=zfs-vm:1-0123abcd pools=tank', `name=${vm}@a\nname=${vm}@b%20c\nend\n`],
  ['release tag=zfs-vm:1-0123abcd pools=tank', `name=${vm}@a\nend\n`],
  ['hold tag=zfs-vm:1-0123abcd pools=rpool', `name=${vm}@a\nend\n`],
  ['hold tag=zfs-vm:12345678901-0123abcd pools=tank', `name=${vm}@a\nend\n`],
  ['set-notes', `note=a%20%22note%22%20%25s%20$ names=${vm}@a\nend\n`],
  [
    'set-notes',
    `note=a%20%22note%22%20%25s%20%24x%5Cn names=${vm}@a names=${vm}@b\nnote=other names=${vm}@c\nend\n`,
  ],
  ['set-notes', `note=new names=${vm}@a\nend\n`, appendOnly],
  ['set-notes', `note=- names=${vm}@a\nend\n`],
  ['set-roles', `dataset=${vm} role=${role}\nend\n`],
  ['set-roles', `dataset=${vm} role=${role}\nend\n`, appendOnly],
  [`abort dataset=${vm} token=${token}`],
  [`abort dataset=${vm} token=1-a-b-f`],
  [`send-lane + stream=whole to=${vm}@a`],
  [
    `send-lane tellsProgress=yes hasNoise=yes + stream=whole to=${vm}@a raw=yes + stream=increment from=${vm}@a to=${vm}@b`,
  ],
  [
    `send-lane + stream=resume token=${token} + stream=increments from=${vm}@zfs-vm:web:2 to=${vm}@zfs-vm:web:3`,
    '',
    web,
  ],
  [`send-lane + stream=increments from=${vm}@zfs-vm:web:1 to=${vm}@zfs-vm:web:2`, '', web],
  [`send-lane + stream=increments from=${vm}@zfs-vm:web:3 to=${vm}@zfs-vm:web:2`, '', web],
  [`send-lane + stream=resume token=1-a-b-d`],
  [`send-lane + stream=resume token=1-a-b-e`],
  [`send-lane + stream=resume token=1-a-b-f`],
  [`send-lane + stream=whole to=${vm}@a announce`],
  ...[
    'web:1',
    'dxb-1:1.2.0',
    'dxb-1:1.2.0-rc.1',
    'db-:1',
    'webs:1',
    'web:01',
    'web:1.2',
    'web',
    'web:1:2',
    ' web:1',
  ].map(
    (tag) => [`send-lane + stream=whole to=${vm}@zfs-vm:${tag.replaceAll(' ', '%20')}`, '', web] as const,
  ),
];

/** What both say in their own words is compared only in what it means. */
function toMeaning({ status, stdout, stderr, calls }: Outcome): Outcome {
  return { status, stdout, calls, stderr: stderr.replace(/^(zfs-vm gate: refused:) .*$/m, '$1') };
}

for (const gate of shellGates(folder)) {
  describe(gate.name, { skip: gate.skip, concurrency: 4 }, () => {
    for (const [line, body = '', policy = everything] of questions) {
      test(`answers as the other gate does: ${line} ${body}`.replaceAll('\n', ' '), async () => {
        const command = `zfs-vm-gate/1 ${line}`;
        const place = makePlace();
        const answer = await gate.answer({ policy, words: [], place, command, stdin: body });
        const calls = readFileSync(join(place, 'calls'), 'utf8');
        assert.deepEqual(toMeaning({ ...answer, calls }), toMeaning(await askHere(policy, command, body)));
      });
    }
  });
}
