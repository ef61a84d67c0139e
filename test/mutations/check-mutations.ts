import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mutations, type Mutation } from './mutations.js';
import { endAllIn, runTestFile } from './run-test-file.js';
import { mutate, StaleMutation, Workshop } from './workshop.js';

/*
 * Breaks lines of the program on purpose, one at a time, and tells which test notices: `npm run test:mutations`, or with the names
 * of some mutations for those alone. Ends with 1 when none notices, with 2 when that can't be found out.
 */

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** What has noticed a mutation. */
interface Catch {
  readonly test: string;
  readonly file: string;
}

/** That nothing can be said of mutations. */
class Obstacle extends Error {}

function chooseMutations(names: readonly string[]): readonly Mutation[] {
  const unknown = names.find((name) => !mutations.some((mutation) => mutation.name === name));
  if (unknown !== undefined) {
    const known = mutations.map(({ name }) => name).join(', ');
    throw new Obstacle(`there is no mutation "${unknown}"; there are: ${known}`);
  }
  return names.length === 0 ? mutations : mutations.filter(({ name }) => names.includes(name));
}

/** All test files that don't need the lab, the simulation last: it takes the longest. */
function listTestFiles(): string[] {
  const isLate = (file: string): number => (file.endsWith('/simulation.test.ts') ? 1 : 0);
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && !file.startsWith('lab/'))
    .map((file) => `test/${file}`)
    .sort((a, b) => isLate(a) - isLate(b) || (a < b ? -1 : 1));
}

/** How much longer than usual a test file may take. */
const patience = 3;

/** The same for those that take no time at all, on a machine that is busy. */
const shortestLimitMs = 60_000;

/** How long a test file may take while nothing is broken. */
const longestUnbrokenMs = 20 * 60_000;

/** Runs the tests for some mutations, one after another in the same workshop. */
class Check {
  readonly #workshop: Workshop;
  /** How long test files take while nothing is broken. */
  readonly #usualMs = new Map<string, number>();

  constructor(workshop: Workshop) {
    this.#workshop = workshop;
  }

  /** The first test that notices a mutation: those that should are asked first, then all others. */
  async findCatch(mutation: Mutation): Promise<Catch | undefined> {
    const { folder } = this.#workshop;
    const others = listTestFiles().filter((file) => !mutation.tests.includes(file));
    for (const file of [...mutation.tests, ...others]) {
      const longestMs = Math.max(shortestLimitMs, patience * (await this.#measure(file)));
      const test = await this.#workshop.whileBroken(mutation, () => runTestFile(folder, file, longestMs));
      if (test !== undefined) return { test, file };
    }
    return undefined;
  }

  /** How long a test file takes while nothing is broken: one that fails anyway notices nothing. */
  async #measure(file: string): Promise<number> {
    const known = this.#usualMs.get(file);
    if (known !== undefined) return known;
    const startedAtMs = performance.now();
    const failed = await runTestFile(this.#workshop.folder, file, longestUnbrokenMs);
    if (failed !== undefined) throw new Obstacle(`${file} fails while nothing is broken: ${failed}`);
    const usualMs = performance.now() - startedAtMs;
    this.#usualMs.set(file, usualMs);
    return usualMs;
  }
}

/** A row of the table. */
function describeCatch({ name, file, tests }: Mutation, caught: Catch | undefined): string {
  if (caught === undefined) return `| ${name} | ${file} | nothing: IT SURVIVES |`;
  const where = tests.includes(caught.file) ? caught.file : `${caught.file}, where it wasn't expected`;
  return `| ${name} | ${file} | ${caught.test} (${where}) |`;
}

/** @returns the exit status */
async function checkMutations(names: readonly string[]): Promise<number> {
  // All of them, as an old table is no table.
  for (const mutation of mutations) mutate(readFileSync(join(root, mutation.file), 'utf8'), mutation);
  const chosen = chooseMutations(names);
  const workshop = new Workshop(root);
  const remove = (): void => {
    endAllIn(workshop.folder);
    workshop.remove();
  };
  process.once('exit', remove);
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  const check = new Check(workshop);
  let survivors = 0;
  console.log('| mutation | file | caught by |\n|---|---|---|');
  for (const mutation of chosen) {
    const caught = await check.findCatch(mutation);
    if (caught === undefined) survivors++;
    console.log(describeCatch(mutation, caught));
  }
  console.log(`${chosen.length - survivors} of ${chosen.length} are caught`);
  return survivors === 0 ? 0 : 1;
}

try {
  process.exitCode = await checkMutations(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Obstacle || error instanceof StaleMutation)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
