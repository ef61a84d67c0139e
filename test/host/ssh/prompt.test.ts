import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { createTerminalPrompter } from '../../../src/host/ssh/prompt.js';

test('without a terminal there is no answer', async () => {
  const prompter = createTerminalPrompter('/nowhere/tty');
  assert.equal(await prompter.ask('Password: ', { secret: true }), undefined);
});

test('something that is not a terminal is not asked', async () => {
  const prompter = createTerminalPrompter('/dev/null');
  assert.equal(await prompter.ask('Password: ', { secret: true }), undefined);
});

test('while the terminal is lent, nobody else has it, even when that fails', async () => {
  const prompter = createTerminalPrompter('/nowhere/tty');
  const said: string[] = [];
  const use = async (name: string): Promise<never> => {
    said.push(`${name} begins`);
    await wait(10);
    said.push(`${name} ends`);
    throw new Error(name);
  };
  await Promise.allSettled([
    prompter.lend(() => use('one')),
    prompter.ask('Password: ', { secret: true }).then(() => said.push('asked')),
    prompter.lend(() => use('two')),
  ]);
  assert.deepEqual(said, ['one begins', 'one ends', 'asked', 'two begins', 'two ends']);
});

test('a question that was taken back has no answer', async () => {
  const prompter = createTerminalPrompter();
  const signal = AbortSignal.abort();
  assert.equal(await prompter.ask('Password: ', { secret: true, signal }), undefined);
});

/** script(1) of util-linux gives a program a terminal. */
const skip = spawnSync('script', ['--version']).status === 0 ? false : 'there is no script(1) of util-linux';

/** A program that asks on its terminal, long enough after its start for somebody to type ahead. */
const asking = (secret: boolean): string => `
  import { createTerminalPrompter } from '${new URL('../../../src/host/ssh/prompt.js', import.meta.url).href}';
  process.on('SIGINT', () => console.log('SIGINT'));
  console.log('started');
  await new Promise((resolve) => setTimeout(resolve, 500));
  try {
    console.log('answer:', await createTerminalPrompter().ask('Really? ', { secret: ${secret} }));
  } catch (error) {
    console.log('thrown:', error.kind);
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
`;

/** What a terminal shows of a program, where this is typed when it shows that. */
async function converse(program: string, keys: readonly (readonly [RegExp, string])[]): Promise<string> {
  const command = `'${process.execPath}' --input-type=module -e "$PROGRAM"`;
  const env = { ...process.env, PROGRAM: program };
  const terminal = spawn('script', ['-qec', command, '/dev/null'], { env });
  const left = [...keys];
  let shown = '';
  terminal.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
    const [awaited, text] = left[0] ?? [];
    if (awaited?.test(shown) !== true) return;
    left.shift();
    terminal.stdin.write(text ?? '');
  });
  await new Promise((resolve) => terminal.once('close', resolve));
  return shown;
}

test(
  'what was typed before a question is no answer to it, be it a line or the beginning of one',
  { skip, timeout: 60_000 },
  async () => {
    const shown = await converse(asking(false), [
      [/started/, 'yes\nye'],
      [/Really\? $/, 'no\n'],
    ]);
    assert.match(shown, /answer: no\r?\n/);
  },
);

test('Ctrl-C at a secret question is an interrupt, and no answer', { skip, timeout: 60_000 }, async () => {
  const shown = await converse(asking(true), [[/Really\? $/, 'pass\x03']]);
  assert.match(shown, /thrown: interrupted/);
  assert.match(shown, /SIGINT/);
});
