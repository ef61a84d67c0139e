import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { ZfsVmError } from '../../../src/base/errors.js';
import { LocalHost } from '../../../src/host/local-host.js';
import { runCommand } from '../../../src/host/run-command.js';
import { nobody, type Prompter } from '../../../src/host/ssh/prompt.js';
import { elevate } from '../../../src/host/sudo/elevate.js';

/**
 * A sudo that wants a password, with what matters of the real one: -n refuses, -S reads one line of stdin, -A runs SUDO_ASKPASS and leaves stdin
 * alone. What it was called with is written down.
 */
const fakeSudo = `#!/bin/sh
echo "sudo $*" >>"$FAKE/calls"
env >>"$FAKE/calls"
mode=
while :; do
  case $1 in
    -n|-S|-A) mode=$1 ;;
    -k) ;;
    -p) shift ;;
    *) break ;;
  esac
  shift
done
case $mode in
  -n) [ -e "$FAKE/nopasswd" ] || { echo 'sudo: a password is required' >&2; exit 1; } ;;
  -S) IFS= read -r line; [ "$line" = "$(cat "$FAKE/right")" ] || { echo 'sudo: 1 incorrect password attempt' >&2; exit 1; } ;;
  -A) line=$("$SUDO_ASKPASS" 'Password:' | head -n 1); [ "$line" = "$(cat "$FAKE/right")" ] || { echo 'sudo: 3 incorrect password attempts' >&2; exit 1; } ;;
esac
exec "$@"
`;

const password = ` it's "a" \\n $HOME 'secret' `;
let folder: string;
const kept = { ...process.env };

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zfs-vm-test-'));
  const programs = { sudo: fakeSudo, zfs: '#!/bin/sh\necho "zfs $*"\n[ "$1" != receive ] || head -c 3\n' };
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(join(folder, name), text);
    await chmod(join(folder, name), 0o755);
  }
  await writeFile(join(folder, 'right'), `${password}\n`);
  Object.assign(process.env, { FAKE: folder, PATH: `${folder}:${kept['PATH'] ?? ''}`, TMPDIR: folder });
});

beforeEach(async () => {
  await rm(join(folder, 'calls'), { force: true });
  await rm(join(folder, 'nopasswd'), { force: true });
});

after(async () => {
  process.env = kept;
  await rm(folder, { recursive: true });
});

/** Somebody who answers so, one answer after another. */
function answering(...answers: readonly (string | undefined)[]): Prompter & { questions: string[] } {
  const left = [...answers];
  const questions: string[] = [];
  const ask: Prompter['ask'] = (question, { secret }) => {
    assert.ok(secret);
    questions.push(question);
    return Promise.resolve(left.shift());
  };
  return { ...nobody, ask, questions };
}

/** Gives how zfs is run as root on this machine to some work. */
async function withElevated<T>(
  prompter: Prompter,
  work: (zfs: readonly string[], host: LocalHost) => Promise<T>,
): Promise<T> {
  const host = new LocalHost();
  const signal = new AbortController().signal;
  try {
    return await work(await elevate(host, { prompter, signal, debug: () => undefined }), host);
  } finally {
    await host.close();
  }
}

async function readCalls(): Promise<string> {
  const { stdout } = await runCommand(new LocalHost(), ['cat', join(folder, 'calls')]);
  return stdout;
}

test('a sudo that wants no password asks nobody', async () => {
  await writeFile(join(folder, 'nopasswd'), '');
  const prompter = answering();
  assert.deepEqual(await withElevated(prompter, (zfs) => Promise.resolve(zfs)), ['sudo', '-n', 'zfs']);
  assert.deepEqual(prompter.questions, []);
});

test('a password is asked for once, serves many commands, and is in no command line and no environment', async () => {
  const prompter = answering(password);
  await withElevated(prompter, async (zfs, host) => {
    // One after another on one stdin, and many at once.
    const script = '"$@" receive a; "$@" receive b; for i in 1 2 3 4 5 6 7 8; do "$@" list $i & done; wait';
    const { stdout, stderr } = await runCommand(host, ['sh', '-c', script, 'sh', ...zfs], {
      input: 'onetwo',
    });
    assert.equal(stderr, '');
    const [first, second, ...others] = stdout.split('\n');
    assert.deepEqual([first, second], ['zfs receive a', 'onezfs receive b']);
    assert.equal(
      others
        .join('\n')
        .replace('two', '')
        .match(/zfs list \d/g)?.length,
      8,
    );
    await withElevated(prompter, () => Promise.resolve());
  });
  assert.deepEqual(prompter.questions, ['local: password for sudo: ']);
  assert.ok(!(await readCalls()).includes('secret'));
});

test('nothing is left when the host is closed', async () => {
  await withElevated(answering(password), () => Promise.resolve());
  const left = async (): Promise<string[]> =>
    (await readdir(folder)).filter((name) => name.startsWith('.zfs-vm-'));
  for (let tries = 0; tries < 50 && (await left()).length > 0; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.deepEqual(await left(), []);
});

test('a wrong password is asked for again, three times at most', async () => {
  const right = answering('wrong', password);
  await withElevated(right, () => Promise.resolve());
  assert.deepEqual(right.questions[1], 'wrong password\nlocal: password for sudo: ');
  const wrong = answering('a', 'b', 'c', 'd');
  await assert.rejects(
    withElevated(wrong, () => Promise.resolve()),
    (error: unknown) =>
      error instanceof ZfsVmError &&
      error.kind === 'connection' &&
      error.message === 'local: sudo did not accept the password',
  );
  assert.equal(wrong.questions.length, 3);
});

test('without anybody to ask, it says what can be done', async () => {
  await assert.rejects(
    withElevated(nobody, () => Promise.resolve()),
    (error: unknown) =>
      error instanceof ZfsVmError &&
      error.kind === 'connection' &&
      /sudo requires a password/.test(error.message) &&
      /NOPASSWD/.test(error.hint ?? ''),
  );
});
