import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chalk } from 'chalk';
import fc from 'fast-check';
import { ZfsVmError } from '../../src/base/errors.js';
import { formatError } from '../../src/report/error-text.js';
import { assertHarmless, hostileText, runs } from '../fuzz/arbitraries.js';

const colors = new Chalk({ level: 0 });

test('an error is a line, its evidence and what to do', () => {
  const error = new ZfsVmError('failed', 'it failed', { details: ['this was said'], hint: 'try again' });
  assert.equal(
    formatError(error, colors, { debug: false }),
    'zfs-vm: it failed\n  this was said\n  try: try again\n',
  );
});

test('no error brings anything but printable text to the terminal, whoever threw what', () => {
  fc.assert(
    fc.property(hostileText, hostileText, fc.boolean(), (text, more, debug) => {
      const errors: unknown[] = [
        new ZfsVmError('failed', text, { details: [more], hint: more, cause: text }),
        new SyntaxError(text),
        text,
        undefined,
      ];
      for (const error of errors) assertHarmless(formatError(error, colors, { debug }));
    }),
    runs(500),
  );
});
