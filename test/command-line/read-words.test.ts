import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseVersion } from '../../src/streamline/version.js';
import { readLine } from './read-line.js';

const version = (text: string): unknown => parseVersion(text);

const pattern = (streamline: string, upTo?: string): unknown => ({
  streamline,
  upTo: upTo === undefined ? undefined : version(upTo),
});

for (const [line, expected] of [
  ['list', { json: false, host: undefined, sudo: undefined, verbose: false, debug: false }],
  ['-dsv list --json b', { json: true, host: 'b', sudo: true, verbose: true, debug: true }],
  ['list --no-sudo', { sudo: false }],
  ['--transport openssh --config a.toml list', { transport: 'openssh', configFile: 'a.toml' }],
  ['tag 1007', { name: undefined, message: undefined, recursive: undefined, new: false, target: '1007' }],
  ['tag -n 7 1007', { name: { version: version('7') } }],
  ['tag -n web:1 -r 1007', { name: { streamline: 'web', version: version('1') }, recursive: true }],
  ['tag --no-recursive 1007', { recursive: false }],
  ["tag -m 'with nginx' 1007", { message: 'with nginx' }],
  ['tag -m=-x 1007', { message: '-x' }],
  ['diff a', { from: { streamline: 'a', version: undefined }, to: undefined }],
  ['diff a:1 a:2', { to: { kind: 'version', name: { streamline: 'a', version: version('2') } } }],
  ['diff a:1 tank/x', { to: { kind: 'dataset', dataset: 'tank/x' } }],
  ['status', { hosts: [], patterns: [], maxAgeSeconds: undefined }],
  ['status --check --max-age 26h a b', { check: true, maxAgeSeconds: 26 * 3600, hosts: ['a', 'b'] }],
  ['abort -n a -n b:2', { patterns: [pattern('a'), pattern('b', '2')], yes: false }],
  [
    'prune --keep-last 3 --keep-within 30d --keep a:1 --receiver x --receiver y',
    {
      keepLast: 3,
      keepWithin: 30 * 86_400,
      keepDaily: undefined,
      keep: [{ streamline: 'a', version: version('1') }],
      receivers: ['x', 'y'],
    },
  ],
  [
    'push -n web:2 -j 3 -d tank/vm --bwlimit 20M --stall-timeout 5 -o compress=lz4 -xatime --no-bookmark a b',
    {
      patterns: [pattern('web', '2')],
      lanes: 3,
      destination: 'tank/vm',
      bytesPerSecond: 20 * 1024 ** 2,
      stallMs: 5000,
      retries: 3,
      lagMs: 30_000,
      set: [{ name: 'compression', value: 'lz4' }],
      exclude: ['atime'],
      carry: [],
      bookmark: false,
      compress: false,
      hosts: ['a', 'b'],
    },
  ],
  ['push --all-snapshots -n tank/vm b', { patterns: [{ dataset: 'tank/vm' }], allSnapshots: true }],
  ['plan pull --delete --props recsize b', { deletesGone: true, carry: ['recordsize'], host: 'b' }],
  ['push -j 2 -j 3 --sudo --no-sudo -d x -d x b', { lanes: 3, sudo: false, destination: 'x' }],
  ['copy --direct a b', { isDirect: true, from: 'a', to: 'b' }],
  ['sync -n web --retries 0 --keep-last 1 b', { patterns: [pattern('web')], retries: 0, keepLast: 1 }],
  [
    'clone -p web:2 tank/x',
    {
      name: { streamline: 'web', version: version('2') },
      target: 'tank/x',
      parents: true,
      compress: undefined,
      retries: undefined,
    },
  ],
  ['clone --from b --retries 0 --compress web tank/x', { from: 'b', retries: 0, compress: true }],
] as const) {
  test(`the words of "${line}" are read`, () => {
    const args = readLine(line);
    const found = Object.fromEntries(Object.keys(expected).map((key) => [key, args[key]]));
    assert.deepEqual(found, expected);
  });
}

for (const [line, message, hint] of [
  [
    'list --transport foo',
    /^invalid value for --transport: "foo"$/,
    /--transport ssh2 or --transport openssh$/,
  ],
  ['list --transport sssh2', /^invalid value for --transport: "sssh2"; did you mean "ssh2"\?$/, /openssh$/],
  ['push -d x -d y b', /^-d takes one value, but was given two: "x" and "y"$/, /^give -d once$/],
  [
    'list -d x',
    /^list: unknown option "-d"; before the command it means --debug; -d is an option of push, pull, sync and others$/,
    /^zfs-vm list --help$/,
  ],
  [
    'list --dryrun',
    /^list: unknown option "--dryrun"; --dry-run is an option of push, .* and others$/,
    /--help$/,
  ],
  ['push --direct b', /^push: unknown option "--direct"; --direct is an option of copy$/, /--help$/],
  ['push --dryrun b', /^push: unknown option "--dryrun"; did you mean "--dry-run"\?$/, /--help$/],
  ['push -avz b', /^push: unknown option "-a" in "-avz"$/, /--help$/],
  ['push -F b', /^push: unknown option "-F"$/, /use --rollback; .* use --replace$/],
  ['push --port 22 b', /^push: unknown option "--port"$/, /ssh:\/\/user@host:port/],
  ['list --version', /^list: unknown option "--version"$/, /^zfs-vm version$/],
  ['push –n web b', /^"–n" begins with a typographic dash/, /^type it as -n$/],
  ['push —dry-run b', /^"—dry-run" begins with a typographic dash/, /^type it as --dry-run$/],
  [
    'completion tcsh',
    /^no completion script for "tcsh"; scripts exist for bash, zsh, fish$/,
    /completion bash$/,
  ],
  ['log -n -1', /^--lines "-1" is not a whole number from 1 to 999999$/, /--lines 20$/],
  ['list --config', /^--config needs a value$/, /^zfs-vm list /],
  ['list -x', /^list: unknown option "-x"; -x is an option of push, pull and copy$/, /^zfs-vm list --help$/],
  ['list --jso', /^list: unknown option "--jso"; did you mean "--json"\?$/, /^zfs-vm list --help$/],
  ['list --no-sudo --frob', /^list: unknown option "--frob"$/, /--help$/],
  ['list --no-verbose --no-frob', /^list: unknown option "--no-frob"$/, /--help$/],
  ['list --json=1', /^list: unknown option "--json=1"/, /^zfs-vm list --help$/],
  ['list a b', /^unexpected argument "b"$/, /^zfs-vm list /],
  ['tag', /^missing argument: filesystem\|container-id$/, /^zfs-vm tag /],
  ['tag -n', /^-n needs a value$/, /^zfs-vm tag /],
  ['tag -m -x 1007', /^-m needs a value, but "-x" looks like an option$/, /--message=-x$/],
  ['tag -n x 1007', /^invalid value for -n: "x": "x" is not a version/, /STREAMLINE:VERSION/],
  ['tag tank/a@b', /is a snapshot/, /@/],
  ['diff a:b:c', /^invalid version name "a:b:c": it contains more than one colon$/, /STREAMLINE:VERSION/],
  ['diff a b:c', /^invalid version name "b:c"/, /STREAMLINE:VERSION/],
  ["abort -n 'a;b'", /^invalid value for -n: "a;b" is neither a streamline/, /debian-7/],
  ['status --max-age 26h', /^--max-age requires --check$/, /^add --check$/],
  ['status --max-age x', /^--max-age requires --check$/, /^add --check$/],
  ['status --check --max-age x', /^--max-age "x" is not a time$/, /26h/],
  ['status --check --max-age -5h', /^--max-age "-5h" is not a time$/, /26h/],
  ['prune --keep-daily 0', /^--keep-daily "0" is not a whole number from 1 to 999999$/, /--keep-daily 7/],
  ['prune --keep-within 3x', /^--keep-within "3x" is not a duration$/, /30d/],
  ['prune --keep x', /^invalid value for --keep: "x" is not a version$/, /--keep debian-7:12/],
  ['push -j 0 b', /^--jobs "0" is not a whole number from 1 to 999999$/, /^use e.g. --jobs 4$/],
  ['push --bwlimit x b', /^--bwlimit "x" is not a rate$/, /20M/],
  ['push -n a;b b', /^invalid value for -n: "a;b" is neither a streamline/, /debian-7/],
  [
    'push --all-snapshots -n a;b b',
    /^invalid value for -n: with --all-snapshots it must be a dataset, and "a;b" is not one$/,
    /tank/,
  ],
  ['push -d tank/$(id) b', /^invalid value for -d: "tank\/\$\(id\)" is not a dataset name/, /-d tank\/vm/],
  ['push -j -1 b', /^--jobs "-1" is not a whole number from 1 to 999999$/, /^use e.g. --jobs 4$/],
  [
    'push --retry 3 b',
    /^push: unknown option "--retry"; did you mean "--retries"\?$/,
    /^zfs-vm push --help$/,
  ],
  [
    'sync -n a:1 b',
    /^invalid value for -n: sync creates new versions, so "a:1" cannot name one$/,
    /use -n a$/,
  ],
  [
    'sync --json b',
    /^sync: unknown option "--json"; --json is an option of list, show, push and others$/,
    /sync --help$/,
  ],
  ['clone -d t/y a t/x', /^-d applies only with --from$/, /--from fjoe/],
  ['clone -d t/y --retries x a t/x', /^-d, --retries apply only with --from/, /--from fjoe/],
  ['clone a /x', /^invalid dataset name "\/x"/, /tank\/work\/1007/],
] as const) {
  test(`"${line}" is refused, and said to be wrong in its own way`, () => {
    assert.throws(
      () => readLine(line),
      (error: Error & { kind?: string; hint?: string }) => {
        assert.equal(error.kind, 'usage');
        assert.match(error.message, message);
        assert.match(error.hint ?? '', hint);
        return true;
      },
    );
  });
}
