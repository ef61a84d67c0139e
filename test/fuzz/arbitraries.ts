import assert from 'node:assert/strict';
import fc from 'fast-check';

/*
 * What the fuzzing tests are made of: names as ZFS takes them, text that wants to do harm, and valid text that was damaged on its
 * way. `ZFS_VM_FUZZ=100 scripts/run-tests unit` makes a hundred times as many runs as usual.
 */

const factor = Number(process.env['ZFS_VM_FUZZ'] ?? '1');

/** How many runs a property gets. */
export function runs(usual: number): { readonly numRuns: number } {
  return { numRuns: Math.ceil(usual * factor) };
}

const letters = Array.from('ABCXYZabcxyz');
const nameUnits = Array.from('ABCXYZabcxyz0189-_.: ');

/** A part of a dataset's name, or what stands after the @ of a snapshot's: every character that ZFS takes. */
export const namePart = fc
  .string({ unit: fc.constantFrom(...nameUnits), minLength: 1, maxLength: 6 })
  .filter((part) => part !== '.' && part !== '..');

const poolName = fc
  .tuple(fc.constantFrom(...letters), fc.string({ unit: fc.constantFrom(...nameUnits), maxLength: 4 }))
  .map(([first, rest]) => `${first}${rest}`);

/** The name of a dataset. */
export const datasetName = fc
  .tuple(poolName, fc.array(namePart, { maxLength: 3 }))
  .map(([pool, parts]) => [pool, ...parts].join('/'));

/** The full name of a snapshot. */
export const snapshotFullName = fc
  .tuple(datasetName, namePart)
  .map(([dataset, name]) => `${dataset}@${name}`);

/** A GUID, the largest ones too. */
export const guid = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(0n, 1n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n),
);

/** Pieces that do harm somewhere: to terminals, shells, parsers, prototypes, numbers. */
const hostilePieces = [
  ...[
    '\u001B]0;owned\u0007',
    '\u001B[2J',
    '\r',
    '\u0007',
    '\u0000',
    '\u009B31m',
    '\u202E',
    '\u2066',
    '\u200B',
    '\uFEFF',
  ],
  ...[
    '\u2028',
    '\uFFFD',
    '\uD800',
    '\u00E9',
    '\u{1F600}',
    '\n',
    '\n\n',
    '\t',
    '\t\t',
    ' ',
    '-',
    '--',
    '@',
    '#',
    ':',
    '/',
    '//',
  ],
  ...["'", '"', '`', '$(id)', '; id', '\\', '%s', '*', '?', '!', '|', '=', ',', '{', '[', '('],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'undefined', 'null', 'NaN', 'Infinity'],
  ...[
    '0',
    '1',
    '-1',
    '007',
    '1e9',
    '0x1',
    '1.5',
    '18446744073709551616',
    '9007199254740993',
    '9'.repeat(400),
  ],
  ...[
    'tank',
    'tank/vm',
    'zfs-vm:',
    'zfs-vm:web:1',
    'tank/vm@zfs-vm:web:1',
    '..',
    '.',
    'filesystem',
    'volume',
    'off',
  ],
];

/** Text that nobody would call output of zfs or ssh. */
export const hostileText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.array(fc.constantFrom(...hostilePieces), { maxLength: 20 }).map((pieces) => pieces.join('')),
  fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString('utf8')),
  fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
);

/** Valid text after an accident or two: cut, doubled, noise in it, characters or lines lost or exchanged. */
export function damaged(valid: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const accidents = fc.array(
    fc.record({
      kind: fc.constantFrom('cut', 'behead', 'double', 'insert', 'lose', 'swap', 'lengthen'),
      place: fc.double({ min: 0, max: 1, noNaN: true }),
      noise: fc.constantFrom(...hostilePieces),
    }),
    { minLength: 1, maxLength: 3 },
  );
  return fc.tuple(valid, accidents).map(([text, all]) =>
    all.reduce((current, { kind, place, noise }) => {
      const at = Math.floor(place * current.length);
      const lines = current.split('\n');
      const line = Math.floor(place * lines.length);
      switch (kind) {
        case 'cut':
          return current.slice(0, at);
        case 'behead':
          return current.slice(at);
        case 'double':
          return [...lines.slice(0, line + 1), ...lines.slice(line)].join('\n');
        case 'insert':
          return current.slice(0, at) + noise + current.slice(at);
        case 'lose':
          return current.slice(0, at) + current.slice(at + 1);
        case 'swap':
          return [...lines.slice(line), ...lines.slice(0, line)].join('\n');
        case 'lengthen':
          return current.slice(0, at) + (current[at] ?? noise).repeat(300) + current.slice(at);
      }
    }, text),
  );
}

/** Whatever a reader does with hostile text, it gives a value or the error that it is known for. */
export function readOrRefuse<T>(read: () => T, isExpected: (error: unknown) => boolean): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isExpected(error)) return undefined;
    throw error;
  }
}

/** Fails unless a text can go to a terminal: no control characters but line ends, nothing invisible, nothing that turns around. */
export function assertHarmless(text: string): void {
  const harmful = /[^\P{Cc}\n]|[\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029]/u.exec(text);
  assert.equal(harmful, null, JSON.stringify(text));
}
