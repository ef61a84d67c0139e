import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listBlocks, readPage } from './pages.js';
import { playPage } from './play-page.js';
import { makeWorld, playedPages } from './played-pages.js';

for (const page of playedPages) {
  test(`the commands of ${page.path} print what it shows: npm run docs writes it`, async () => {
    const text = readPage(page.path);
    assert.ok(listBlocks(text).some(({ language }) => language === 'text'));
    assert.equal(await playPage(text, () => makeWorld(page)), text);
  });
}
