import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalizeArguments } from '../../src/command-line/arguments.js';
import { commandClasses } from '../../src/commands/all-commands.js';
import { parseAddress } from '../../src/base/address.js';
import { parseConfig } from '../../src/config/parse-config.js';
import { parseKnownHosts } from '../../src/host/ssh2/known-hosts.js';
import { toRemoteCommand } from '../../src/host/ssh/remote-command.js';
import { describeThrown, toPrintable } from '../../src/base/printable.js';
import { parseRate } from '../../src/base/rate.js';
import { quoteWord } from '../../src/base/shell.js';
import { findContainerDatasets } from '../../src/streamline/container.js';
import { matchesGlob } from '../../src/streamline/selection.js';
import { readTag } from '../../src/streamline/tag.js';
import { parseVersion } from '../../src/streamline/version.js';
import { parseDelegations } from '../../src/tasks/doctor/delegations.js';
import { parseHolds } from '../../src/tasks/doctor/parse-holds.js';
import { parseHost } from '../../src/tasks/doctor/parse-host.js';
import { readSections } from '../../src/tasks/doctor/sections.js';
import { parseZfsVersion } from '../../src/tasks/doctor/zfs-version.js';
import { findLastSent, LegReports } from '../../src/transfer/lanes/lane-script.js';
import { findRootCause } from '../../src/transfer/lanes/root-cause.js';
import { DiffReader } from '../../src/zfs/diff.js';
import { explainZfsFailure, isBusyFailure, isHoldDenied } from '../../src/zfs/failure.js';
import { parseCreationTimes, parseDatasets, parseSnapshots } from '../../src/zfs/list.js';
import { parseMounts } from '../../src/zfs/mounts.js';
import { findDatasetNameFault } from '../../src/zfs/names.js';
import { findPropertyNameFault, findPropertyValueFault, parseProperties } from '../../src/zfs/properties.js';
import { findPropertyWarnings, ReceivedReader } from '../../src/zfs/receive.js';
import { parseResumeToken } from '../../src/zfs/resume-token.js';
import { parseEstimate, readSendLine } from '../../src/zfs/send.js';

/** What reads text, and a text of which it might try every part with every other. */
const readers: readonly (readonly [
  what: string,
  read: (text: string) => unknown,
  unit: string,
  ending?: string,
])[] = [
  ['a resume token', parseResumeToken, '\n'],
  ['a resume token', parseResumeToken, '\ttoguid = 0x1 '],
  ['a resume token', parseResumeToken, ' \t'],
  ['rights', (text) => parseDelegations(text, 'tank', { user: 'u', groups: [] }), '---- Permissions on -'],
  [
    'rights',
    (text) =>
      parseDelegations(`Local+Descendent permissions:\n\tuser ${text}\t`, 'tank', { user: 'u', groups: [] }),
    'a ',
  ],
  ['a version of zfs', parseZfsVersion, 'zfs-1'],
  ['holds', parseHolds, 'tank@a\t'],
  ['an examination', (text) => parseHost(readSections(text)), '\nzfs-vm: section user\n'],
  ['an estimate', parseEstimate, 'size\t1'],
  ['a line of a diff', (text) => new DiffReader('/r').read(`M\tF\t/r/${text}`), '\\0040'],
  ['mounts', parseMounts, 'tank\\040 '],
  ['a line of a send', readSendLine, '1'],
  ['a line of a send', (text) => readSendLine(`00:00:00\t${text}`), '1'],
  ['a line of a receive', (text) => new ReceivedReader().read(`receiving ${text}`), ' into x'],
  ['a line of a receive', (text) => new ReceivedReader().read(`received ${text}`), '1.'],
  ['a line of a receive', (text) => new ReceivedReader().read(`snap ${text}`), '@ already exists; '],
  ['warnings of a receive', findPropertyWarnings, 'property '],
  [
    'a list of datasets',
    (text) => {
      tryTo(() => parseDatasets(text));
    },
    'tank/',
  ],
  [
    'a list of datasets',
    (text) => {
      tryTo(() => parseDatasets(text));
    },
    '\n',
    '\u0000',
  ],
  [
    'a list of snapshots',
    (text) => {
      tryTo(() => parseSnapshots(text));
    },
    'tank@',
  ],
  [
    'a list of snapshots',
    (text) => {
      tryTo(() => parseSnapshots(`tank@a\t${text}`));
    },
    '9',
  ],
  [
    'a list of snapshots',
    (text) => {
      tryTo(() => parseSnapshots(text));
    },
    'tank@a\t1\t1\n',
    'x',
  ],
  [
    'times',
    (text) => {
      tryTo(() => parseCreationTimes(text));
    },
    '1\t1\n',
  ],
  [
    'a configuration',
    (text) => {
      tryTo(() => parseConfig(text, 'c.toml'));
    },
    '[groups]\n',
  ],
  [
    'a configuration',
    (text) => {
      tryTo(() => parseConfig(`keep = "${text}"`, 'c.toml'));
    },
    'a:1',
  ],
  ['a rate', parseRate, '9'],
  [
    'properties',
    (text) => {
      tryTo(() => parseProperties(text, ['a']));
    },
    'tank\ta\t\u00E9\n',
  ],
  ['why zfs failed', explainZfsFailure, 'has been modified  '],
  ['why zfs failed', explainZfsFailure, 'sudo: '],
  ['why zfs failed', isBusyFailure, "destination '"],
  ['why zfs failed', isHoldDenied, 'cannot '],
  ['which side failed', (text) => findRootCause(failed(text), failed(text)), 'failed to read '],
  ['what a sender said', findLastSent, 'zfs-vm: leg 1'],
  ['what a sender said', findLastSent, 'zfs-vm: leg 1\n'],
  ['a tag', readTag, ':'],
  ['a tag', (text) => readTag(`zfs-vm:${text}:1`), ' ', 'x'],
  ['a tag', (text) => readTag(`zfs-vm:a:${text}`), '0'],
  ['a version', parseVersion, '1.'],
  ['a version', parseVersion, '1.0.0-a'],
  ['the name of a dataset', findDatasetNameFault, 'a/'],
  ['the name of a property', findPropertyNameFault, 'a:'],
  ['the value of a property', findPropertyValueFault, 'a'],
  ['an id of a container', (text) => findContainerDatasets('1', [`tank/${text}`]), 'vm-1-disk-1'],
  [
    'an address',
    (text) => {
      tryTo(() => parseAddress(`ssh://${text}`));
    },
    'a:1',
  ],
  [
    'an address',
    (text) => {
      tryTo(() => parseAddress(text));
    },
    'a@',
  ],
  ['known_hosts', (text) => parseKnownHosts('', text), ' \t'],
  ['known_hosts', (text) => parseKnownHosts('', text), 'a,'],
  ['arguments', (text) => normalizeArguments([`-${text}`, 'push', `-${text}`], commandClasses), 'sv', '!'],
  ['text for a terminal', toPrintable, '\r\n'],
  ['text for a terminal', describeThrown, ' \u001B'],
  ['a word for a shell', quoteWord, "a'"],
  [
    'a remote command',
    (text) => {
      tryTo(() => toRemoteCommand([text]));
    },
    "a'",
  ],
  ['a pattern', (text) => matchesGlob('*a*b', text), 'a'],
];

function failed(stderr: string): Parameters<typeof findRootCause>[0] {
  return { exit: { kind: 'exited', code: 1 }, stderr };
}

function tryTo(read: () => unknown): void {
  try {
    read();
  } catch {
    // How long it takes is what matters.
  }
}

/** Processor time, so that other programs on the machine don't count. */
function timeMs(work: () => unknown): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

for (const [what, read, unit, ending = ''] of readers) {
  test(`ten times as much ${JSON.stringify(unit)} for ${what} takes no more than about ten times as long`, () => {
    const make = (length: number): string => unit.repeat(Math.ceil(length / unit.length)) + ending;
    const [short, long] = [make(100_000), make(1_000_000)];
    read(short);
    const shortMs = Math.min(
      timeMs(() => read(short)),
      timeMs(() => read(short)),
    );
    // Garbage may be collected meanwhile; what is quadratic takes many seconds.
    const longMs = timeMs(() => read(long));
    assert.ok(longMs < 20 * shortMs + 500, `${shortMs.toFixed(1)} ms, then ${longMs.toFixed(1)} ms`);
  });
}

test('talk of a receive in tiny pieces takes time by its length, and not by its square', () => {
  const line = 'receiving full stream of tank/vm@a into backup/vm@a\n';
  const feed = (lines: number): void => {
    const reader = new ReceivedReader();
    const reports = new LegReports(
      () => undefined,
      (said) => reader.read(said),
    );
    for (let index = 0; index < lines; index++) {
      for (let at = 0; at < line.length; at += 4) reports.feed(line.slice(at, at + 4));
    }
  };
  feed(2000);
  const shortMs = timeMs(() => {
    feed(2000);
  });
  const longMs = timeMs(() => {
    feed(20_000);
  });
  assert.ok(longMs < 20 * shortMs + 500, `${shortMs.toFixed(1)} ms, then ${longMs.toFixed(1)} ms`);
});
