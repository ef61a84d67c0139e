import { faultNames, type FaultName } from './faults.js';
import { runScenario } from './scenario.js';

/*
 * Runs zfs-vm in random worlds while random things go wrong: `simulate.js [--seeds N] [--from S]`, or one seed with its whole
 * story: `simulate.js --seed S -v`. Ends with 1 when something came out that must not be. Ctrl-C ends it after the seed it is at, with
 * the sums so far.
 */

interface Options {
  from: number;
  seeds: number;
  isVerbose: boolean;
  /** Whether it goes on after a seed that fails. */
  goesOn: boolean;
}

const usage = 'simulate.js [--seeds N] [--from S] [--seed S] [--keep-going] [-v]';

/** A command line that can't be understood. */
class UsageError extends Error {}

/** @throws UsageError */
function readWords(words: readonly string[]): Options {
  const options: Options = { from: 1, seeds: 2000, isVerbose: false, goesOn: false };
  const rest = [...words];
  const number = (option: string): number => {
    const value = Number(rest.shift());
    if (!Number.isSafeInteger(value) || value < 0) throw new UsageError(`${option} wants a whole number`);
    return value;
  };
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--seeds') {
      options.seeds = number(word);
    } else if (word === '--from') {
      options.from = number(word);
    } else if (word === '--seed') {
      [options.from, options.seeds] = [number(word), 1];
    } else if (word === '--keep-going') {
      options.goesOn = true;
    } else if (word === '-v') {
      options.isVerbose = true;
    } else {
      throw new UsageError(word === '--help' ? usage : `there is no ${word}: ${usage}`);
    }
  }
  return options;
}

async function simulate({ from, seeds, isVerbose, goesOn }: Options): Promise<number> {
  const startedAtMs = performance.now();
  const struck = new Map<FaultName, number>(faultNames.map((name) => [name, 0]));
  let [runs, done, failed] = [0, 0, 0];
  const interrupt = new AbortController();
  process.once('SIGINT', () => {
    interrupt.abort();
  });
  for (let seed = from; seed < from + seeds && !interrupt.signal.aborted; seed++) {
    current = seed;
    const outcome = await runScenario(seed);
    done++;
    runs += outcome.runs;
    for (const fault of outcome.faults) struck.set(fault, (struck.get(fault) ?? 0) + 1);
    if (isVerbose || (outcome.problem !== undefined && !goesOn)) console.log(outcome.story.join('\n'));
    if (outcome.problem === undefined) continue;
    failed++;
    console.log(`seed ${seed}: ${outcome.problem}\n  again: npm run test:sim -- --seed ${seed} -v`);
    if (!goesOn) break;
  }
  const seconds = (performance.now() - startedAtMs) / 1000;
  for (const [name, count] of struck) console.log(`${String(count).padStart(7)}  ${name}`);
  console.log(`${done} seeds, ${runs} runs, ${failed} failed, ${(done / seconds).toFixed(0)} seeds a second`);
  return failed > 0 ? 1 : 0;
}

let current = 0;
process.on('uncaughtException', (error) => {
  console.log(`seed ${current}: ${error.stack ?? error.message}`);
  process.exit(1);
});
try {
  process.exitCode = await simulate(readWords(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
