import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chalk } from 'chalk';
import { countColumns } from '../../../src/report/terminal/columns.js';
import { listStreamlines } from '../../../src/tasks/list/version-listing.js';
import {
  formatVersionLines,
  formatVersionTable,
  lineFields,
} from '../../../src/report/versions/version-table.js';
import { parseVersion } from '../../../src/streamline/version.js';
import { world } from '../../worlds.js';

const datasets = world(
  'tank/vm: web:9 web:10',
  'tank/new < tank/vm@web:9: web:11',
  'tank/ct < tank/template@@golden: app:1',
);

test('versions are grouped by streamline and ordered as versions, clones named where they begin', () => {
  const listed = listStreamlines(datasets).map(({ name, versions }) => [
    name,
    ...Array.from(versions, ({ version, dataset, cloneOf }) => [version, dataset, cloneOf]),
  ]);
  assert.deepEqual(listed, [
    ['app', ['1', 'tank/ct', 'tank/template@golden']],
    ['web', ['9', 'tank/vm', null], ['10', 'tank/vm', null], ['11', 'tank/new', 'web:9']],
  ]);
});

test('the table has a block a streamline', () => {
  const table = formatVersionTable(listStreamlines(datasets), {
    colors: new Chalk({ level: 0 }),
    withGuids: false,
    width: undefined,
  });
  assert.equal(
    [...table].join(''),
    [
      'app  1 version',
      '  VERSION  CREATED (UTC)     SIZE  DATASET   CLONE OF',
      '        1  1970-01-01 00:00   0 B  tank/ct   tank/template@golden',
      '',
      'web  3 versions',
      '  VERSION  CREATED (UTC)     SIZE  DATASET   CLONE OF',
      '        9  1970-01-01 00:00   0 B  tank/vm',
      '       10  1970-01-01 00:00   0 B  tank/vm',
      '       11  1970-01-01 00:00   0 B  tank/new  web:9',
      '',
    ].join('\n'),
  );
});

test('a tree that was tagged as a whole is one version', () => {
  const tree = world('tank/vm: web:1 web:2', 'tank/vm/log: web:2~log', 'tank/vm/root: web:1~root web:2~root');
  const [web] = listStreamlines(tree);
  assert.deepEqual(
    Array.from(web?.versions ?? [], ({ version, dataset, members }) => [version, dataset, members]),
    [
      ['1', 'tank/vm', ['root']],
      ['2', 'tank/vm', ['log', 'root']],
    ],
  );
});

test('what was set aside is marked so, and is no member of a tree', () => {
  const datasets = world(
    'tank/vm: web:1',
    'tank/vm/d: web:1~d',
    'tank/vm/d-old (aside of tank/vm/d): web:1~x',
  );
  const streamlines = listStreamlines(datasets);
  const versions = streamlines.flatMap((streamline) => [...streamline.versions]);
  assert.deepEqual(
    versions.map(({ dataset, members, setAside }) => [dataset, members, setAside]),
    [
      ['tank/vm', ['d'], false],
      ['tank/vm/d-old', [], true],
    ],
  );
  const options = { colors: new Chalk({ level: 0 }), withGuids: false, width: undefined };
  assert.match([...formatVersionTable(streamlines, options)].join(''), / tank\/vm\/d-old \(set aside\)$/m);
});

test('notes have a column where there are any, and are cut to the terminal', () => {
  const noted = new Map(
    [...datasets].map(([name, dataset]) => [
      name,
      {
        ...dataset,
        snapshots: dataset.snapshots.map((snapshot) => ({
          ...snapshot,
          ...(snapshot.name === 'zfs-vm:web:10' ? { note: `nginx\u202E \u{1F601}${'x'.repeat(80)}` } : {}),
        })),
      },
    ]),
  );
  const formatted = formatVersionTable(listStreamlines(noted), {
    ...{ colors: new Chalk({ level: 0 }), withGuids: false },
    width: 90,
  });
  const lines = [...formatted].join('').split('\n');
  assert.match(lines[1] ?? '', /CLONE OF {2,}NOTE$/);
  const line = lines.find((each) => each.includes('nginx')) ?? '';
  assert.match(line, /nginx\\u\{202e\} \u{1F601}x+…$/u);
  // The picture takes two columns.
  assert.equal(countColumns(line), 90);
  assert.equal(lines.find((each) => each.includes(' 9 '))?.endsWith('tank/vm'), true);
});

const long = world(
  'tank/images/production/debian-templates/subvol-1007-disk-0: web:1 web:2',
  'tank/work/somebody/with/a/long/name/1007 < tank/images/production/debian-templates/subvol-1007-disk-0@web:2: web:3',
);

for (const width of [60, 80, 120]) {
  for (const withGuids of [false, true]) {
    test(`no line is longer than ${width} columns, ${withGuids ? 'with' : 'without'} GUIDs, and nothing but names is cut`, () => {
      const options = { colors: new Chalk({ level: 0 }), withGuids, width };
      const lines = [...formatVersionTable(listStreamlines(long), options)].join('').split('\n');
      assert.deepEqual(
        lines.filter((line) => line.length > width),
        [],
      );
      assert.match(lines.join('\n'), /1007-disk-0( |$)/m);
      assert.equal(lines.filter((line) => /\b[0-9]+$/.test(line.trim())).length >= (withGuids ? 3 : 0), true);
      assert.match(lines.join('\n'), /web:2/);
    });
  }
}

test('for scripts, each version is a line of fields between tabs', () => {
  const lines = [...formatVersionLines(listStreamlines(datasets), { isExact: true })].map((line) =>
    line.trimEnd().split('\t'),
  );
  assert.ok(lines.every((fields) => fields.length === lineFields.length));
  assert.deepEqual(
    lines.map(([streamline, version, dataset, members, created, size, , origin]) =>
      [streamline, version, dataset, members, created, size, origin].join(' '),
    ),
    [
      'app 1 tank/ct 0 0 0 tank/template@golden',
      'web 9 tank/vm 0 0 0 -',
      'web 10 tank/vm 0 0 0 -',
      'web 11 tank/new 0 0 0 web:9',
    ],
  );
  const [first = ''] = formatVersionLines(listStreamlines(datasets), {});
  assert.deepEqual(first.split('\t').slice(4, 6), ['1970-01-01T00:00:00Z', '0 B']);
});

test('only the versions that patterns choose are listed', () => {
  const chosen = listStreamlines(datasets, [{ streamline: 'w*', upTo: parseVersion('10') }]);
  assert.deepEqual(
    chosen.map(({ name, versions }) => [name, Array.from(versions, ({ version }) => version)]),
    [['web', ['9', '10']]],
  );
});
