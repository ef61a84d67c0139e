import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { findPackageRoot } from '../lab/package-root.js';
import { listPages, readPage } from './pages.js';

/** A page without its code, in which nothing is a link or a title. */
function readProse(path: string): string {
  return readPage(path)
    .replaceAll(/^```[^]*?^```$/gm, '')
    .replaceAll(/^ {4}.*$/gm, '');
}

/** The anchors of a page's titles, as GitHub makes them. */
function listAnchors(path: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, title = ''] of readProse(path).matchAll(/^#+ (.*)$/gm)) {
    const words = title.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = words.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
    let unique = anchor;
    for (let count = 1; anchors.has(unique); count++) unique = `${anchor}-${count}`;
    anchors.add(unique);
  }
  return anchors;
}

const pages = listPages();

for (const path of pages) {
  test(`every link of ${path} leads somewhere`, () => {
    const prose = readProse(path).replaceAll(/`[^`\n]*`/g, '');
    const dead: string[] = [];
    for (const [, target = ''] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^(?:https?|mailto):/.test(target)) continue;
      const [file = '', anchor] = target.split('#');
      const full = file === '' ? path : normalize(join(dirname(path), file));
      const isThere = existsSync(join(findPackageRoot(), full));
      if (!isThere || (anchor !== undefined && !listAnchors(full).has(anchor))) dead.push(target);
    }
    assert.deepEqual(dead, []);
  });
}

test('every page of docs is reached from docs/README.md', () => {
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path) || !path.endsWith('.md') || !pages.includes(path)) return;
    seen.add(path);
    for (const [, file = ''] of readProse(path).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
      const full = normalize(join(dirname(path), file));
      visit(full.endsWith('.md') ? full : join(full, 'README.md'));
    }
  };
  visit('docs/README.md');
  const isInternal = /^docs\/decisions\//;
  const lost = pages.filter((page) => page.startsWith('docs/') && !isInternal.test(page) && !seen.has(page));
  assert.deepEqual(lost, []);
});

test('every page that help texts, messages and comments name is there', () => {
  const sources = ['src', 'packaging'].flatMap((folder) =>
    readdirSync(join(findPackageRoot(), folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readPage(`${folder}/${name}`)),
  );
  const named = sources.flatMap((text) =>
    Array.from(text.matchAll(/\bdocs\/[\w/.-]+\.md\b/g), ([name]) => name),
  );
  assert.ok(named.length > 5);
  const lost = new Set(named.filter((name) => !existsSync(join(findPackageRoot(), name))));
  assert.deepEqual([...lost], []);
});
