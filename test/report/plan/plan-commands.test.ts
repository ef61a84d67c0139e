import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planTransfer } from '../../../src/plan/plan-transfer.js';
import { formatPlanAsCommands } from '../../../src/report/plan/plan-commands.js';
import { quoteCommand } from '../../../src/base/shell.js';
import { keptOutProperties } from '../../../src/zfs/kept-out.js';
import { world } from '../../worlds.js';

const plan = planTransfer({
  ...{ sender: world('tank/vm: web:1 web:2'), receiver: world('tank/vm: web:1') },
  choice: { patterns: [], latest: false },
  ...{ destination: undefined, rollback: false, replace: false },
  properties: { set: [{ name: 'user:note', value: 'it is' }], exclude: ['quota'], carried: new Map() },
});
const here = { host: { name: 'local' }, zfs: ['zfs'] };
const there = { host: { name: 'fjoe@b' }, zfs: ['sudo', '-n', 'zfs'] };
const send = 'zfs send -L -e -c -i tank/vm@zfs-vm:web:1 tank/vm@zfs-vm:web:2';
const excluded = [...new Set([...keptOutProperties('filesystem'), 'quota'])]
  .map((name) => `-x ${name}`)
  .join(' ');
const receive = `zfs receive -v -s -u -o 'user:note=it is' ${excluded} tank/vm`;

test('a plan as commands has its streams with what they do to properties', () => {
  const [text] = formatPlanAsCommands({
    plan,
    sizes: new Map(),
    sender: here,
    receiver: here,
    compress: false,
  });
  assert.equal(text, `${send} | ${receive}\n`);
});

test('where a host sends to another one by itself, the line runs there', () => {
  const from = { host: { name: 'root@a' }, zfs: ['zfs'] };
  const to = { host: { name: 'root@b', via: from.host }, zfs: ['zfs'] };
  const sides = { sizes: new Map(), sender: from, receiver: to, compress: false };
  // The property's value has a space: three shells read it.
  assert.equal(
    [...formatPlanAsCommands({ plan, ...sides })].join(''),
    `${quoteCommand(['ssh', 'root@a', `${send} | ${quoteCommand(['ssh', 'root@b', receive])}`])}\n`,
  );
});

test('compressed streams are packed and unpacked on their hosts, without sudo', () => {
  const [pulled] = formatPlanAsCommands({
    plan,
    sizes: new Map(),
    sender: there,
    receiver: here,
    compress: true,
  });
  assert.equal(pulled, `ssh fjoe@b 'sudo -n ${send} | zstd -q -c' | zstd -d -q -c | ${receive}\n`);
});
