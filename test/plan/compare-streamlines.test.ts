import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  compareStreamlines,
  findSetAside,
  type StreamlineStatus,
} from '../../src/plan/compare-streamlines.js';
import { planTransfer } from '../../src/plan/plan-transfer.js';
import { streamOf } from '../../src/plan/stream.js';
import type { Datasets } from '../../src/streamline/dataset.js';
import { parsePattern } from '../../src/streamline/selection.js';
import { formatTagShort } from '../../src/streamline/tag.js';
import { world } from '../worlds.js';

function compare(sender: Datasets, receiver: Datasets, pattern?: string): StreamlineStatus[] {
  const parsed = pattern === undefined ? undefined : parsePattern(pattern);
  const patterns = parsed === undefined ? [] : [parsed];
  const choice = { patterns, latest: false };
  const request = { sender, receiver, choice, destination: undefined, rollback: false, replace: false };
  return compareStreamlines(request, planTransfer(request));
}

/** `STREAMLINE STATE NEWEST-THERE VERSIONS-BEHIND` of each. */
function summarize(statuses: readonly StreamlineStatus[]): string[] {
  return statuses.map(({ streamline, state, newestThere, versionsBehind }) =>
    [streamline, state, newestThere?.tag.version.text ?? 'none', versionsBehind].join(' '),
  );
}

const sender = world('tank/web: web:1 web:2 web:3', 'tank/app: app:1');
const empty = world('tank:');

for (const [what, receiver, expected] of [
  ['nothing of it', empty, ['app behind none 1', 'web behind none 3']],
  [
    'all of it',
    world('tank/web: web:1 web:2 web:3', 'tank/x: app:1'),
    ['app up-to-date 1 0', 'web up-to-date 3 0'],
  ],
  [
    'only older versions',
    world('tank/web: web:1', 'tank/app: app:1'),
    ['app up-to-date 1 0', 'web behind 1 2'],
  ],
  [
    'newer versions too',
    world('tank/web: web:1 web:2 web:3 web:4', 'tank/app: app:1'),
    ['app up-to-date 1 0', 'web ahead 4 0'],
  ],
  [
    'newer versions that were set aside',
    world('tank/web: web:1 web:2 web:3', 'tank/old (aside of tank/web): web:4', 'tank/app: app:1'),
    ['app up-to-date 1 0', 'web up-to-date 3 0'],
  ],
  [
    'a copy that was written to',
    world('tank/web (modified): web:1', 'tank/app: app:1'),
    ['app up-to-date 1 0', 'web conflict 1 2'],
  ],
  [
    'a copy that went on',
    world('tank/web: web:1 @mine', 'tank/app: app:1'),
    ['app up-to-date 1 0', 'web conflict 1 2'],
  ],
  [
    'the name with other content',
    world('tank/web: web:1~x', 'tank/app: app:1'),
    ['app up-to-date 1 0', 'web conflict 1 3'],
  ],
  ['streamlines of others', world('tank/other: other:1'), ['app behind none 1', 'web behind none 3']],
] as const) {
  test(`a receiver that has ${what}`, () => {
    assert.deepEqual(summarize(compare(sender, receiver)), expected);
  });
}

test('a receiver that has the newest version and lacks older ones is not up to date, and nothing is left to send', () => {
  const statuses = compare(world('tank/x: web:1 web:2 web:3'), world('tank/x: web:3'));
  assert.deepEqual(summarize(statuses), ['web newest-only 3 0']);
  assert.equal(statuses[0]?.versionsPassed, 2);
});

test('a version that is older than a lower one counts by its number: where it never went, it was passed by', () => {
  const statuses = compare(world('tank/x: web:5 web:3'), world('tank/x: web:3'));
  assert.deepEqual(summarize(statuses), ['web passed-by 3 0']);
  assert.deepEqual(summarize(compare(world('tank/x: web:5 web:3'), world('tank/x: web:5'))), [
    'web behind 5 1',
  ]);
});

test('a streamline that the receiver has gone past is told, and nothing is left to send', () => {
  const statuses = compare(world('tank/x: web:1 app:1 web:2'), world('tank/x: web:1 web:2'));
  assert.deepEqual(summarize(statuses), ['app passed-by none 0', 'web up-to-date 2 0']);
});

test('a version of a tree counts once, and is missing when a member is', () => {
  const tree = world('tank/t: web:1 web:2', 'tank/t/a: web:1~a web:2~a', 'tank/t/b: web:1~b web:2~b');
  const receiver = world('tank/t: web:1 web:2', 'tank/t/a: web:1~a', 'tank/t/b: web:1~b');
  assert.deepEqual(summarize(compare(tree, receiver)), ['web behind 2 1']);
});

test('a streamline that goes on in a clone is one', () => {
  const clones = world('tank/a: web:1 web:2', 'tank/b < tank/a@web:2: web:3');
  assert.deepEqual(summarize(compare(clones, world('tank/a: web:1'))), ['web behind 1 2']);
});

test('only what the patterns mean is compared', () => {
  assert.deepEqual(summarize(compare(sender, empty, 'a*')), ['app behind none 1']);
  assert.deepEqual(summarize(compare(sender, world('tank/web: web:1 web:2 web:3'), 'web:2')), [
    'web up-to-date 2 0',
  ]);
});

test('versions are in order as versions, not as texts', () => {
  const tens = world('tank/web: web:9 web:10');
  const [status] = compare(tens, world('tank/web: web:9'));
  assert.equal(status?.newestHere.tag.version.text, '10');
});

test('an interrupted receive is told with its streamline', () => {
  const [app, web] = compare(sender, world('tank/web (partial web:2 since web:1): web:1'));
  assert.deepEqual(app?.partials, []);
  assert.deepEqual(
    web?.partials.map(({ dataset, tag }) => [dataset, formatTagShort(tag)]),
    [['tank/web', 'web:2']],
  );
});

test('increments that share a stream are one stream, and one for each streamline', () => {
  const mixed = world('tank/x: web:1 web:2 web:3 app:1 app:2');
  const statuses = compare(mixed, world('tank/x: web:1'));
  assert.deepEqual(
    statuses.map(({ streamline, streams }) => [
      streamline,
      ...streams.map(({ chain, steps }) => streamOf(chain, steps)),
    ]),
    [
      [
        'app',
        {
          kind: 'increments',
          from: 'tank/x@zfs-vm:web:3',
          to: 'tank/x@zfs-vm:app:2',
          raw: false,
          omitted: [],
        },
      ],
      [
        'web',
        {
          kind: 'increments',
          from: 'tank/x@zfs-vm:web:1',
          to: 'tank/x@zfs-vm:web:3',
          raw: false,
          omitted: [],
        },
      ],
    ],
  );
});

test('of what was set aside, only copies of what is chosen are told', () => {
  const receiver = world(
    'tank/web: web:3',
    'tank/web-old (aside of tank/web):',
    'tank/app-old (aside of tank/app): app:9',
    'tank/other-old (aside of c:tank/web): web:9',
  );
  const findIn = (pattern: string): string[] => {
    const parsed = parsePattern(pattern);
    const choice = { patterns: parsed === undefined ? [] : [parsed], latest: false };
    return findSetAside({ sender, receiver, choice });
  };
  assert.deepEqual(findIn('web'), ['tank/web-old']);
  assert.deepEqual(findIn('*'), ['tank/web-old', 'tank/app-old']);
});
