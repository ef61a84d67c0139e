import assert from 'node:assert/strict';
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
