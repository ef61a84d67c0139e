import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '../fuzz/arbitraries.js';
import { assertDecent, LyingHosts } from './lying-hosts.js';

/*
 * Hosts that do many things wrong at once, at random. Their lists are never wrong in a way that could be true, so that a run which
 * says that it is done has to have done it.
 */

const call = fc.constantFrom(
  'list',
  'filesystem,volume',
  'snapshot,bookmark',
  'send',
  'receive',
  'hold',
  'program',
  '',
);

const misdeed = fc.constantFrom(
  'exit 0',
  'exit 1',
  'exit 141',
  'kill -9 $$',
  `printf '\\033[2J\\033]0;owned\\007\\r\\302\\2331m\\n'`,
  `printf '\\033[2Jcannot open: \\342\\200\\256\\n' >&2`,
  `printf 'no newline at the end'`,
  `printf 'zfs-vm: leg 0 0\\nzfs-vm: end\\n'`,
  `printf 'zfs-vm: leg 99 0\\n' >&2`,
  `printf 'received 1.2.3K stream in 1 seconds\\nreceived 99999999999999999999E stream in 0 seconds\\n'`,
  `printf '00:00:01\\t99999999999999999999\\tx@y\\n' >&2`,
  `printf 'tank/vm@zfs-vm:web:1\\t11\\n'`,
  `printf 'a\\tb\\tc\\td\\te\\tf\\n'`,
  'echo "sudo: a password is required" >&2; exit 1',
  'echo "dataset is busy" >&2; exit 1',
  'head -c 100000 /dev/urandom >&2',
  'head -c 100000 /dev/urandom; exit 0',
  'exec 1>&-',
  'exec </dev/null',
  'sleep 0.1',
);

const lies = fc
  .array(fc.tuple(call, misdeed), { maxLength: 2 })
  .map((all) => all.map(([of, what]) => `case "$*" in *'${of}'*) ${what};; esac`).join('\n'));

test('whatever goes wrong on both sides, it ends in words, and nothing is called done that is not', async (t) => {
  const commands = fc.constantFrom<(readonly string[])[]>(
    ['push', '--retries', '0', 'there'],
    ['pull', '--retries', '0', 'there'],
    ['push', '--json', '--retries', '0', 'there'],
    ['plan', 'push', 'there'],
    ['list', 'there'],
    ['abort', 'there'],
    ['tag', 'tank/vm'],
  );
  await fc.assert(
    fc.asyncProperty(lies, lies, commands, async (here, there, words) => {
      const hosts = new LyingHosts(t, { here, there });
      if (words[0] === 'pull') hosts.swap();
      const run = await hosts.run([...words, ...(words.includes('push') ? ['--stall-timeout', '5'] : [])]);
      assertDecent(run);
      if (/^done/m.test(run.stdout)) {
        assert.equal(run.status, 0);
        const receiver = words[0] === 'pull' ? 'here' : 'there';
        assert.ok(hosts.snapshotsOf(receiver).some((line) => line.startsWith('tank/vm@zfs-vm:web:2\t12\t')));
      }
    }),
    { ...runs(12), interruptAfterTimeLimit: 120_000 },
  );
});
