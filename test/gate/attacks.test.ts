import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { realClock } from '../../src/base/clock.js';
import { GateCommand } from '../../src/commands/gate.js';
import { readWords } from '../../src/command-line/run-command-line.js';
import { serve } from '../../src/gate/serve.js';
import { LocalHost } from '../../src/host/local-host.js';
import type { Policy } from '../../src/gate/policy.js';
import { attacks, backupPolicy, type Attack } from './attacks.js';
import { nodeGate, shellGates, type Gate } from './gates.js';

const program = fileURLToPath(new URL('../../../src/launch.cjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'zfs-vm-gate-'));
after(() => {
  rmSync(folder, { recursive: true });
});

/** What became of a command. */
interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What was logged. */
  readonly log: readonly string[];
  /** What zfs was called with. */
  readonly calls: readonly string[];
}

/** Words of zfs that change nothing. */
const harmless = /^(list|get|send -n) /;

/** A folder with programs that write down how they were called. */
function makePlace(): { readonly place: string; readonly read: (file: string) => string[] } {
  const place = mkdtempSync(join(folder, 'place-'));
  const tools = { zfs: 'calls', zpool: 'calls', sudo: 'calls', logger: 'log' };
  for (const [tool, file] of Object.entries(tools)) {
    writeFileSync(join(place, file), '');
    writeFileSync(join(place, tool), `#!/bin/sh\nprintf '%s\\n' "$*" >>${join(place, file)}\n`, {
      mode: 0o755,
    });
  }
  const read = (file: string): string[] => readFileSync(join(place, file), 'utf8').trim().split('\n');
  return { place, read: (file) => read(file).filter((line) => line !== '') };
}

function readPolicy(words: readonly string[]): Policy {
  const args = readWords(GateCommand.definition, [...words], []);
  const context = { stdout: new PassThrough(), stderr: new PassThrough(), env: {} };
  const gate = new GateCommand({
    ...{ args, name: ['gate'], words: [] },
    context: context as unknown as GateCommand['context'],
  });
  return gate.readPolicyOrTell();
}

/** By the gate within this process. */
async function tryHere({ command, stdin, policy = backupPolicy }: Attack): Promise<Outcome> {
  const { place, read } = makePlace();
  const [input, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  input.end(stdin ?? '');
  const log: string[] = [];
  const outputs = [text(stdout), text(stderr)] as const;
  const status = await serve(command, {
    ...{ policy: readPolicy(policy), host: new LocalHost(), zfs: [join(place, 'zfs')] },
    ...{ stdin: input, stdout, stderr, output: undefined, client: '192.0.2.7', clock: realClock },
    log: (line) => Promise.resolve(void log.push(line)),
    signal: new AbortController().signal,
  });
  stdout.end();
  stderr.end();
  return { status, stdout: await outputs[0], stderr: await outputs[1], log, calls: read('calls') };
}

/** By a gate as sshd starts it. @param canBe whether there is such a policy */
async function tryAt(gate: Gate, attack: Attack, canBe = true): Promise<Outcome> {
  const { place, read } = makePlace();
  const { command, stdin = '', policy: words = backupPolicy, env = {} } = attack;
  const policy = readPolicy(canBe ? words : backupPolicy);
  const answer = await gate.answer({ ...{ policy, words, place, command, stdin, env } });
  return { ...answer, log: read('log'), calls: read('calls') };
}

function assertRefused({ status, stdout, stderr, log, calls }: Outcome): void {
  assert.notEqual(status, 0, 'it was not refused');
  assert.match(stderr, /^zfs-vm gate: /m);
  assert.equal(stdout, '');
  assert.equal(log.length, 1, log.join('\n'));
  assert.match(log[0] ?? '', /refused: client .*192\.0\.2\.7/);
  assert.deepEqual(
    calls.filter((call) => !harmless.test(call)),
    [],
  );
}

/** What only the whole program shows; of the others, it gets the first of each kind. */
const onlyThere = ['policies', 'environments'];

test('there are enough things that somebody might try', () => {
  assert.ok(Object.values(attacks).flat().length >= 200);
});

for (const [kind, entries] of Object.entries(attacks)) {
  for (const [index, attack] of entries.entries()) {
    if (!onlyThere.includes(kind)) {
      test(`${attack.what} is refused, changes nothing, and is logged`, async () => {
        assertRefused(await tryHere(attack));
      });
    }
    if (onlyThere.includes(kind) || index === 0) {
      test(`${attack.what} is refused by the program, too`, async () => {
        assertRefused(await tryAt(nodeGate, attack, kind !== 'policies'));
      });
    }
  }
}

for (const { what, policy = [] } of attacks['policies'] ?? []) {
  test(`no shell script is written for ${what}`, () => {
    const { status, stdout } = spawnSync(process.execPath, [program, 'gate', ...policy, '--emit-sh']);
    assert.notEqual(status, 0);
    assert.equal(stdout.length, 0);
  });
}

for (const gate of shellGates(folder)) {
  describe(gate.name, { skip: gate.skip, concurrency: 4 }, () => {
    for (const [kind, entries] of Object.entries(attacks)) {
      if (kind === 'policies') continue;
      for (const attack of entries) {
        test(`${attack.what} is refused, changes nothing, and is logged`, async () => {
          assertRefused(await tryAt(gate, attack));
        });
      }
    }
  });
}
