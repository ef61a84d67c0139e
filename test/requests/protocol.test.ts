import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { toRemoteCommand } from '../../src/host/ssh/remote-command.js';
import {
  announceRequest,
  decodeRecord,
  decodeRequest,
  encodeRecord,
  encodeRequest,
  ProtocolFault,
  splitAnnouncement,
} from '../../src/requests/protocol.js';
import type { RecordOf, Request } from '../../src/requests/request.js';
import { findNoteFault } from '../../src/zfs/notes.js';

const part = fc.stringMatching(/^[a-z][A-Za-z0-9_.: -]{0,8}[a-z]$/);
const dataset = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const snapshot = fc.tuple(dataset, part).map(([of, name]) => `${of}@${name}`);
const value = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !/[\p{Cc}\p{Cs}]/u.test(text));

const requests: fc.Arbitrary<Request> = fc.oneof(
  fc.record({
    ...{
      kind: fc.constant('inventory' as const),
      columns: fc.constantFrom('all' as const, 'plain' as const),
    },
    snapshots: fc.constantFrom('quick' as const, 'noted' as const),
    ...{ scope: fc.constant('all' as const), properties: fc.constantFrom([], ['compression', 'a:b']) },
  }),
  fc.record({
    ...{ kind: fc.constant('receive-lane' as const), compress: fc.boolean(), hasNoise: fc.boolean() },
    legs: fc.array(
      fc.record({
        ...{ destination: dataset, snapshot: fc.option(part, { nil: undefined }) },
        type: fc.constantFrom('filesystem' as const, 'volume' as const),
        ...{ origin: fc.option(snapshot, { nil: undefined }), makesFilesystem: fc.boolean() },
        set: fc.array(value.map((text) => ({ name: 'a:b', value: text }))),
        ...{ exclude: fc.constantFrom([], ['atime', 'exec']), isResumable: fc.boolean() },
        ...{ parts: fc.nat(1000), isResumed: fc.boolean() },
      }),
      { minLength: 1 },
    ),
  }),
);

test('what is written of a request is read as it was, and has no character that means something to a shell', () => {
  fc.assert(
    fc.property(requests, (request) => {
      const line = encodeRequest(request).join(' ');
      assert.match(line, /^[A-Za-z0-9_./:@,%=+ -]*$/);
      // Without the odd prototypes that generated objects have.
      assert.deepEqual(decodeRequest(line), structuredClone(request));
    }),
  );
});

test('what is written of a record is read as it was', () => {
  const notes = value.filter((text) => findNoteFault(text) === undefined);
  const records = fc
    .tuple(notes, fc.array(snapshot, { minLength: 1 }))
    .map(([note, names]): RecordOf<'set-notes'> => ({ note, names }));
  fc.assert(
    fc.property(records, (record) => {
      assert.deepEqual(decodeRecord('set-notes', encodeRecord('set-notes', record)), record);
    }),
  );
});

test('a line that differs in any character from what is written is refused, or is another request', () => {
  const line = encodeRequest({ kind: 'abort', dataset: 'tank/a b', token: '1-a-b-c' }).join(' ');
  fc.assert(
    fc.property(fc.nat(line.length - 1), fc.string({ maxLength: 2 }), (at, text) => {
      const changed = line.slice(0, at) + text + line.slice(at + 1);
      try {
        // There is one way to write each.
        assert.equal(encodeRequest(decodeRequest(changed)).join(' ').length, changed.length);
      } catch (error) {
        assert.ok(error instanceof ProtocolFault, String(error));
      }
    }),
  );
});

test('a request goes over SSH as it is, and may ask to be told of its arrival', () => {
  const words = encodeRequest({ kind: 'abort', dataset: 'tank/a b', token: '1-a-b-c' });
  const line = toRemoteCommand(words);
  assert.equal(line, 'zfs-vm-gate/1 abort dataset=tank/a%20b token=1-a-b-c');
  assert.deepEqual(splitAnnouncement(line), { line, isAnnounced: false });
  const announced = toRemoteCommand(announceRequest(words));
  assert.deepEqual(splitAnnouncement(announced), { line, isAnnounced: true });
});
