import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chalk } from 'chalk';
import fc from 'fast-check';
import { readQuickly } from '../../src/inventory/read-inventory.js';
import { buildInventory, type Inventory } from '../../src/inventory/inventory.js';
import { planTransfer } from '../../src/plan/plan-transfer.js';
import { findSources } from '../../src/plan/sources.js';
import { namesToAskFor } from '../../src/probe/questions/names-to-ask.js';
import { findOpenQuestions } from '../../src/probe/questions/open-questions.js';
import { findDiffering } from '../../src/probe/questions/find-differing.js';
import { findProbes, nameReceiver } from '../../src/probe/questions/probes.js';
import { toPrintableJson } from '../../src/base/printable.js';
import { formatPlanAsCommands } from '../../src/report/plan/plan-commands.js';
import { formatPlanAsJson } from '../../src/report/plan/plan-json.js';
import { formatPlanAsText } from '../../src/report/plan/plan-text.js';
import { repeatable } from '../../src/base/repeatable.js';
import { toJsonPieces } from '../../src/report/json-pieces.js';
import { listStreamlines } from '../../src/tasks/list/version-listing.js';
import { formatVersionTable } from '../../src/report/versions/version-table.js';
import { findNextTag } from '../../src/streamline/lineage.js';
import { parseDatasets } from '../../src/zfs/list.js';
import { assertHarmless, runs } from './arbitraries.js';
import { readDetailedSnapshots } from '../zfs/detailed-snapshots.js';

/*
 * Lists whose every line is one that zfs could print, and that can't be true together: origins that go round in a circle or are not
 * there, GUIDs and names that come twice, snapshots of datasets that aren't listed, transaction groups that say nothing.
 */
const names = fc.constantFrom('tank', 'tank/a', 'tank/b', 'tank/b/c', 'pool/a', 'tank/a b', 'pool');
const snapshots = fc.constantFrom(
  'zfs-vm:web:1',
  'zfs-vm:web:2',
  'zfs-vm:db:1.0.0',
  'zfs-vm:oops',
  'daily',
  'zfs-vm:web:10',
);
const ids = fc.constantFrom('1', '2', '3', '4', '18446744073709551615', '0');

const datasetLine = fc
  .tuple(
    names,
    fc.constantFrom('filesystem', 'volume'),
    fc.oneof(
      fc.constant('-'),
      fc.tuple(names, snapshots).map(([dataset, name]) => `${dataset}@${name}`),
    ),
    fc.constantFrom('0', '0', '14336', '99999999999999999999'),
    fc.constantFrom('1795249568', '1795249568', '0', '8640000000000'),
    fc.constantFrom('off', 'off', 'aes-256-gcm'),
    fc.oneof(
      fc.constant('-'),
      fc.tuple(names, snapshots).map(([dataset, name]) => `${dataset}@${name}`),
    ),
    fc.constantFrom('-', '-', '-', '1-a', '1-b'),
  )
  .map((fields) => `${fields.join('\t')}\n`);

const snapshotLine = fc
  .tuple(
    names,
    fc.constantFrom('@', '@', '@', '#'),
    snapshots,
    ids,
    fc.constantFrom('1', '2', '3', '999999999999999', '0'),
  )
  .map(([dataset, separator, name, guid, txg]) => `${dataset}${separator}${name}\t${guid}\t${txg}\n`);

const tokens = new Map([
  ['1-a', { toName: 'tank/a@zfs-vm:web:2', toGuid: 2n, fromGuid: 1n, isRaw: false }],
  ['1-b', { toName: 'elsewhere@daily', toGuid: 3n, fromGuid: undefined, isRaw: true }],
]);

const lists = fc.tuple(fc.array(datasetLine, { maxLength: 7 }), fc.array(snapshotLine, { maxLength: 12 }));

function readLists([datasets, points]: readonly [readonly string[], readonly string[]]): Inventory {
  return readQuickly(parseDatasets(datasets.join('')), points.join(''), tokens);
}

const colors = new Chalk({ level: 0 });

test('whatever two hosts claim, there is a plan, and it can be told in every way', () => {
  const options = fc.record({
    latest: fc.boolean(),
    allSnapshots: fc.boolean(),
    rollback: fc.boolean(),
    replace: fc.boolean(),
    destination: fc.constantFrom(undefined, 'tank', 'tank/b', 'pool/new/place'),
  });
  fc.assert(
    fc.property(lists, lists, options, (ours, theirs, { latest, allSnapshots, ...rest }) => {
      const [sender, receiver] = [readLists(ours).datasets, readLists(theirs).datasets];
      const choice = allSnapshots ? { datasets: [], latest } : { patterns: [], latest };
      const plan = planTransfer({ sender, receiver, choice, ...rest });
      const [here, there] = [
        { host: { name: 'local' }, zfs: ['zfs'] },
        { host: { name: 'b' }, zfs: ['zfs'] },
      ];
      const estimated = { plan, sizes: new Map(), sender: here, receiver: there, compress: false };
      assertHarmless([...formatPlanAsText(estimated, colors)].join(''));
      assertHarmless([...formatPlanAsCommands(estimated)].join(''));
      JSON.parse([...formatPlanAsJson(estimated)].join(''));
      const prepared = plan.chains.filter(({ preparation }) => preparation !== undefined);
      assert.equal(new Set(prepared.map(({ destination }) => destination)).size, prepared.length);
      for (const { preparation } of prepared) {
        // Nothing is destroyed that wasn't asked for.
        if (preparation?.kind === 'rollback') assert.ok(rest.rollback);
        if (preparation?.kind === 'replace') assert.ok(rest.replace);
      }
    }),
    runs(1500),
  );
});

test('whatever two hosts claim, it is known what to ask the receiver for', () => {
  fc.assert(
    fc.property(lists, lists, (ours, theirs) => {
      const sources = findSources(readLists(ours).datasets, {
        datasets: [],
        latest: false,
      });
      const names = nameReceiver(readLists(theirs).datasets.values());
      const probes = findProbes(sources, names, 'tank/x') ?? [];
      const asked = namesToAskFor(probes);
      for (const name of asked) assert.match(name, /^[^@]+@[^@]+$/);
      const differing = findDiffering(probes, new Map(asked.map((name) => [name, 1n])));
      assert.ok(differing.length <= asked.length);
      const newest = new Map(differing.map((name) => [name, { guid: 2n, name: 'x' }]));
      const open = findOpenQuestions(probes, newest, new Set(asked));
      for (const name of open.names) assert.ok(newest.has(name.replace(/@.*/, '')) && !asked.includes(name));
      for (const name of open.datasets) assert.ok(newest.has(name));
    }),
    runs(500),
  );
});

const hostileNote = '\u001B[2J\r\u202E evil \u{1F469}\u200D\u{1F527}';

test('whatever a host claims, its versions can be listed, and a next one is found or not', () => {
  fc.assert(
    fc.property(lists, ([datasetLines, points]) => {
      const rows = parseDatasets(datasetLines.join(''));
      const detailed = points
        .filter((line) => line.includes('@'))
        .map((line) => line.replace('\n', `\t8640000000000\t1\t${hostileNote}\t${hostileNote}\n`));
      const { datasets } = buildInventory(
        rows,
        readDetailedSnapshots(detailed.join(''), { withNotes: true }),
        tokens,
      );
      const streamlines = listStreamlines(datasets);
      const document = { streamlines: repeatable(() => streamlines) };
      assertHarmless(toPrintableJson([...toJsonPieces(document)].join('')));
      assertHarmless([...formatVersionTable(streamlines, { colors, withGuids: true, width: 40 })].join(''));
      for (const dataset of datasets.values()) findNextTag(datasets, dataset, {});
    }),
    runs(500),
  );
});
