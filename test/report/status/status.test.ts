import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chalk } from 'chalk';
import { ZfsVmError } from '../../../src/base/errors.js';
import { compareStreamlines, findNewestVersions } from '../../../src/plan/compare-streamlines.js';
import { planTransfer } from '../../../src/plan/plan-transfer.js';
import { checkStatus, failCheck } from '../../../src/report/status/status-check.js';
import { formatStatusAsJson } from '../../../src/report/status/status-json.js';
import { formatStatusForPrometheus } from '../../../src/report/status/status-prometheus.js';
import { formatStatusTable } from '../../../src/report/status/status-table.js';
import type { HostStatus, Status } from '../../../src/tasks/status/status-result.js';
import type { Datasets } from '../../../src/streamline/dataset.js';
import { findVersions } from '../../../src/streamline/lineage.js';
import { world } from '../../worlds.js';

const choice = { patterns: [], latest: false };
const hour = 3600;
const now = 1_700_000_000;
const sender = world('tank/web: web:1 web:2 web:3', 'tank/app: app:1');
const lost = new ZfsVmError('connection', 'cannot connect to c: no route | at all');

/** Versions n were made n hours before now, but for 4 - n ones of web: web:3 is the newest, an hour old. */
function makeStatus(hosts: Readonly<Record<string, Datasets | ZfsVmError>>, local = sender): Status {
  const statuses = Object.entries(hosts).map(([host, receiver]): HostStatus => {
    if (receiver instanceof ZfsVmError) return { kind: 'failed', host, error: receiver };
    const request = {
      sender: local,
      receiver,
      choice,
      destination: undefined,
      rollback: false,
      replace: false,
    };
    return { kind: 'compared', host, streamlines: compareStreamlines(request, planTransfer(request)) };
  });
  const times = [...findVersions(local)].map(({ guid, tag }) => {
    const age = tag.streamline === 'web' ? 4 - Number(tag.version.text) : 30;
    return [guid, now - age * hour] as const;
  });
  const streams = statuses.flatMap((status) =>
    status.kind === 'failed' ? [] : status.streamlines.flatMap((row) => row.streams),
  );
  return {
    atSeconds: now,
    newest: [...findNewestVersions(local, choice).values()],
    hosts: statuses,
    createdAtSeconds: new Map(times),
    sizes: new Map(streams.map((stream) => [stream, 1024 * stream.steps.length])),
  };
}

const inStep = world('tank/web: web:1 web:2 web:3', 'tank/app: app:1');
const lagging = world('tank/web (partial web:2 since web:1): web:1', 'tank/app: app:1');
const modified = world('tank/web (modified): web:1', 'tank/app: app:1');

test('the table has a line for each streamline here and on each host, and the conflicts with their ways out', () => {
  const status = makeStatus({ b: lagging, c: lost, d: modified });
  assert.equal(
    formatStatusTable(status, 'local', new Chalk({ level: 0 })),
    `STREAMLINE  HOST   NEWEST     AGE  BEHIND                   STATE
app         local       1    30 h
app         b           1    30 h                           up to date
app         c                                               unreachable
app         d           1    30 h                           up to date
web         local       3  60 min
web         b           1     3 h  2 versions, about 2 KiB  behind, part of 2 received
web         c                                               unreachable
web         d           1     3 h  2 versions               conflict
conflict with d: web in tank/web: d:tank/web has 14 KiB of changes after web:1 that are in no snapshot: it was written to or mounted, or its newest snapshot was destroyed
  to resolve: to list the changes, run "zfs diff tank/web@zfs-vm:web:1" on d (if it is not mounted, first "zfs mount -o ro tank/web"; a writable mount changes it); run the same command again with --set-aside to keep the changes on d in a renamed dataset, or with --rollback to destroy the changes on d
`,
  );
});

for (const width of [60, 80, 120]) {
  test(`the table fits ${width} columns`, () => {
    const status = makeStatus({ 'backup-host.example.com': lagging, c: lost, d: modified });
    const text = formatStatusTable(status, 'local', new Chalk({ level: 0 }), width);
    const table = text.split('\n').filter((line) => !/^( {2}to |conflict with )/.test(line));
    assert.deepEqual(
      table.filter((line) => line.length > width),
      [],
    );
    assert.match(text, /2 versions, about 2 KiB/);
    assert.match(text, /behind, part of 2/);
  });
}

test('JSON has what is known, and null for what is not', () => {
  const status = makeStatus({ b: world('tank/web: web:1 web:2'), c: lost });
  const { hosts, ...rest } = JSON.parse(formatStatusAsJson(status)) as Record<string, unknown>;
  assert.deepEqual(rest, {
    schemaVersion: 1,
    at: '2023-11-14T22:13:20.000Z',
    newest: [
      { streamline: 'app', version: '1', createdAt: '2023-11-13T16:13:20.000Z' },
      { streamline: 'web', version: '3', createdAt: '2023-11-14T21:13:20.000Z' },
    ],
  });
  assert.deepEqual(hosts, [
    {
      host: 'b',
      error: null,
      streamlines: [
        {
          ...{ streamline: 'app', state: 'behind', versionsBehind: 1, newest: null, bytesBehind: 1024 },
          versionsPassed: 0,
          ...{ partialReceives: [], conflicts: [] },
          changed: [],
        },
        {
          ...{ streamline: 'web', state: 'behind', versionsBehind: 1, bytesBehind: 1024 },
          versionsPassed: 0,
          ...{ newest: { version: '2', createdAt: '2023-11-14T20:13:20.000Z' } },
          ...{ partialReceives: [], conflicts: [] },
          changed: [],
        },
      ],
      setAside: [],
    },
    {
      host: 'c',
      error: { kind: 'connection', message: lost.message, details: [], hint: null },
      streamlines: [],
      setAside: [],
    },
  ]);
});

for (const [what, hosts, maxAgeHours, level, summary] of [
  [
    'hosts in step are fine',
    { b: inStep },
    undefined,
    'OK',
    /2 streamlines on 1 host, newest versions at most 30 h old/,
  ],
  [
    'a host that is behind is a warning',
    { b: inStep, c: lagging },
    undefined,
    'WARNING',
    /web on c is 2 versions behind$/,
  ],
  [
    'a conflict is critical',
    { c: lagging, b: modified },
    undefined,
    'CRITICAL',
    /b: web in tank\/web: .*, and 1 other problem$/,
  ],
  [
    'a host that is unreachable is unknown',
    { b: inStep, c: lost },
    undefined,
    'UNKNOWN',
    /cannot connect to c: no route \/ at all$/,
  ],
  ['unknown is worse than a warning', { b: lagging, c: lost }, undefined, 'UNKNOWN', /cannot connect to c/],
  ['with a greatest age, a host may be behind', { b: lagging }, 30, 'OK', /at most 30 h old/],
  [
    'a version that is older is critical',
    { b: lagging },
    29,
    'CRITICAL',
    /app on b is at version 1, 30 h old$/,
  ],
  [
    'a host that has nothing is critical',
    { b: world('tank:') },
    1000,
    'CRITICAL',
    /app on b has no version, and 1 other/,
  ],
  ['a conflict is critical at any age', { b: modified }, 1000, 'CRITICAL', /web in tank\/web: /],
] as const) {
  test(`check: ${what}`, () => {
    const maxAge = maxAgeHours === undefined ? undefined : maxAgeHours * hour;
    const result = checkStatus(makeStatus(hosts), maxAge);
    const [first = ''] = result.text.split('\n');
    assert.equal(result.level, level, result.text);
    assert.ok(first.startsWith(`ZFS-VM ${level} - `), first);
    assert.match(first, summary);
  });
}

test('check: a machine without versions is unknown, as there is nothing to be content with', () => {
  const { level, text } = checkStatus(makeStatus({ b: inStep }, world('tank:')), undefined);
  assert.deepEqual([level, text], ['UNKNOWN', 'ZFS-VM UNKNOWN - no versions on this machine\n']);
});

test('check: what fails is told in one line, with nothing in it that would be taken for numbers', () => {
  assert.equal(failCheck('a | b\nc\u001B[31m').text, 'ZFS-VM UNKNOWN - a / b c\\u{1b}[31m\n');
});

test('metrics are in the text format of Prometheus, and what is not known has no sample', () => {
  const metrics = formatStatusForPrometheus(makeStatus({ 'b"\\': lagging, c: lost }), 'local');
  assert.equal(
    metrics,
    `# HELP zfs_vm_host_up Whether the host could be compared with this one.
# TYPE zfs_vm_host_up gauge
zfs_vm_host_up{host="b\\"\\\\"} 1
zfs_vm_host_up{host="c"} 0
# HELP zfs_vm_newest_version_timestamp_seconds When the newest version that the host has was made.
# TYPE zfs_vm_newest_version_timestamp_seconds gauge
zfs_vm_newest_version_timestamp_seconds{host="local",streamline="app"} 1699892000
zfs_vm_newest_version_timestamp_seconds{host="local",streamline="web"} 1699996400
zfs_vm_newest_version_timestamp_seconds{host="b\\"\\\\",streamline="app"} 1699892000
zfs_vm_newest_version_timestamp_seconds{host="b\\"\\\\",streamline="web"} 1699989200
# HELP zfs_vm_versions_behind How many versions the host lacks that a push would send, or a conflict keeps back.
# TYPE zfs_vm_versions_behind gauge
zfs_vm_versions_behind{host="b\\"\\\\",streamline="app"} 0
zfs_vm_versions_behind{host="b\\"\\\\",streamline="web"} 2
# HELP zfs_vm_versions_passed How many older versions the host lacks that cannot be sent any more, as it has newer ones.
# TYPE zfs_vm_versions_passed gauge
zfs_vm_versions_passed{host="b\\"\\\\",streamline="app"} 0
zfs_vm_versions_passed{host="b\\"\\\\",streamline="web"} 0
# HELP zfs_vm_bytes_behind About how many bytes a push would send.
# TYPE zfs_vm_bytes_behind gauge
zfs_vm_bytes_behind{host="b\\"\\\\",streamline="app"} 0
zfs_vm_bytes_behind{host="b\\"\\\\",streamline="web"} 2048
# HELP zfs_vm_partial_receives How many interrupted receives of its versions the host has.
# TYPE zfs_vm_partial_receives gauge
zfs_vm_partial_receives{host="b\\"\\\\",streamline="app"} 0
zfs_vm_partial_receives{host="b\\"\\\\",streamline="web"} 1
# HELP zfs_vm_conflicts How many datasets with versions of the streamline could not be pushed without losing something.
# TYPE zfs_vm_conflicts gauge
zfs_vm_conflicts{host="b\\"\\\\",streamline="app"} 0
zfs_vm_conflicts{host="b\\"\\\\",streamline="web"} 0
`,
  );
});

test('what a push would pass over is told with what to do, and is a warning', () => {
  const receiver = world(
    'tank/web (modified): web:1 web:2 web:3',
    'tank/app: app:1',
    'tank/x/app (partial app:1):',
  );
  const status = makeStatus({ b: receiver });
  const table = formatStatusTable(status, 'local', new Chalk({ level: 0 }));
  assert.match(table, /^app +b +1 +30 h +up to date$/m);
  assert.match(table, /^web +b +3 +60 min +up to date, changed since$/m);
  assert.match(
    table,
    /^b:tank\/x\/app has an interrupted receive of app:1 that a push would not resume\n {2}to resolve: .*"zfs-vm abort -n app b"$/m,
  );
  assert.match(
    table,
    /^b:tank\/web@zfs-vm:web:3 was written to or mounted since: the next push will report a conflict\n {2}to resolve: .*"zfs rollback tank\/web@zfs-vm:web:3"/m,
  );
  const { level, text } = checkStatus(status, undefined);
  assert.equal(level, 'WARNING');
  assert.match(text, /was written to or mounted since/);
  assert.equal(checkStatus(status, 100 * hour).level, 'WARNING');
});
