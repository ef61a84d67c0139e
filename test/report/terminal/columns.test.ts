import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alignColumns, countColumns, cutText, type Column } from '../../../src/report/terminal/columns.js';

interface Row {
  readonly name: string;
  readonly place: string;
  readonly note: string;
}

const columns: readonly Column<Row>[] = [
  { title: 'NAME', cell: ({ name }) => name },
  { title: 'PLACE', cut: { least: 8, keeps: 'end' }, cell: ({ place }) => place },
  {
    title: 'NOTE',
    isOptional: true,
    mayStandBelow: true,
    cut: { least: 10, keeps: 'begin' },
    cell: ({ note }) => note,
  },
];

test('columns are as wide as their cells, and an empty one is left out', () => {
  assert.deepEqual(alignColumns(columns, [{ name: 'a', place: 'tank/vm', note: '' }]), [
    'NAME  PLACE',
    'a     tank/vm',
  ]);
});

test('the widest cells are cut first: of names the end stays, of notes the beginning', () => {
  const row = { name: 'a', place: 'tank/images/1007', note: 'what is in this version' };
  assert.deepEqual(alignColumns(columns, [row], 40), [
    'NAME  PLACE             NOTE',
    'a     tank/images/1007  what is in this…',
  ]);
  assert.deepEqual(alignColumns(columns, [row], 30), [
    'NAME  PLACE        NOTE',
    'a     …mages/1007  what is in…',
  ]);
});

test('what can not be cut to fit stands below its row', () => {
  const rows = [
    { name: 'a', place: 'tank/images/1007', note: 'what is in this' },
    { name: 'b', place: 'tank', note: '' },
  ];
  assert.deepEqual(alignColumns(columns, rows, 24), [
    'NAME  PLACE',
    'a     tank/images/1007',
    '      note what is in t…',
    'b     tank',
  ]);
});

test('characters that take two columns are counted as two', () => {
  assert.equal(countColumns('日本a'), 5);
  assert.equal(cutText('日本語', 4), '日…');
  assert.equal(cutText('日本語', 5, 'end'), '…本語');
});
