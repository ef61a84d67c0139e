import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askForYes, confirmLosses } from '../../src/commands/confirm.js';
import type { Loss } from '../../src/tasks/loss.js';
import { parseVersion } from '../../src/streamline/version.js';
import { PassThrough } from 'node:stream';

const version = parseVersion('1');
const losses = ['tank/a', 'tank/b'].map((dataset): Loss => {
  assert.ok(version);
  return { kind: 'partial', host: 'b', dataset, tag: { streamline: 'web', version } };
});
const lines =
  'discard the interrupted receive of web:1 in b:tank/a\ndiscard the interrupted receive of web:1 in b:tank/b\n';

/** Asks somebody who gives this answer; gives what was shown, and how often a question was put. */
async function confirm(
  wanted: readonly Loss[],
  isAnswered: boolean,
  answer: string | undefined,
): Promise<{ shown: string; questions: number }> {
  const stderr = new PassThrough({ encoding: 'utf8' });
  const { signal } = new AbortController();
  let questions = 0;
  const ask = (): Promise<string | undefined> => {
    questions++;
    return Promise.resolve(answer);
  };
  await confirmLosses(wanted, isAnswered, { stderr, signal, prompter: { ask } });
  return { shown: (stderr.read() as string | null) ?? '', questions };
}

for (const answer of ['no', 'y', 'Yes, but later', '', undefined]) {
  test(`${answer === undefined ? 'nobody there to answer' : `"${answer}"`} is no yes: nothing may be lost`, async () => {
    await assert.rejects(confirm(losses, false, answer), { kind: 'conflict', message: /not confirmed/ });
  });
}

test('who types "y" is asked again, and "yes" in any case is a yes', async () => {
  const answers = ['y', 'YES'];
  const questions: string[] = [];
  const ask = (question: string): Promise<string | undefined> => {
    questions.push(question);
    return Promise.resolve(answers.shift());
  };
  const { signal } = new AbortController();
  await askForYes('Really?', { signal, prompter: { ask } });
  assert.deepEqual(questions, ['Really?', 'Type the whole word, "yes" or "no": ']);
});

test('"yes" is a yes, to all that was shown', async () => {
  assert.deepEqual(await confirm(losses, false, 'yes'), { shown: lines, questions: 1 });
});

test('with --yes it is shown, and nobody is asked', async () => {
  assert.deepEqual(await confirm(losses, true, undefined), {
    shown: lines,
    questions: 0,
  });
});

test('where nothing is lost, nothing is shown and nobody is asked', async () => {
  assert.deepEqual(await confirm([], false, undefined), { shown: '', questions: 0 });
});
