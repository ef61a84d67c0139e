/**
 * `node build/test/lab/matrix.js [--kinds A,B] [--only SCENARIO,...]`: runs the scenarios of `matrix-scenarios.ts` between lab hosts of
 * different versions of OpenZFS, in both directions, and prints a line for each, and at the end the table of docs/versions.md. Ends with 1
 * when something doesn't work and zfs-vm doesn't say why.
 */
import { parseArgs } from 'node:util';
import { LabSetupError } from './image.js';
import { findKind, readKinds } from './kinds.js';
import { describeHost, runScenario, startKindPair } from './matrix-pair.js';
import { scenarios, type Outcome, type Pair, type Scenario } from './matrix-scenarios.js';

/** What a scenario came to between two hosts. */
interface Result {
  readonly sender: string;
  readonly receiver: string;
  readonly scenario: Scenario;
  readonly outcome: Outcome | { readonly kind: 'failed' };
}

/** All other kinds with the one that the tests use, and the oldest with the newest. */
function listKindPairs(): (readonly [string, string])[] {
  const usual = findKind().name;
  const others = readKinds().filter(({ name }) => name !== usual);
  return [...others.map(({ name }) => [name, usual] as const), ['2.0', '2.4']];
}

function parseKinds(text: string): readonly [string, string] {
  const [first, second, ...rest] = text.split(',').map((name) => findKind(name).name);
  if (first === undefined || second === undefined || rest.length > 0) {
    throw new Error('--kinds takes two kinds: A,B');
  }
  return [first, second];
}

function chooseScenarios(only: string | undefined): readonly Scenario[] {
  if (only === undefined) return scenarios;
  return only.split(',').map((name) => {
    const found = scenarios.find((scenario) => scenario.name === name);
    if (found !== undefined) return found;
    throw new Error(
      `there is no scenario ${name}; scenarios: ${scenarios.map((each) => each.name).join(', ')}`,
    );
  });
}

async function runOne(pair: Pair, scenario: Scenario): Promise<Result> {
  const [sender, receiver] = [pair.sender.zfsVersion, pair.receiver.zfsVersion];
  const began = performance.now();
  const tell = (ending: string, more = ''): void => {
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    console.log(`${ending}: ${sender} to ${receiver}: ${scenario.name} (${seconds} s)${more}`);
  };
  try {
    const outcome = await runScenario(pair, scenario);
    tell(
      'ok',
      outcome.kind === 'limit' ? `: ${outcome.message}` : outcome.kind === 'absent' ? ': not there' : '',
    );
    return { sender, receiver, scenario, outcome };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    tell('not ok', `\n${message.replace(/^/gm, '  ')}`);
    return { sender, receiver, scenario, outcome: { kind: 'failed' } };
  }
}

const words = { works: 'yes', limit: 'no', absent: '-', failed: 'FAILED' } as const;

/** The table, a line for each scenario, and what zfs-vm says where something can't be done. */
function formatTable(results: readonly Result[]): string {
  const toDirection = ({ sender, receiver }: Result): string => `${sender} → ${receiver}`;
  const directions = [...new Set(results.map(toDirection))];
  const rows = [...new Set(results.map(({ scenario }) => scenario))].map((scenario) => [
    `\`${scenario.name}\``,
    ...directions.map((direction) => {
      const found = results.find((each) => each.scenario === scenario && toDirection(each) === direction);
      return found === undefined ? '' : words[found.outcome.kind];
    }),
  ]);
  const table = [['scenario', ...directions], ['', ...directions].map(() => '---'), ...rows];
  const limits = results.flatMap((result) =>
    result.outcome.kind === 'limit'
      ? [`${toDirection(result)}, ${result.scenario.name}: ${result.outcome.message}`]
      : [],
  );
  return ['', ...table.map((cells) => `| ${cells.join(' | ')} |`), '', ...limits].join('\n');
}

async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: { kinds: { type: 'string' }, only: { type: 'string' } },
  });
  const chosen = chooseScenarios(values.only);
  const kindPairs = values.kinds === undefined ? listKindPairs() : [parseKinds(values.kinds)];
  const results: Result[] = [];
  for (const kinds of kindPairs) {
    const { directions, stop } = await startKindPair('matrix', kinds);
    try {
      const [{ sender, receiver }] = directions;
      for (const host of [sender, receiver]) console.log(`# kind ${host.kind}: ${await describeHost(host)}`);
      for (const pair of directions) {
        for (const scenario of chosen) results.push(await runOne(pair, scenario));
      }
    } finally {
      await stop();
    }
  }
  console.log(formatTable(results));
  return results.some(({ outcome }) => outcome.kind === 'failed') ? 1 : 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof LabSetupError)) {
    console.error('matrix:', error instanceof Error ? error.message : error);
  }
  process.exitCode = 2;
}
