import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findSources } from '../../src/plan/sources.js';
import { findDiffering } from '../../src/probe/questions/find-differing.js';
import { findProbes, nameReceiver } from '../../src/probe/questions/probes.js';
import { endOfDatasets, findOutOfStep, outOfStepProgram } from '../../src/requests/out-of-step.js';
import { renderBody } from '../../src/requests/render.js';
import { awks, runAwk, whyNoAwk } from '../awks.js';
import { world } from '../worlds.js';

/** What a receiver has, and what tells whether that is in step. */
interface Situation {
  readonly found: Readonly<Record<string, bigint>>;
  readonly newest: Readonly<Record<string, bigint>>;
  readonly following?: readonly string[];
  readonly earlier?: readonly string[];
}

/** Which datasets differ, and what else is to be asked, each in the order of their names. */
interface Finding {
  readonly differing: readonly string[];
  readonly earlier: readonly string[];
}

/** The rule as it is applied here. */
function findHere({ found, newest, following = [], earlier = [] }: Situation): Finding {
  const inStep = { newest: Object.entries(newest), following, earlier };
  const out = findOutOfStep(inStep, new Map(Object.entries(found)));
  return { differing: [...out.differing].sort(), earlier: [...out.earlier].sort() };
}

/** The rule as it is applied on a receiver that has this awk. */
function findThere(
  awk: readonly string[],
  { found, newest, following = [], earlier = [] }: Situation,
): Finding {
  const listed = Object.entries(found).map(([name, guid]) => `${name}\t${guid}\t7\n`);
  // The shell has an empty line where nothing was found.
  const lines = listed.length === 0 ? ['\n'] : listed;
  const records = [
    ...Object.entries(newest).map(([name, guid]) => ({ as: 'newest' as const, name, guid })),
    ...following.map((name) => ({ as: 'following' as const, name, guid: undefined })),
    ...earlier.map((name) => ({ as: 'earlier' as const, name, guid: undefined })),
  ];
  // The first line has what is expected, and is read by the shell.
  const [, ...asked] = [...(renderBody('how-far', records) as Iterable<string>)].join('').split('\n');
  const input = lines.join('') + asked.join('\n');
  const { output, status } = runAwk(awk, outOfStepProgram.join('\n'), input);
  assert.equal(status, 0);
  const printed = output.trimEnd().split('\n');
  const end = printed.indexOf(endOfDatasets);
  assert.ok(end >= 0, output);
  return {
    differing: printed.slice(0, end).map(unquote).sort(),
    earlier: printed
      .slice(end + 1)
      .map(unquote)
      .sort(),
  };
}

function unquote(line: string): string {
  assert.match(line, /^"[^"]+"$/);
  return line.slice(1, -1);
}

const cases: readonly (readonly [title: string, Situation, Partial<Finding>])[] = [
  [
    'a copy that has the newest and nothing that follows is in step',
    {
      ...{ found: { 'tank/a@zfs-vm:web:2': 2n }, newest: { 'tank/a@zfs-vm:web:2': 2n } },
      ...{ following: ['tank/a@zfs-vm:web:3'], earlier: ['tank/a@zfs-vm:web:1'] },
    },
    {},
  ],
  [
    'a copy that lacks the newest lags, and its earlier ones are asked for',
    {
      ...{ found: { 'tank/a@1': 1n, 'tank/b@2': 4n }, newest: { 'tank/a@2': 2n, 'tank/b@2': 4n } },
      earlier: ['tank/a@1', 'tank/b@1'],
    },
    { differing: ['tank/a'], earlier: ['tank/a@1'] },
  ],
  [
    'where nothing was found, all lag',
    { found: {}, newest: { 'tank/a@2': 2n, 'tank/b@2': 4n } },
    { differing: ['tank/a', 'tank/b'] },
  ],
  [
    'a copy that is ahead differs and does not lag',
    {
      ...{ found: { 'tank/a@2': 2n, 'tank/a@3': 3n }, newest: { 'tank/a@2': 2n } },
      ...{ following: ['tank/a@3'], earlier: ['tank/a@1'] },
    },
    { differing: ['tank/a'] },
  ],
  [
    'a copy with one newest of two lags',
    {
      ...{ found: { 'tank/a@web:2': 2n }, newest: { 'tank/a@web:2': 2n, 'tank/a@db:9': 9n } },
      earlier: ['tank/a@web:1'],
    },
    { differing: ['tank/a'], earlier: ['tank/a@web:1'] },
  ],
  [
    'another snapshot under the name of the newest is not the newest',
    { found: { 'tank/a@2': 3n }, newest: { 'tank/a@2': 2n }, earlier: ['tank/a@1'] },
    { differing: ['tank/a'], earlier: ['tank/a@1'] },
  ],
  ...[
    [18446744073709551614n, 18446744073709551615n],
    [9007199254740992n, 9007199254740993n],
    [10000000000000000000n, 1000000000000000000n],
  ].map(
    ([wanted = 0n, there = 0n]) =>
      [
        `${wanted} and ${there} are different GUIDs`,
        {
          found: { 'tank/a@2': there, 'tank/b@2': wanted },
          newest: { 'tank/a@2': wanted, 'tank/b@2': wanted },
        },
        { differing: ['tank/a'] },
      ] as const,
  ),
  [
    'names have spaces in them, or look like words of the question',
    {
      found: { 'tank/my vm@zfs-vm:my web:1': 1n, 'newest/late vm@1': 3n, 'tank/newest x@2': 5n },
      newest: { 'tank/my vm@zfs-vm:my web:2': 2n, 'newest/late vm@1': 3n, 'tank/newest x@2': 6n },
      following: ['newest/late vm@2', 'tank/my vm@zfs-vm:my web:3'],
      earlier: ['tank/my vm@zfs-vm:my web:1', 'newest/late vm@0', 'tank/newest x@1'],
    },
    {
      differing: ['tank/my vm', 'tank/newest x'],
      earlier: ['tank/my vm@zfs-vm:my web:1', 'tank/newest x@1'],
    },
  ],
  [
    'of names that begin alike, each is judged for itself',
    {
      found: { 'tank/a@2': 2n, 'tank/a/b@2': 4n, 'tank/a@22': 7n },
      newest: { 'tank/a@2': 2n, 'tank/a/b@2': 3n, 'tank/ab@2': 5n },
      following: ['tank/a@222', 'tank/ab@22'],
      earlier: ['tank/a@1', 'tank/a/b@1', 'tank/ab@1'],
    },
    { differing: ['tank/a/b', 'tank/ab'], earlier: ['tank/a/b@1', 'tank/ab@1'] },
  ],
  ['nothing is asked, nothing differs', { found: { 'tank/a@1': 1n }, newest: {} }, {}],
];

/** Names that are made of few parts, so that they are often alike, and GUIDs that are nearly alike. */
const names = fc
  .tuple(
    fc.constantFrom('tank/a', 'tank/a b', 'tank/late x', 'newest/x', 'a.b-c_d:e/f'),
    fc.oneof(fc.constant(''), fc.nat(40)),
    fc.constantFrom('zfs-vm:web:1', 'zfs-vm:web:10', 'zfs-vm:my web:1', '1', '10', 'newest 1'),
  )
  .map(([dataset, number, name]) => `${dataset}${number}@${name}`);
const guids = fc.oneof(
  fc.constantFrom(1n, 10n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 64n - 2n, 2n ** 64n - 1n),
  fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }),
);
const many = { minLength: 0, maxLength: 200, size: 'max' } as const;
const entries = fc.array(fc.tuple(names, guids), many);
const situations = fc
  .record({
    ...{ newest: entries, others: entries, isThere: fc.func(fc.boolean()) },
    ...{ following: fc.uniqueArray(names, many), earlier: fc.uniqueArray(names, many) },
  })
  .map(({ newest, others, isThere, following, earlier }): Situation => {
    const there = newest.filter(([name]) => isThere(name));
    return {
      found: Object.fromEntries([...others, ...there]),
      newest: Object.fromEntries(newest),
      ...{ following, earlier },
    };
  });

for (const [title, situation, { differing = [], earlier = [] }] of cases) {
  test(title, () => {
    assert.deepEqual(findHere(situation), { differing, earlier });
  });
}

for (const awk of awks) {
  const skip = whyNoAwk(awk);
  const name = awk.join(' ');

  test(`${name} finds the same in each of these cases`, { skip }, () => {
    for (const [title, situation, { differing = [], earlier = [] }] of cases) {
      assert.deepEqual(findThere(awk, situation), { differing, earlier }, title);
    }
  });

  test(`${name} finds what is found here, whatever there is and is asked for`, { skip }, () => {
    let [differing, open, asked] = [0, 0, 0];
    fc.assert(
      fc.property(situations, (situation) => {
        const here = findHere(situation);
        assert.deepEqual(findThere(awk, situation), here);
        differing += here.differing.length;
        open += here.earlier.length;
        asked += situation.earlier?.length ?? 0;
      }),
      { numRuns: 15 },
    );
    assert.ok(
      differing > 50 && open > 50 && open < asked,
      `${differing} differ, ${open} of ${asked} are open`,
    );
  });
}

const everything = { patterns: [], latest: false };

test('a place that has the newest version by its name only has to be looked at', () => {
  const sources = findSources(world('tank/vm: web:1 web:2'), everything);
  const probes = findProbes(sources, nameReceiver(world('tank/vm:').values()), undefined) ?? [];
  const newest = sources[0]?.versions.at(-1)?.guid ?? 0n;
  assert.deepEqual(findDiffering(probes, new Map([['tank/vm@zfs-vm:web:2', newest]])), []);
  assert.deepEqual(findDiffering(probes, new Map([['tank/vm@zfs-vm:web:2', newest + 1n]])), ['tank/vm']);
});
