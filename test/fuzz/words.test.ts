import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { commandClasses } from '../../src/commands/all-commands.js';
import { parseCommandLine } from '../../src/command-line/run-command-line.js';
import { PushCommand } from '../../src/commands/push.js';
import { normalizeArguments } from '../../src/command-line/arguments.js';
import { RunJournalFiles } from '../../src/host/run-journal.js';
import { findConfigFiles } from '../../src/command-line/config-file.js';
import type { ValueDefinition } from '../../src/command-line/option.js';
import { parseWords } from '../../src/command-line/parse-words.js';
import { readPattern } from '../../src/command-line/patterns.js';
import { propertyOptions } from '../../src/command-line/property-options.js';
import { retentionOptions, toRetention } from '../../src/command-line/retention-options.js';
import { makePlatform } from '../../src/tasks/make-platform.js';
import { ZfsVmError } from '../../src/base/errors.js';
import { hasRules, type Retention } from '../../src/plan/retention.js';
import { toPrintable } from '../../src/base/printable.js';
import { findContainerDatasets } from '../../src/streamline/container.js';
import { parsePattern } from '../../src/streamline/selection.js';
import { findTagIn, formatTag, readTag, TagReader } from '../../src/streamline/tag.js';
import { compareVersions, nextVersion, parseVersion } from '../../src/streamline/version.js';
import {
  assertHarmless,
  damaged,
  datasetName,
  hostileText,
  namePart,
  readOrRefuse,
  runs,
} from './arbitraries.js';

const anyContext = { name: '--any', isGiven: () => false };

const isUsage = (error: unknown): boolean => error instanceof ZfsVmError && error.kind === 'usage';

const versionText = fc.oneof(
  fc.bigInt({ min: 0n, max: 10n ** 60n }).map(String),
  fc
    .tuple(fc.maxSafeNat(), fc.nat(20), fc.maxSafeNat(), fc.constantFrom('', '-rc', '-rc.1', '-a.b.0', '-0a'))
    .map(([major, minor, patch, suffix]) => `${major}.${minor}.${patch}${suffix}`),
);

const streamline = fc
  .stringMatching(/^[A-Za-z0-9_.-][A-Za-z0-9_. -]{0,8}$/)
  .filter((text) => text.trim() === text);

test('every tag is read as it was written', () => {
  const reader = new TagReader();
  fc.assert(
    fc.property(streamline, versionText, datasetName, (name, text, dataset) => {
      const version = parseVersion(text);
      assert.ok(version);
      const written = formatTag({ streamline: name, version });
      assert.deepEqual(readTag(written), { kind: 'tag', tag: { streamline: name, version } });
      assert.deepEqual(reader.read(written), { streamline: name, version });
      assert.deepEqual(findTagIn(`${dataset}@${written}`), { streamline: name, version });
    }),
    runs(500),
  );
});

test('whatever a snapshot is called, its name is a tag, nearly one, or none, and a tag is written as it was', () => {
  const reader = new TagReader();
  const valid = fc.tuple(streamline, versionText).map(([name, version]) => `zfs-vm:${name}:${version}`);
  const texts = fc.oneof(
    hostileText,
    hostileText.map((text) => `zfs-vm:${text}`),
    namePart,
    damaged(valid),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const reading = readTag(text);
      assert.deepEqual(reader.read(text), reading.kind === 'tag' ? reading.tag : undefined);
      if (reading.kind === 'tag') assert.equal(formatTag(reading.tag), text);
      if (reading.kind === 'foreign') assert.ok(!text.startsWith('zfs-vm:'));
    }),
    runs(3000),
  );
});

test('versions are ordered in one way only, and equal ones have one spelling, also where numbers are huge', () => {
  const huge = fc.constantFrom(
    '9007199254740991',
    '9007199254740992',
    '9007199254740993',
    '18446744073709551616',
  );
  const odd = fc.tuple(fc.nat(1), huge).map(([major, number]) => `${major}.0.0-rc.${number}`);
  const texts = fc.oneof(
    versionText,
    odd,
    huge,
    huge.map((number) => `1.2.${number}`),
    damaged(versionText),
  );
  fc.assert(
    fc.property(texts, texts, texts, (...three) => {
      const [a, b, c] = three.map(parseVersion);
      if (a === undefined || b === undefined || c === undefined) return;
      assert.equal(compareVersions(a, b) === 0, a.text === b.text);
      assert.equal(Math.sign(compareVersions(a, b)), -Math.sign(compareVersions(b, a)) + 0);
      if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) assert.ok(compareVersions(a, c) <= 0);
    }),
    runs(3000),
  );
});

test('what follows a version is a version and newer, or there is none', () => {
  const end = fc.constantFrom('1.2.9007199254740991', '1.0.0-rc.9007199254740990', '9'.repeat(200));
  fc.assert(
    fc.property(fc.oneof(versionText, end), (text) => {
      const version = parseVersion(text);
      assert.ok(version);
      const next = nextVersion(version);
      if (next === undefined) return;
      assert.equal(parseVersion(next.text)?.text, next.text);
      assert.ok(compareVersions(next, version) > 0);
    }),
    runs(500),
  );
});

test('patterns, property options and ids of containers are read or refused in words, whatever they are', () => {
  const property = fc.oneof(
    hostileText,
    hostileText.map((text) => `user:x=${text}`),
    fc.constantFrom('a=b', 'quota=1G'),
  );
  fc.assert(
    fc.property(hostileText, property, property, (text, set, exclude) => {
      parsePattern(text);
      readOrRefuse(() => readPattern(text), isUsage);
      const given = readOrRefuse(() => propertyOptions.set.toValue([set], anyContext), isUsage);
      readOrRefuse(() => propertyOptions.exclude.toValue([exclude], anyContext), isUsage);
      readOrRefuse(() => propertyOptions.carry.toValue([text], anyContext), isUsage);
      for (const { name } of given ?? []) assert.match(name, /^[a-z0-9:._][a-z0-9:._-]*$/);
      findContainerDatasets(text, ['tank/vm-1-disk-0', `tank/${text}`]);
    }),
    runs(2000),
  );
});

/** What the options of a retention come to. @param texts what was given for each, by their keys */
function readRetention(texts: Readonly<Record<string, readonly string[]>>): Retention | undefined {
  const read = ([key, option]: [string, ValueDefinition]): [string, unknown] => [
    key,
    option.toValue(texts[key] ?? [], anyContext),
  ];
  const args = Object.fromEntries(Object.entries<ValueDefinition>(retentionOptions).map(read));
  return toRetention(args as Parameters<typeof toRetention>[0]);
}

test('rules of a retention are read or refused in words, whatever they are', () => {
  const text = fc.option(
    fc.oneof(hostileText, fc.constantFrom('1', '30d', '0', '1e9', '-1', '99999999', '9999999999s')),
    { nil: undefined },
  );
  fc.assert(
    fc.property(text, text, text, fc.array(hostileText, { maxLength: 2 }), (last, within, daily, named) => {
      const given = { keepLast: last, keepWithin: within, keepDaily: daily };
      const texts = {
        ...Object.fromEntries(Object.entries(given).map(([key, each]) => [key, [each ?? []].flat()])),
        keep: named,
      };
      const retention = readOrRefuse(() => readRetention(texts), isUsage);
      if (retention === undefined) return;
      assert.ok(hasRules(retention));
      for (const count of [retention.last, retention.daily]) {
        assert.ok(count === undefined || (count > 0 && Number.isSafeInteger(count)));
      }
      assert.ok(Number.isSafeInteger(retention.withinSeconds ?? 0));
    }),
    runs(2000),
  );
});

test('the name of a property is no property of an object', () => {
  const { set, exclude } = propertyOptions;
  assert.deepEqual(set.toValue(['constructor=1'], anyContext), [{ name: 'constructor', value: '1' }]);
  assert.deepEqual(exclude.toValue(['user:__proto__'], anyContext), ['user:__proto__']);
});

/** The command that words come to; what is wrong with them is a usage error. */
function parse(words: readonly string[]): object | undefined {
  return readOrRefuse(
    () =>
      parseCommandLine(normalizeArguments(words, commandClasses), commandClasses, {
        ...{ stdout: process.stdout, stderr: process.stderr, env: {} },
        signal: new AbortController().signal,
        platform: makePlatform({}),
        configFiles: findConfigFiles({}),
        runJournal: new RunJournalFiles({}),
        readProgramVersion: () => '1.2.3',
      }),
    (error) => error instanceof ZfsVmError && error.kind === 'usage',
  );
}

test('whatever the words are, they come to a command or to a usage error', () => {
  const word = fc.oneof(
    hostileText,
    fc.constantFrom(
      'push',
      'tag',
      'list',
      '-n',
      '-d',
      '-s',
      '-v',
      '--json',
      '--transport',
      'ssh2',
      '--',
      '-',
      '-sv',
    ),
    fc.constantFrom(
      '-nweb',
      '-svdtank',
      '--no-bookmark',
      '--yes=1',
      '-j',
      '4',
      'b',
      '-=',
      '---',
      '-n=x',
      '--name=x',
    ),
  );
  const words = fc.array(word, { maxLength: 8 });
  fc.assert(
    fc.property(words, fc.constantFrom(...commandClasses), (argv, commandClass) => {
      parse(argv);
      for (const name of commandClass.definition.names) parse([...name, ...argv]);
    }),
    runs(400),
  );
});

test('options mean the same in every order, apart from the host and beside it', () => {
  // A value can look like anything but an option; a = right after one is none of it.
  const value = fc.stringMatching(/^[A-Za-z0-9*?:,/ @.][A-Za-z0-9*?:=,/ @.-]{0,6}$/);
  const options = fc.record({ name: value, place: value, jobs: value, property: value });
  fc.assert(
    fc.property(options, fc.nat(), fc.boolean(), ({ name, place, jobs, property }, seed, glued) => {
      const join = (flag: string, text: string): string[] => (glued ? [`${flag}${text}`] : [flag, text]);
      const groups = [
        join('-n', name),
        join('-d', place),
        join('-j', jobs),
        join('-o', property),
        ['-sv'],
        ['b'],
      ];
      const turned = [...groups.slice(seed % groups.length), ...groups.slice(0, seed % groups.length)];
      const argv = normalizeArguments(['push', ...turned.flat()], commandClasses);
      const given = parseWords(PushCommand.definition, argv.slice(1));
      assert.deepEqual(
        [
          ...['patterns', 'destination', 'lanes', 'set', 'sudo', 'verbose'].map((key) =>
            given.options.get(key),
          ),
          given.operands.get('hosts'),
        ],
        [[name], [place], [jobs], [property], [true], [true], ['b']],
      );
    }),
    runs(300),
  );
});

test('what is made printable is harmless, loses no letter, and stays as it is', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      const printable = toPrintable(text);
      assertHarmless(printable);
      assert.ok(!/[\n\r\t]/.test(printable));
      assert.equal(toPrintable(printable), printable);
      const plain = text.replace(/[^ -~]/g, '');
      let from = 0;
      for (const letter of plain) {
        from = printable.indexOf(letter, from) + 1;
        assert.ok(from > 0);
      }
    }),
    runs(2000),
  );
});

for (const char of [
  '\u009B',
  '\u202E',
  '\u2066',
  '\u200B',
  '\u00AD',
  '\u3164',
  '\uFE0F',
  '\u{E0041}',
  '\uD800',
  '\u007F',
]) {
  test(`U+${char.codePointAt(0)?.toString(16).toUpperCase() ?? ''} never gets to a terminal`, () => {
    assert.equal(toPrintable(`a${char}b`), `a\\u{${char.codePointAt(0)?.toString(16) ?? ''}}b`);
  });
}
