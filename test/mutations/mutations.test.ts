import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { mutations } from './mutations.js';
import { mutate } from './workshop.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

test('what the mutations break is in its file, exactly once', () => {
  for (const mutation of mutations) mutate(readFileSync(join(root, mutation.file), 'utf8'), mutation);
});
