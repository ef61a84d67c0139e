import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZfsVmError } from '../../../src/base/errors.js';
import { chooseGrant, type GrantRole } from '../../../src/tasks/doctor/grant.js';
import { Chalk } from 'chalk';
import { formatFindings } from '../../../src/report/doctor/doctor-report.js';
import { findSkew, judgeHost } from '../../../src/tasks/doctor/judge-host.js';
import { judgeRights } from '../../../src/tasks/doctor/judge-rights.js';
import { judgePools, judgeVersion } from '../../../src/tasks/doctor/judge-zfs.js';
import { parseHolds } from '../../../src/tasks/doctor/parse-holds.js';
import { parseHost } from '../../../src/tasks/doctor/parse-host.js';
import { readSections } from '../../../src/tasks/doctor/sections.js';
import { isAtLeast, parseZfsVersion } from '../../../src/tasks/doctor/zfs-version.js';

const versions: readonly (readonly [
  output: string,
  program: string | undefined,
  kernel: string | undefined,
])[] = [
  ['zfs-2.3.2-2~bpo12+2\nzfs-kmod-2.3.2-2~bpo12+2', '2.3.2', '2.3.2'],
  ['zfs-2.2.0-rc4\nzfs-kmod-2.1.11-1', '2.2.0', '2.1.11'],
  ['zfs-2.4-1\n', '2.4.0', undefined],
  ['zfs-kmod-v2.1.4-FreeBSD_g52bad4f23\nzfs-2.1.4-FreeBSD_g52bad4f23', '2.1.4', '2.1.4'],
  ['zfs-2.2.0-FreeBSD_g95785196f\nzfs-kmod-2.2.0-FreeBSD_g95785196f', '2.2.0', '2.2.0'],
  ["unrecognized command 'version'\nusage: zfs command args ...", undefined, undefined],
];

for (const [output, program, kernel] of versions) {
  test(`the version in ${JSON.stringify(output)} is ${program ?? 'none'}`, () => {
    const found = parseZfsVersion(output);
    assert.deepEqual([found?.program.text, found?.kernel?.text], [program, kernel]);
  });
}

const comparisons: readonly (readonly [
  version: string,
  wanted: [number, number, number],
  expected: boolean,
])[] = [
  ['2.3.2', [2, 3, 2], true],
  ['2.3.2', [2, 3, 3], false],
  ['2.4.0', [2, 3, 5], true],
  ['2.3.10', [2, 3, 9], true],
  ['3.0.0', [2, 9, 9], true],
  ['1.9.9', [2, 0, 0], false],
];

function versionOf(text: string): NonNullable<ReturnType<typeof parseZfsVersion>>['program'] {
  const found = parseZfsVersion(`zfs-${text}`);
  assert.ok(found);
  return found.program;
}

for (const [version, wanted, expected] of comparisons) {
  test(`${version} is ${expected ? '' : 'not '}${wanted.join('.')} or later`, () => {
    assert.equal(isAtLeast(versionOf(version), wanted), expected);
  });
}

test('versions that are mixed, old or untold are warnings, but for the zfs of illumos, which tells none', () => {
  const levelOf = (output: string, status = 0, system = 'Linux'): unknown =>
    judgeVersion({ version: { status, output }, system })[0]?.level;
  assert.equal(levelOf('zfs-2.3.2-1\nzfs-kmod-2.3.2-1'), 'ok');
  assert.equal(levelOf('zfs-2.3.2-1\nzfs-kmod-2.2.0-1'), 'warning');
  assert.equal(levelOf('zfs-0.8.3-1\nzfs-kmod-0.8.3-1'), 'warning');
  assert.equal(levelOf("unrecognized command 'version'", 2), 'warning');
  assert.equal(levelOf("unrecognized command 'version'", 2, 'SunOS'), 'ok');
});

const grants: readonly (readonly [
  role: GrantRole,
  version: string,
  expected: string | undefined,
  narrower: string,
])[] = [
  ['sender', '2.3.2', 'send,hold,release,bookmark', ''],
  ['sender', '2.4.0', 'send,hold,release,bookmark', ''],
  ['sender', '2.4.1', 'send,hold,release,bookmark', 'send:raw'],
  ['sender', '2.4.4', 'send,hold,release,bookmark', 'send:encrypted send:raw'],
  ['receiver', '2.1.11', 'receive,create,mount,canmount,userprop', ''],
  ['append-only', '2.3.4', undefined, ''],
  ['append-only', '2.3.5', 'receive:append,create,mount,canmount,userprop', ''],
  ['append-only', '2.4.0', 'receive:append,create,mount,canmount,userprop', ''],
  ['pruner', '2.0.3', 'destroy,mount', ''],
];

for (const [role, version, expected, narrower] of grants) {
  test(`with OpenZFS ${version}, a ${role} is granted ${expected ?? 'nothing, and told why'}`, () => {
    if (expected === undefined) {
      assert.throws(
        () => chooseGrant(role, versionOf(version)),
        (error: unknown) =>
          error instanceof ZfsVmError && error.kind === 'conflict' && /2\.3\.5/.test(error.hint ?? ''),
      );
      return;
    }
    const grant = chooseGrant(role, versionOf(version));
    assert.equal(grant.permissions.join(), expected);
    assert.equal(grant.narrower.map(({ name }) => name).join(' '), narrower);
  });
}

const skews: readonly (readonly [seconds: number, expected: number])[] = [
  [100, 0],
  [99, 0],
  [103, 0],
  [98, -2],
  [40, -60],
  [110, 7],
];

for (const [seconds, expected] of skews) {
  test(`a clock that says ${seconds} when asked at 100 and heard at 103 is off by ${expected}`, () => {
    assert.equal(findSkew(seconds, { askedAt: 100, heardAt: 103 }), expected);
  });
}

test('holds are read in the form of ctime(3), and others passed over', () => {
  assert.deepEqual(
    parseHolds('tank/a b@x\tzfs-vm:1-0123abcd\tMon Nov 30 23:36 2026\nno line\ntank/c@y\tkeep\tsomeday\n'),
    [
      {
        snapshot: 'tank/a b@x',
        tag: 'zfs-vm:1-0123abcd',
        takenAtSeconds: Date.UTC(2026, 10, 30, 23, 36) / 1000,
      },
      { snapshot: 'tank/c@y', tag: 'keep', takenAtSeconds: undefined },
    ],
  );
});

test('what a host prints is read section by section, and what is missing is as good as nothing', () => {
  const text = [
    'Welcome',
    '\nzfs-vm: section user\nzed\n1000\nzed vm\n\nzfs-vm: ended 0',
    '\nzfs-vm: section pools\ntank\t1000\t93\tONLINE\toff\n\nzfs-vm: ended 0',
    '\nzfs-vm: section features\ntank\tfeature@large_blocks\tdisabled\ntank\tsize\t5\n\nzfs-vm: ended 0',
    '\nzfs-vm: section space\ntank\t10\t-\ntank/q\t0\t1000\n\nzfs-vm: ended 0',
    '\nzfs-vm: section cut',
    'off',
  ].join('\n');
  const host = parseHost(readSections(text));
  assert.deepEqual(
    [host.user, host.userId, host.groups, host.banner],
    ['zed', 1000, ['zed', 'vm'], 'Welcome'],
  );
  assert.deepEqual([host.clockSeconds, host.hasZstd, host.sudo], [undefined, false, undefined]);
  assert.deepEqual(
    judgePools(host).map(({ kind, level }) => `${kind} ${level}`),
    ['pools ok', 'pool-health ok', 'pool-features warning', 'pool-space warning', 'quota fault'],
  );
});

test('a narrower right does for a wider one, and the place where least is missing counts', () => {
  const permissions = new Map([
    ['tank', new Set(['send:raw'])],
    ['tank/vm', new Set(['receive:append', 'create', 'mount', 'canmount', 'userprop'])],
  ]);
  const findings = judgeRights({ user: 'zed', permissions, destination: undefined });
  assert.deepEqual(
    findings.map((finding) => finding.kind === 'rights' && [finding.duty, finding.level, finding.place]),
    [
      ['tag', 'note', 'tank/vm'],
      ['send', 'warning', 'tank'],
      ['receive', 'ok', 'tank/vm'],
      ['prune', 'note', 'tank/vm'],
    ],
  );
});

test('what a hostile host prints is in no command that is suggested, and in no escape sequence', () => {
  const text = [
    '\nzfs-vm: section user\n$(reboot)\n1000\nx\n\nzfs-vm: ended 0',
    '\nzfs-vm: section programs\nawk\nrm -rf /\n\nzfs-vm: ended 0',
    '\nzfs-vm: section pools\n$(reboot)\t1\t99\tONLINE\ton\ntank\t1\t99\t\u001b[2J\toff\n\nzfs-vm: ended 0',
    '\nzfs-vm: section space\ntank;reboot\t0\t1000\n\nzfs-vm: ended 0',
  ].join('\n');
  const host = parseHost(readSections(text));
  const findings = [...judgeHost({ ...host, banner: '\u001b[2J' }, 0), ...judgePools(host)];
  const told = formatFindings({ host: 'b', findings }, { colors: new Chalk({ level: 0 }), width: undefined });
  assert.doesNotMatch(told, /reboot|rm -rf/);
  assert.ok(!told.includes('\u001b'));
  assert.match(told, /USER/);
  assert.deepEqual(host.missingPrograms, ['awk']);
});

for (const width of [60, 80, 120]) {
  test(`findings fit a terminal of ${width} columns, and their commands are whole`, () => {
    const findings = [
      ...judgeHost(parseHost(readSections('\nzfs-vm: section programs\nawk\n\nzfs-vm: ended 0')), 95),
      { kind: 'pool-features', level: 'warning', pool: 'tank', disabled: ['large_blocks', 'embedded_data'] },
    ] as const;
    const format = (columns: number | undefined): string =>
      formatFindings({ host: 'b', findings }, { colors: new Chalk({ level: 0 }), width: columns });
    const lines = format(width).split('\n');
    assert.deepEqual(
      lines.filter((line) => line.length > width),
      [],
    );
    assert.match(format(width), /"timedatectl set-ntp true"/);
    assert.match(format(width), /"zpool upgrade tank"/);
    assert.ok(
      format(undefined)
        .split('\n')
        .some((line) => line.length > 100),
    );
  });
}
