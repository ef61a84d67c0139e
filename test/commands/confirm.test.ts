import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cli } from 'clipanion';
import { confirmLosses } from '../../src/commands/confirm.js';
import { findSurroundings } from '../../src/commands/surroundings.js';
import { PassThrough } from 'node:stream';

const losses = ['destroy b:tank/vm@x', 'destroy b:tank/vm'];

/** Asks somebody who gives this answer; gives what was shown, and how often a question was put. */
async function confirm(
  lines: readonly string[],
  isAnswered: boolean,
  answer: string | undefined,
): Promise<{ shown: string; questions: number }> {
  const stderr = new PassThrough({ encoding: 'utf8' });
  const { signal } = new AbortController();
  const context = { ...Cli.defaultContext, stderr, signal, surroundings: findSurroundings({}) };
  let questions = 0;
  const ask = (): Promise<string | undefined> => {
    questions++;
    return Promise.resolve(answer);
  };
  await confirmLosses(lines, isAnswered, { context }, { prompter: { ask } });
  return { shown: (stderr.read() as string | null) ?? '', questions };
}

for (const answer of ['no', 'y', 'Yes, but later', '', undefined]) {
  test(`${answer === undefined ? 'nobody there to answer' : `"${answer}"`} is no yes: nothing may be lost`, async () => {
    await assert.rejects(confirm(losses, false, answer), { kind: 'conflict', message: /not confirmed/ });
  });
}

test('"yes" is a yes, to all that was shown', async () => {
  assert.deepEqual(await confirm(losses, false, 'yes'), { shown: `${losses.join('\n')}\n`, questions: 1 });
});

test('with --yes it is shown, and nobody is asked', async () => {
  assert.deepEqual(await confirm(losses, true, undefined), {
    shown: `${losses.join('\n')}\n`,
    questions: 0,
  });
});

test('where nothing is lost, nothing is shown and nobody is asked', async () => {
  assert.deepEqual(await confirm([], false, undefined), { shown: '', questions: 0 });
});
