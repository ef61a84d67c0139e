/** `npm run docs`: writes the pages that are made of the code, and what the commands of the others print. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findPackageRoot } from '../lab/package-root.js';
import { formatCatalogue } from './catalogue.js';
import { readPage } from './pages.js';
import { playPage } from './play-page.js';
import { makeWorld, playedPages } from './played-pages.js';
import { makeReference } from './reference-pages.js';

const write = (path: string, text: string): void => {
  const full = join(findPackageRoot(), path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text);
};

write('docs/messages.md', formatCatalogue());
for (const { path, text } of makeReference()) write(path, text);
for (const page of playedPages) {
  write(page.path, await playPage(readPage(page.path), () => makeWorld(page)));
}
