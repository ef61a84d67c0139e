import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { realClock } from '../../src/base/clock.js';
import { GateCommand } from '../../src/commands/gate.js';
import { readWords } from '../../src/command-line/run-command-line.js';
import { serve } from '../../src/gate/serve.js';
import { LocalHost } from '../../src/host/local-host.js';
import { attacks, backupPolicy, type Attack } from './attacks.js';

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

/** By the gate within this process. */
async function tryHere({ command, stdin, policy = backupPolicy }: Attack): Promise<Outcome> {
  const { place, read } = makePlace();
  const args = readWords(GateCommand.definition, [...policy]);
  const [input, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const context = { stdout, stderr, env: {} } as unknown as GateCommand['context'];
  const gate = new GateCommand({ args, name: ['gate'], words: [], context });
  input.end(stdin ?? '');
  const log: string[] = [];
  const outputs = [text(stdout), text(stderr)] as const;
  const status = await serve(command, {
    ...{ policy: gate.readPolicyOrTell(), host: new LocalHost(), zfs: [join(place, 'zfs')] },
    ...{ stdin: input, stdout, stderr, output: undefined, client: '192.0.2.7', clock: realClock },
    log: (line) => Promise.resolve(void log.push(line)),
    signal: new AbortController().signal,
  });
  stdout.end();
  stderr.end();
  return { status, stdout: await outputs[0], stderr: await outputs[1], log, calls: read('calls') };
}

/** By the whole program, as sshd starts it. */
async function tryThere({ command, stdin, policy = backupPolicy, env }: Attack): Promise<Outcome> {
  const { place, read } = makePlace();
  const path = `${place}:/usr/bin:/bin`;
  const child = spawn(process.execPath, [program, 'gate', ...policy, '--path', path], {
    env: {
      ...{ HOME: folder, PATH: path, ...env, SSH_CONNECTION: '192.0.2.7 4711 192.0.2.1 22' },
      ...(command === undefined ? {} : { SSH_ORIGINAL_COMMAND: command }),
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin ?? '');
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { status, stdout, stderr, log: read('log'), calls: read('calls') };
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
        assertRefused(await tryThere(attack));
      });
    }
  }
}
