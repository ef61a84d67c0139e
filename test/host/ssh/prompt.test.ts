import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTerminalPrompter } from '../../../src/host/ssh/prompt.js';

test('without a terminal there is no answer', async () => {
  const prompter = createTerminalPrompter('/nowhere/tty');
  assert.equal(await prompter.ask('Password: ', { secret: true }), undefined);
});

test('something that is not a terminal is not asked', async () => {
  const prompter = createTerminalPrompter('/dev/null');
  assert.equal(await prompter.ask('Password: ', { secret: true }), undefined);
});

test('a question that was taken back has no answer', async () => {
  const prompter = createTerminalPrompter();
  const signal = AbortSignal.abort();
  assert.equal(await prompter.ask('Password: ', { secret: true, signal }), undefined);
});
