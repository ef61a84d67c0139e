import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planTransfer } from '../../src/plan/plan-transfer.js';
import { world } from '../worlds.js';

/** What a test asks for: `set` and `exclude` are `-o` and `-x`. */
interface Case {
  readonly sender: readonly string[];
  readonly receiver: readonly string[];
  readonly to?: string;
  readonly set?: string;
  readonly exclude?: string;
}

/** A line a chain: where it goes, which options are left out, what is said of encryption, and which parents are made how. */
function show({ sender, receiver, to, set, exclude }: Case): string[] {
  const { chains, conflicts } = planTransfer({
    ...{ sender: world(...sender), receiver: world(...receiver) },
    choice: { patterns: [], latest: false },
    ...{ destination: to, rollback: false, replace: false },
    properties: {
      set: set === undefined ? [] : [{ name: 'encryption', value: set }],
      exclude: exclude === undefined ? [] : [exclude],
      carried: new Map(),
    },
  });
  return [
    ...chains.map(({ destination, raw, omitted, properties, parents, parentsInClear }) =>
      [
        `${destination}${raw ? ' raw' : ''}`,
        ...omitted.map((option) => ` without ${option}`),
        ...properties.set.map(({ name, value }) => ` ${name}=${value}`),
        ...(parents.length === 0 ? [] : [`; makes ${parents.join(' ')}${parentsInClear ? ' in clear' : ''}`]),
      ].join(''),
    ),
    ...conflicts.map(({ source, reason }) => `${source}: ${reason.kind}`),
  ];
}

function arrives(title: string, request: Case, expected: readonly string[]): void {
  test(title, () => {
    assert.deepEqual(show(request), expected);
  });
}

const plain = ['tank/vm: web:1'];
const secretTree = ['tank/sec (encrypted): sec:1', 'tank/sec/two (encrypted) (root tank/sec): sec:1~two'];
const mixedTree = ['tank/sec (encrypted): sec:1', 'tank/sec/plain: sec:1~plain'];
const open = ['tank/enc (encrypted):'];
const locked = ['tank/enc (encrypted) (locked):'];

arrives('below nothing encrypted, all usual options are said', { sender: plain, receiver: ['tank:'] }, [
  'tank/vm',
]);
arrives(
  'what becomes encrypted by its place goes without embedded blocks',
  { sender: plain, receiver: open, to: 'tank/enc' },
  ['tank/enc/vm without -e'],
);
arrives(
  'what becomes encrypted as asked for goes without embedded blocks',
  { sender: plain, receiver: ['tank:'], set: 'aes-256-gcm' },
  ['tank/vm without -e encryption=aes-256-gcm'],
);
arrives(
  'increments to an encrypted copy of what is not encrypted go without embedded blocks',
  { sender: ['tank/vm: web:1 web:2'], receiver: ['tank/vm (encrypted): web:1'] },
  ['tank/vm without -e'],
);
arrives(
  'a clone of what was encrypted by the receiver goes without embedded blocks',
  {
    sender: ['tank/vm: web:1', 'tank/new < tank/vm@web:1: new:1'],
    receiver: ['tank/vm (encrypted): web:1'],
  },
  ['tank/new without -e'],
);
arrives(
  'a clone of what an earlier chain brings to an encrypted place goes without embedded blocks',
  { sender: ['tank/vm: web:1', 'tank/new < tank/vm@web:1: new:1'], receiver: open, to: 'tank/enc' },
  ['tank/enc/vm without -e', 'tank/enc/new without -e'],
);
arrives(
  'encrypted blocks travel with all usual options, wherever they go',
  { sender: secretTree, receiver: open, to: 'tank/enc' },
  ['tank/enc/sec raw', 'tank/enc/sec/two raw'],
);
arrives(
  'parents below an open encrypted dataset are encrypted as that is',
  { sender: plain, receiver: open, to: 'tank/enc/a' },
  ['tank/enc/a/vm without -e; makes tank/enc/a'],
);
arrives(
  'parents of raw copies below a locked dataset are made without encryption',
  { sender: secretTree, receiver: locked, to: 'tank/enc/a/b' },
  ['tank/enc/a/b/sec raw; makes tank/enc/a tank/enc/a/b in clear', 'tank/enc/a/b/sec/two raw'],
);
arrives(
  'what is not encrypted does not go below a locked dataset',
  { sender: plain, receiver: locked, to: 'tank/enc' },
  ['tank/vm: key-not-loaded'],
);
arrives(
  'what is not encrypted goes below a locked dataset without encryption where that is asked for',
  { sender: plain, receiver: locked, to: 'tank/enc', set: 'off' },
  ['tank/enc/vm encryption=off'],
);
arrives(
  'increments to a locked copy of what is not encrypted are a conflict',
  { sender: ['tank/vm: web:1 web:2'], receiver: ['tank/vm (encrypted) (locked): web:1'] },
  ['tank/vm: key-not-loaded'],
);
arrives(
  'an unencrypted member of an encrypted tree arrives so below its locked parent',
  { sender: mixedTree, receiver: ['tank:'] },
  ['tank/sec raw', 'tank/sec/plain encryption=off'],
);
arrives(
  'it arrives so below a parent that is there already, with the key loaded',
  { sender: mixedTree, receiver: ['tank/sec (encrypted): sec:1'] },
  ['tank/sec/plain encryption=off'],
);
arrives(
  'so does one with versions of its own, below the copy of what it lies below',
  {
    sender: ['tank/sec (encrypted): sec:1', 'tank/sec/plain: plain:1'],
    receiver: ['tank/sec (encrypted) (locked): sec:1'],
  },
  ['tank/sec/plain encryption=off'],
);
arrives(
  'but not below something else of that name',
  {
    sender: ['tank/sec (encrypted): sec:1', 'tank/sec/plain: plain:1'],
    receiver: ['tank/sec (encrypted) (locked): mine:1'],
  },
  ['tank/sec: destination-exists', 'tank/sec/plain: key-not-loaded'],
);
arrives(
  'what the person says of encryption comes first for such a member',
  { sender: mixedTree, receiver: ['tank/sec (encrypted): sec:1'], exclude: 'encryption' },
  ['tank/sec/plain without -e'],
);
arrives(
  'a parent that was made without the key is no place for what is not encrypted',
  { sender: plain, receiver: [...locked, 'tank/enc/a (ground):'], to: 'tank/enc/a' },
  ['tank/vm: place-in-clear'],
);
arrives(
  'an unencrypted dataset that somebody made below an encrypted one is a place like any other',
  { sender: plain, receiver: [...locked, 'tank/enc/a:'], to: 'tank/enc/a' },
  ['tank/enc/a/vm'],
);
