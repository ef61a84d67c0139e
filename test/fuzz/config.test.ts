import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { resolveHosts } from '../../src/config/config.js';
import { parseConfig } from '../../src/config/parse-config.js';
import { ZfsVmError } from '../../src/base/errors.js';
import { toPrintable } from '../../src/base/printable.js';
import { assertHarmless, damaged, hostileText, readOrRefuse, runs } from './arbitraries.js';

const remoteName = fc.stringMatching(/^[a-z0-9][a-z0-9_.-]{0,6}$/).filter((name) => name !== 'local');

const remote = fc.record(
  {
    dest: fc.constantFrom('tank/vm', 'tank'),
    sudo: fc.boolean(),
    transport: fc.constantFrom('ssh2', 'openssh'),
    bwlimit: fc.constantFrom('500K', '20M', '1.5G'),
  },
  { requiredKeys: [] },
);

const rules = fc
  .record(
    {
      'keep-last': fc.integer({ min: 1, max: 2 ** 40 }),
      'keep-daily': fc.integer({ min: 1, max: 400 }),
      'keep-within': fc.constantFrom('26h', '30d'),
      keep: fc.array(fc.constantFrom('web:1', 'debian-7:1.0.0'), { minLength: 1, maxLength: 3 }),
    },
    { requiredKeys: [] },
  )
  .filter((rule) => Object.keys(rule).length > 0);

const pattern = fc.constantFrom('web', 'debian-*', '*', '?b', 'a b');

const parts = fc.record({
  remotes: fc.dictionary(remoteName, remote, { maxKeys: 4 }),
  retention: fc.dictionary(pattern, rules, { maxKeys: 4 }),
});

/** A text of JSON is one of TOML, but for tables. */
function toLines(table: Readonly<Record<string, unknown>>): string {
  return Object.entries(table)
    .map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`)
    .join('');
}

const valid = parts.map(({ remotes, retention }) =>
  [
    ...Object.entries(remotes).map(
      ([name, entries]) => `[remotes."${name}"]\n${toLines({ host: `fjoe@${name}`, ...entries })}`,
    ),
    `[groups]\n${Object.hasOwn(remotes, 'all') || Object.keys(remotes).length === 0 ? '' : `all = ${JSON.stringify(Object.keys(remotes))}\n`}`,
    ...Object.entries(retention).map(([name, entries]) => `[retention."${name}"]\n${toLines(entries)}`),
  ].join('\n'),
);

test('what is written as a configuration is read as one', () => {
  fc.assert(
    fc.property(valid, (text) => {
      const config = parseConfig(text, 'c.toml');
      for (const name of resolveHosts(config, ['all'])) {
        assert.ok(name === 'all' || config.remotes.get(name)?.address === `fjoe@${name}`);
      }
      assert.equal(config.retentions.length, text.split('[retention.').length - 1);
    }),
    runs(300),
  );
});

test('whatever a file says, it is a configuration, or an error with a line of the file that can go to a terminal', () => {
  fc.assert(
    fc.property(fc.oneof(hostileText, damaged(valid)), (text) => {
      const config = readOrRefuse(
        () => parseConfig(text, 'c.toml'),
        (error) => {
          assert.ok(error instanceof ZfsVmError, String(error));
          assertHarmless(toPrintable(error.message));
          const line = Number(/^c\.toml:([0-9]+): ./su.exec(error.message)?.[1]);
          return error.kind === 'usage' && line >= 1 && line <= text.split(/\r\n|\n|\r/).length;
        },
      );
      if (config === undefined) return;
      for (const members of config.groups.values()) {
        for (const member of members) assert.ok(config.remotes.has(member));
      }
      for (const { retention } of config.retentions) assert.ok(Object.keys(retention).length > 0);
    }),
    runs(3000),
  );
});
