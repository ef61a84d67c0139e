import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  listContainers,
  listHosts,
  listProperties,
  listPropertyLists,
  listVersions,
  type Candidate,
} from '../../src/completion/list-values.js';

const valuesOf = (candidates: readonly Candidate[]): string[] => candidates.map(({ value }) => value);

const snapshots = [
  ...['tank/ct@zfs-vm:debian-7:1', 'tank/ct@zfs-vm:debian-7:2', 'tank/copy@zfs-vm:debian-7:2'],
  ...['tank/ct@zfs-vm:debian-7:10', 'tank/web@zfs-vm:web:1.0.0', 'tank/web@daily', 'tank/web@zfs-vm:oops'],
];

test('streamlines are offered first, and versions where the word can be one streamline only', () => {
  assert.deepEqual(valuesOf(listVersions(snapshots, '')), ['debian-7', 'web']);
  assert.deepEqual(listVersions(snapshots, 'd'), [
    { value: 'debian-7', description: '3 versions' },
    { value: 'debian-7:10', description: 'tank/ct' },
    { value: 'debian-7:2', description: 'tank/ct' },
    { value: 'debian-7:1', description: 'tank/ct' },
  ]);
  assert.deepEqual(valuesOf(listVersions(snapshots, 'debian-7:1')), ['debian-7:10', 'debian-7:1']);
  assert.deepEqual(listVersions(snapshots, 'nope:'), []);
});

test('of thousands of versions, the newest 200 are offered', () => {
  const many = Array.from({ length: 5000 }, (_, index) => `tank/ct@zfs-vm:web:${index + 1}`);
  const values = valuesOf(listVersions(many, 'web:'));
  assert.equal(values.length, 200);
  assert.equal(values[0], 'web:5000');
});

test('a container is offered by the last part of its dataset, as "tag" takes it', () => {
  const datasets = ['tank', 'tank/ct', 'tank/ct/1007', 'tank/vm'];
  assert.deepEqual(valuesOf(listContainers(datasets, '10')), ['1007']);
  assert.deepEqual(valuesOf(listContainers(datasets, 'tank/ct')), ['tank/ct', 'tank/ct/1007']);
  assert.deepEqual(valuesOf(listContainers(datasets, '')), datasets);
});

test('a host keeps the account that was typed before it, and the first of two of one name counts', () => {
  const hosts = [
    { name: 'backup', description: 'a remote' },
    { name: 'offsite', description: 'a remote' },
    { name: 'backup', description: 'an alias' },
  ];
  assert.deepEqual(valuesOf(listHosts(hosts, '')), ['backup', 'offsite']);
  assert.deepEqual(valuesOf(listHosts(hosts, 'fjoe@b')), ['fjoe@backup']);
});

test('properties are offered with what comes after them', () => {
  assert.deepEqual(valuesOf(listProperties('compr', '=')), ['compression=']);
  assert.deepEqual(valuesOf(listPropertyLists('compression,rec')), ['compression,recordsize']);
  assert.deepEqual(valuesOf(listPropertyLists('st')), ['storage']);
});
