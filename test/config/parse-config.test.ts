import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retentionFor } from '../../src/config/config.js';
import { findConfigFaults, parseConfig } from '../../src/config/parse-config.js';
import { formatTagShort } from '../../src/streamline/tag.js';

test('a file with everything is read', () => {
  const config = parseConfig(
    `
    [remotes.backup]
    host = "fjoe@backup.example.com"
    dest = "tank/vm"
    sudo = true
    gate = true
    transport = "openssh"
    bwlimit = "20M"

    [remotes.offsite]
    host = "ssh://root@[::1]:2222"

    [groups]
    all = ["backup", "offsite"]

    [retention."debian-*"]
    keep-last = 10
    keep-within = "30d"
    keep-hourly = 24
    keep-daily = 7
    keep-weekly = 8
    keep-monthly = 12
    keep-yearly = 3
    keep = ["debian-7:1", "debian-8:1.0.0-rc.1"]
    `,
    'c.toml',
  );
  assert.deepEqual(
    [...config.remotes],
    [
      [
        'backup',
        {
          address: 'fjoe@backup.example.com',
          destination: 'tank/vm',
          sudo: true,
          gate: true,
          transport: 'openssh',
          bytesPerSecond: 20 * 2 ** 20,
          mayRelay: true,
          retentions: [],
        },
      ],
      [
        'offsite',
        {
          address: 'ssh://root@[::1]:2222',
          destination: undefined,
          sudo: false,
          gate: false,
          transport: undefined,
          bytesPerSecond: undefined,
          mayRelay: true,
          retentions: [],
        },
      ],
    ],
  );
  assert.deepEqual([...config.groups], [['all', ['backup', 'offsite']]]);
  const { versions = [], ...counts } = retentionFor(config.retentions, 'debian-7') ?? {};
  assert.deepEqual(counts, {
    ...{ last: 10, withinSeconds: 30 * 86_400 },
    ...{ hourly: 24, daily: 7, weekly: 8, monthly: 12, yearly: 3 },
  });
  assert.deepEqual(versions.map(formatTagShort), ['debian-7:1', 'debian-8:1.0.0-rc.1']);
});

test('an empty file says nothing', () => {
  const { remotes, groups, retentions } = parseConfig('# later\n', 'c.toml');
  assert.deepEqual([remotes.size, groups.size, retentions.length], [0, 0, 0]);
});

test('tables may be written in any of the ways that TOML has', () => {
  const config = parseConfig(
    '\uFEFFremotes.a.host = "a.example.com"\r\nremotes.b = { host = "b", sudo = true }\r\nremotes.a.sudo = true\r\n',
    'c.toml',
  );
  assert.deepEqual(
    Array.from(config.remotes, ([name, { address, sudo }]) => [name, address, sudo]),
    [
      ['a', 'a.example.com', true],
      ['b', 'b', true],
    ],
  );
});

test('of the patterns that fit a streamline, the first in the file counts', () => {
  const config = parseConfig(
    '[retention.debian-7]\nkeep-last = 1\n[retention."debian-*"]\nkeep-last = 2\n[retention."*"]\nkeep-last = 3\n',
    'c.toml',
  );
  const lastOf = (streamline: string): number | undefined =>
    retentionFor(config.retentions, streamline)?.last;
  assert.deepEqual(['debian-7', 'debian-8', 'web'].map(lastOf), [1, 2, 3]);
});

test('a streamline that no pattern fits has no retention', () => {
  const config = parseConfig('[retention.web]\nkeep-last = 1\n', 'c.toml');
  assert.equal(retentionFor(config.retentions, 'web2'), undefined);
});

test('what JavaScript means something by is a name like any other', () => {
  const config = parseConfig('[remotes.constructor]\nhost = "a"\n[remotes.toString]\nhost = "b"\n', 'c.toml');
  assert.deepEqual([...config.remotes.keys()], ['constructor', 'toString']);
  assert.throws(() => parseConfig('__proto__.x = 1\n', 'c.toml'), /unknown key "__proto__"/);
});

for (const [what, text, line, words] of [
  [
    'a misspelt key of a remote',
    '[remotes.b]\nhost = "b"\n\nsodo = true\n',
    4,
    /"sodo"; known keys: host, dest, /,
  ],
  [
    'a misspelt table',
    '[remotes.b]\nhost = "b"\n[remote.c]\nhost = "c"\n',
    3,
    /the file: unknown key "remote"/,
  ],
  ['a misspelt rule', '[retention.web]\nkeep-last = 1\nkeep-dayly = 2\n', 3, /"keep-dayly"/],
  ['a key in a table within the line', '[remotes]\nb = { host = "b", x = 1 }\n', 2, /"x"/],
  ['a remote without a host', '\n[remotes.b]\nsudo = true\n', 2, /the remote "b" has no host/],
  ['a remote that is no table', '[remotes]\nb = "fjoe@b"\n', 2, /the remote "b" must be a table/],
  ['remotes that are none', 'remotes = ["b"]\n', 1, /remotes must be a table/],
  ['an address that can be none', '[remotes.b]\nhost = "-oProxyCommand=x"\n', 2, /invalid host/],
  ['a host that is no text', '[remotes.b]\nhost = 7\n', 2, /host must be a string, in quotation marks/],
  [
    'a place that can be none',
    '[remotes.b]\nhost = "b"\ndest = "/tank"\n',
    3,
    /invalid dataset name "\/tank": it starts with/,
  ],
  ['sudo that is a text', '[remotes.b]\nhost = "b"\nsudo = "yes"\n', 3, /sudo must be true or false/],
  [
    'a transport that there is none',
    '[remotes.b]\nhost = "b"\ntransport = "rsh"\n',
    3,
    /not "ssh2" or "openssh"/,
  ],
  ['a rate that is none', '[remotes.b]\nhost = "b"\nbwlimit = "20 MB"\n', 3, /not a rate: bytes per second/],
  ['a remote called as this machine', '[remotes.local]\nhost = "b"\n', 1, /stands for this machine/],
  ['a group called as this machine', '[groups]\nlocal = []\n', 2, /stands for this machine/],
  ['a remote with a name like an option', '[remotes."-x"]\nhost = "b"\n', 1, /invalid name of a remote/],
  ['a remote with a name like an address', '[remotes."a@b"]\nhost = "b"\n', 1, /invalid name of a remote/],
  [
    'a group called as a remote',
    '[remotes.b]\nhost = "b"\n[groups]\nb = []\n',
    4,
    /"b" has the same name as a remote/,
  ],
  [
    'a group with a member that is nowhere',
    '[groups]\nall = [\n  "b",\n]\n',
    3,
    /contains "b", which is not a remote/,
  ],
  ['a group without members', '[groups]\nall = []\n', 2, /the group "all" is empty/],
  [
    'a group that is one host',
    '[remotes.b]\nhost = "b"\n[groups]\nall = "b"\n',
    4,
    /must be a list of remotes/,
  ],
  [
    'a number of versions that is none',
    '[retention.web]\nkeep-last = 0\n',
    2,
    /keep-last must be a whole number from 1/,
  ],
  ['a number of versions with a point', '[retention.web]\nkeep-last = 1.5\n', 2, /whole number from 1/],
  [
    'a time that is none',
    '[retention.web]\nkeep-within = "month"\n',
    2,
    /not a time: a whole number from 1 followed by s, m/,
  ],
  ['a time in which nothing is', '[retention.web]\nkeep-within = "0d"\n', 2, /"0d" is not a time/],
  ['a version that is none', '[retention.web]\nkeep = [\n"web:1",\n"web"]\n', 4, /"web" is not a version/],
  ['versions that are no list', '[retention.web]\nkeep = "web:1"\n', 2, /keep must be a list of strings/],
  ['a retention that keeps nothing', '[retention.web]\n', 1, /would keep nothing/],
  ['a retention that keeps no version', '[retention.web]\nkeep = []\n', 1, /would keep nothing/],
  ['a pattern that no streamline fits', '[retention."a:b"]\nkeep-last = 1\n', 1, /not a streamline name/],
  ['what is no TOML', '[remotes.b]\nhost = b\n', 2, /host: the value must be in quotation marks: host = "b"/],
  [
    'what breaks off',
    '[remotes.b]\nhost =\n[groups]\n',
    3,
    /or the end of the previous line is not valid TOML/,
  ],
  ['a key that is there twice', '[remotes.b]\nhost = "b"\nhost = "c"\n', 3, /host is already defined above/],
  ['a list of tables', '[[remotes]]\nhost = "b"\n', 1, /one pair of brackets/],
] as const) {
  test(`${what} is an error that names file and line`, () => {
    assert.throws(
      () => parseConfig(text, '/etc/c.toml'),
      (error: Error & { kind?: string }) => {
        assert.equal(error.kind, 'usage');
        assert.ok(error.message.startsWith(`/etc/c.toml:${line}: `), error.message);
        assert.match(error.message, words);
        return true;
      },
    );
  });
}

test('all that is wrong with a file is found, by line', () => {
  const text = [
    '[remotes.b]',
    'hots = "b"',
    'sudo = "yes"',
    '[remotes.c]',
    'host = "c"',
    'dest = "/tank"',
    '[groups]',
    'all = ["b", "c", "d"]',
    '[retention.web]',
    'keep-dayly = 2',
    'keep-last = 0',
  ].join('\n');
  const faults = findConfigFaults(text);
  assert.deepEqual(
    faults.map(({ line }) => line),
    [1, 2, 3, 6, 8, 10, 11],
  );
  const messages = faults.map(({ message }) => message).join('\n');
  assert.match(messages, /"hots".*did you mean "host"\?/);
  assert.match(messages, /"keep-dayly".*did you mean "keep-daily"\?/);
  assert.match(messages, /"d", which is not a remote/);
  assert.doesNotMatch(messages, /"[bc]", which is not a remote/);
});

test('of what is no TOML, the first fault is found; of what is fine, none', () => {
  assert.deepEqual(
    findConfigFaults('[remotes.b]\nhost = b\nsudo = 1\n').map(({ line }) => line),
    [2],
  );
  assert.deepEqual(findConfigFaults('[remotes.b]\nhost = "b"\n'), []);
});

for (const [text, line, message] of [
  [
    '[remotes.b]\nhost = "b"\n[remotes.b.retention]\nkeep-last = 3',
    4,
    /^\[remotes\.b\.retention\]: keep-last must say for which streamlines: put the rules below a line \[remotes\.b\.retention\."\*"\]/,
  ],
  ['[retention]\nweb = 3', 2, /^\[retention\]: "web" must be a table: .* \[retention\."web"\]/],
  ['[remotes.b]\nhost = root@b', 2, /^host: the value must be in quotation marks: host = "root@b"$/],
  ['[remotes.b]\nhost = "b', 2, /^a quotation mark is missing/],
  ['[remotes.b]\nhost: "b"', 2, /^use = between a key and its value: host = /],
  ['[remotes.b]\nhost = "b"\nsudo = yes', 3, /^sudo must be true or false, not yes$/],
  ['[remotes.b]\nhost = "b"\nsudo = true\nsudo = false\n', 4, /^sudo is already defined above/],
  ['[remotes.b]\nhost = "b"\n[remotes.b]', 3, /^\[remotes\.b\] is already defined above/],
  ['[retention.debian-*]\nkeep-last = 1', 1, /^a name with \* or \? must be in quotation marks/],
] as const) {
  test(`what to write instead is told of ${JSON.stringify(text)}`, () => {
    const [fault] = findConfigFaults(text);
    assert.equal(fault?.line, line);
    assert.match(fault.message, message);
  });
}
