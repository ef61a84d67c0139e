import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findKeepingRules, hasRules, type DatedVersion, type Retention } from '../../src/plan/retention.js';
import { parseVersion } from '../../src/streamline/version.js';

const now = Date.UTC(2026, 0, 31, 12) / 1000;

/** Versions 1, 2, ... of web, made at these times, e.g. `2026-01-31 11:30`. */
function versions(...times: readonly string[]): DatedVersion[] {
  return times.map((time, index) => version(index + 1, Date.parse(`${time.replace(' ', 'T')}Z`) / 1000));
}

function version(number: number, createdAtSeconds: number): DatedVersion {
  const parsed = parseVersion(String(number));
  assert.ok(parsed);
  return { tag: { streamline: 'web', version: parsed }, createdAtSeconds };
}

/** What is kept, by number, with the rules that do it: `1 daily, 3 last daily`. */
function keep(dated: readonly DatedVersion[], retention: Retention): string {
  const rules = findKeepingRules(dated, retention, now);
  return dated
    .map(({ tag }, index) => [tag.version.text, ...(rules[index] ?? [])])
    .filter(({ length }) => length > 1)
    .map((words) => words.join(' '))
    .join(', ');
}

const days = versions(
  '2026-01-28 09:00',
  '2026-01-29 09:00',
  '2026-01-29 23:59',
  '2026-01-30 00:00',
  '2026-01-31 09:00',
  '2026-01-31 11:59',
);

for (const [what, retention, expected] of [
  ['the newest so many', { last: 2 }, '5 last, 6 last'],
  ['what is younger, and exactly as old', { withinSeconds: 3 * 3600 }, '5 within, 6 within'],
  ['the newest of each hour', { hourly: 2 }, '5 hourly, 6 hourly'],
  ['the newest of each day', { daily: 2 }, '4 daily, 6 daily'],
  ['the newest of each day, where there are fewer', { daily: 9 }, '1 daily, 3 daily, 4 daily, 6 daily'],
  ['versions by name', { versions: [version(2, 0).tag] }, '2 named'],
  ['what any rule keeps', { last: 1, daily: 2, hourly: 1 }, '4 daily, 6 last hourly daily'],
  ['nothing without a rule', {}, ''],
] as const satisfies readonly (readonly [string, Retention, string])[]) {
  test(`kept: ${what}`, () => {
    assert.equal(keep(days, retention), expected);
  });
}

test('weeks begin on Monday, in UTC', () => {
  // 2026-01-25 was a Sunday.
  const dated = versions('2026-01-18 12:00', '2026-01-25 23:59', '2026-01-26 00:00', '2026-01-31 00:00');
  assert.equal(keep(dated, { weekly: 2 }), '2 weekly, 4 weekly');
  assert.equal(keep(dated, { weekly: 3 }), '1 weekly, 2 weekly, 4 weekly');
});

test('months and years are those of the calendar', () => {
  const dated = versions(
    '2024-12-31 23:59',
    '2025-01-01 00:00',
    '2025-11-30 00:00',
    '2025-12-31 23:59',
    '2026-01-01 00:00',
  );
  assert.equal(keep(dated, { monthly: 2 }), '4 monthly, 5 monthly');
  assert.equal(keep(dated, { yearly: 3 }), '1 yearly, 4 yearly, 5 yearly');
});

test('a span of the calendar without a version does not count', () => {
  const dated = versions('2025-03-01 00:00', '2025-08-01 00:00', '2026-01-30 00:00');
  assert.equal(keep(dated, { daily: 3 }), '1 daily, 2 daily, 3 daily');
});

test('the newest are those with the highest versions, and of a day those that were made last', () => {
  const dated = [version(9, now - 7200), version(10, now - 10_800)];
  assert.equal(keep(dated, { last: 1 }), '10 last');
  assert.equal(keep(dated, { daily: 1 }), '9 daily');
});

test('a version of another streamline is not named by the same number', () => {
  const { tag } = version(1, 0);
  assert.equal(keep(days, { versions: [{ ...tag, streamline: 'db' }] }), '');
});

const count = fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined });

const anyRetention: fc.Arbitrary<Retention> = fc
  .record({
    ...{ last: count, hourly: count, daily: count, weekly: count, monthly: count, yearly: count },
    withinSeconds: fc.option(fc.integer({ min: 0, max: 90 * 86_400 }), { nil: undefined }),
    versions: fc.option(
      fc.array(
        fc.integer({ min: 1, max: 30 }).map((number) => version(number, 0).tag),
        { minLength: 1, maxLength: 3 },
      ),
      { nil: undefined },
    ),
  })
  .map((record) => Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)));

const anyVersions = fc
  .array(fc.integer({ min: 0, max: 800 * 86_400 }), { minLength: 1, maxLength: 30 })
  .map((ages) => ages.map((age, index) => version(index + 1, now - age)));

function findKept(dated: readonly DatedVersion[], retention: Retention): DatedVersion[] {
  const rules = findKeepingRules(dated, retention, now);
  return dated.filter((_, index) => (rules[index] ?? []).length > 0);
}

test('pruning twice keeps what pruning once does', () => {
  fc.assert(
    fc.property(anyVersions, anyRetention, (dated, retention) => {
      const once = findKept(dated, retention);
      assert.deepEqual(findKept(once, retention), once);
    }),
    { numRuns: 1000 },
  );
});

test('another rule never loses what the others keep, and without rules there is none that keeps', () => {
  fc.assert(
    fc.property(anyVersions, anyRetention, anyRetention, (dated, some, more) => {
      const kept = findKept(dated, some);
      const keptByBoth = findKept(dated, { ...more, ...some });
      assert.ok(kept.every((each) => keptByBoth.includes(each)));
      if (!hasRules(some)) assert.deepEqual(kept, []);
    }),
    { numRuns: 1000 },
  );
});

test('a rule of the calendar keeps as many as there are spans with a version, and the very newest is one of them', () => {
  const periods = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;
  fc.assert(
    fc.property(
      anyVersions,
      fc.constantFrom(...periods),
      fc.integer({ min: 1, max: 50 }),
      (dated, period, most) => {
        const kept = findKept(dated, { [period]: most });
        const all = findKept(dated, { [period]: 1000 });
        assert.equal(kept.length, Math.min(most, all.length));
        const newest = Math.max(...dated.map(({ createdAtSeconds }) => createdAtSeconds));
        assert.ok(kept.some(({ createdAtSeconds }) => createdAtSeconds === newest));
      },
    ),
    { numRuns: 1000 },
  );
});
