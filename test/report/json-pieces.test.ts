import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mapLater, toJsonPieces } from '../../src/report/json-pieces.js';

test('lists that are made as they are written give the JSON that arrays give', () => {
  const element = fc.record({ name: fc.string(), inner: fc.array(fc.jsonValue({ maxDepth: 2 })) });
  fc.assert(
    fc.property(fc.array(element), fc.jsonValue(), (list, other) => {
      const later = mapLater(list, ({ name, inner }) => ({ name, inner: mapLater(inner, (each) => each) }));
      const pieces = [...toJsonPieces({ first: 1, nothing: undefined, list: later, other })];
      assert.equal(pieces.join(''), JSON.stringify({ first: 1, list, other }, null, 2));
    }),
  );
});
