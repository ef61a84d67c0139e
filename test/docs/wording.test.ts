import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What messages and pages once said, anywhere in the source, its comments and the pages. */
const phrases: readonly RegExp[] = [
  /a word is missing/i,
  /too many words, or one in the wrong place/i,
  /\bit has: /,
  /of those near it/i,
  /so there can be no /i,
  /can't be looked up/i,
  /there is no way to /i,
  /wasn't confirmed/i,
  /doesn't let \S+ in\b/i,
  /no algorithm in common/i,
  /interrupted receives? of that kind/i,
  /really do that/i,
  /try: try again|'try again'/i,
  /trying again/i,
  /ways? out of (?:a|the) (?:push|conflict)|way out:/i,
  /versions? goe?s?;|nothing goes\b/i,
  /nothing says which versions are kept/i,
  /-m can't be\b/i,
  /was not made, as not all of it has come/i,
  /destroy local:/i,
  /what speaks SSH/i,
  /whatever the configuration says/i,
  /have it inherited there/i,
  /give a stream up|when nothing moves/i,
  /for how long hosts may wait for a slower one/i,
  /say more\b|say everything/i,
  /whatever it is called/i,
  /the rest of an interrupted stream/i,
  /\b(?:it|he|she|which|who) (?:is|are) told\b/i,
];

/** What is not said of programs and hosts where people read it: in strings of the source and in the pages. */
const shownPhrases: readonly RegExp[] = [
  /\b(?:goes|gone|went) by\b/i,
  /\bgets? in\b(?! touch)/i,
  /\b(?:goes|gone|go|went) on\b/i,
  /\btells (?:of|what|which|when|how|why|where)\b/i,
  /\bmay go\b/i,
  /\bwithout a word\b/i,
];

function* listFiles(folder: string, isWanted: (name: string) => boolean): Generator<string> {
  for (const name of readdirSync(join(root, folder))) {
    const path = join(folder, name);
    if (statSync(join(root, path)).isDirectory()) yield* listFiles(path, isWanted);
    else if (isWanted(name)) yield path;
  }
}

const sources = [...listFiles('src', (name) => /\.(?:ts|cjs)$/.test(name))];
const pages = ['README.md', ...listFiles('docs', (name) => name.endsWith('.md'))];

/** The strings of a source file, without what stands for values. */
function* listStrings(path: string): Generator<string> {
  const file = ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.Latest);
  const nodes: ts.Node[] = [file];
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    if (ts.isStringLiteralLike(node)) yield node.text;
    else if (ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) yield node.text;
    ts.forEachChild(node, (child) => void nodes.push(child));
  }
}

function find(texts: Iterable<readonly [path: string, text: string]>, wanted: readonly RegExp[]): string[] {
  const found: string[] = [];
  for (const [path, text] of texts) {
    for (const phrase of wanted) {
      const [match] = phrase.exec(text.replaceAll(/\s+/g, ' ')) ?? [];
      if (match !== undefined) found.push(`${path}: ${match}`);
    }
  }
  return found;
}

const readAll = (paths: readonly string[]): (readonly [string, string])[] =>
  paths.map((path) => [path, readFileSync(join(root, path), 'utf8')] as const);

test('no source, comment or page has a phrase that was replaced', () => {
  assert.ok(sources.length > 100 && pages.length > 5);
  assert.deepEqual(find(readAll([...sources, ...pages]), phrases), []);
});

test('no message and no help text says of a program what is said of people', () => {
  const texts = sources.flatMap((path) => Array.from(listStrings(path), (text) => [path, text] as const));
  assert.ok(texts.length > 1000);
  assert.deepEqual(find(texts, shownPhrases), []);
});
