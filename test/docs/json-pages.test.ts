import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimWorld } from '../sim/sim-world.js';
import { addVersion } from '../sim/steps.js';
import { listConflicts } from './catalogue.js';
import { readPage } from './pages.js';

/** Two hosts: one has versions, a clone and a tree, the other an older state with changes of its own. */
async function makeWorld(): Promise<SimWorld> {
  const world = new SimWorld();
  const [a, b] = [world.addMachine('a'), world.addMachine('b')];
  for (const name of ['tank/vm', 'tank/vm/web', 'tank/vm/db', 'tank/vm/db/wal']) a.pools.create(name);
  addVersion(a, 'tank/vm/web', 'web:1');
  await world.run('a', 'tag -r -n db:1 -m note tank/vm/db');
  await world.run('a', 'push b');
  a.pools.open('tank/vm/web').isMounted = true;
  for (const version of [2, 3]) addVersion(a, 'tank/vm/web', `web:${version}`);
  await world.run('a', 'tag tank/vm/db');
  await world.run('a', 'clone web tank/vm/shop');
  await world.run('a', 'tag -n shop:1 tank/vm/shop');
  b.pools.snapshot(['tank/vm/web@before-test']);
  return world;
}

/** The names of all members of a value. */
function listKeys(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(listKeys);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => [key, ...listKeys(each)]);
}

const outputs: readonly (readonly [page: string, words: string])[] = [
  ['json', 'list --json'],
  ['json', 'show --json web:1 b'],
  ['json', 'status --json b'],
  ['json', 'log --json'],
  ['json', 'doctor --json b'],
  ['json-plans', 'plan push --json b'],
  ['json-plans', 'plan push --json --rollback b'],
  ['json-plans', 'plan push --json --set-aside b'],
  ['json-plans', 'prune --json --keep-last 1'],
  ['json-plans', 'diff --json web:1 web:3'],
  ['json-plans', 'diff --json --list web:1 web:3'],
  ['json-runs', 'push --json --set-aside b'],
];

for (const [page, words] of outputs) {
  test(`docs/reference/${page}.md has every member that ${words} prints`, async () => {
    const world = await makeWorld();
    const { stdout } = await world.run('a', words);
    assert.notEqual(stdout, '');
    const isLines = words.startsWith('push') || words.includes('--list');
    const values = (isLines ? stdout.trim().split('\n') : [stdout]).map(
      (text) => JSON.parse(text) as unknown,
    );
    // Plans are in events, too.
    const text = [page, ...(page === 'json-plans' ? [] : ['json-plans'])]
      .map((name) => readPage(`docs/reference/${name}.md`))
      .join('');
    const missing = new Set(listKeys(values).filter((key) => !new RegExp(`["\`]${key}["\`]`).test(text)));
    assert.deepEqual([...missing], []);
  });
}

test('docs/reference/json-runs.md has every event that is printed', () => {
  const page = readPage('docs/reference/json-runs.md');
  const events = Array.from(
    readPage('src/report/run/json-report.ts').matchAll(/^ +case '([a-z-]+)':/gm),
    ([, kind = '']) => kind,
  );
  assert.ok(events.length > 25);
  assert.deepEqual(
    events.filter((kind) => !page.includes(`\`${kind}\``)),
    [],
  );
});

test('docs/reference/json-plans.md has every kind of conflict', () => {
  const page = readPage('docs/reference/json-plans.md');
  const missing = listConflicts().filter(
    ({ kind }) => !page.includes(`| \`${kind}\``) && !page.includes(`, \`${kind}\``),
  );
  assert.deepEqual(
    missing.map(({ kind }) => kind),
    [],
  );
});
