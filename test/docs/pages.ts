import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPackageRoot } from '../lab/package-root.js';

const root = findPackageRoot();

/** The pages that a reader is sent to, by their paths from the root of the project. */
export function listPages(): string[] {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`);
  return ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...docs.sort()];
}

/** The text of a page. @param path from the root of the project */
export function readPage(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** A fenced block of a page. */
export interface Block {
  /** What stands after the first fence: `sh`, `text`. */
  readonly language: string;
  /** Its lines, each with its end. */
  readonly text: string;
  /** Where its lines begin and end in the page. */
  readonly start: number;
  readonly end: number;
}

/** All fenced blocks of a page, in its order. */
export function listBlocks(page: string): Block[] {
  return Array.from(
    page.matchAll(/^```(\S*)\n((?:(?!```).*\n)*)```$/gm),
    ({ 0: whole, 1: language = '', 2: text = '', index }) => {
      const start = index + whole.indexOf('\n') + 1;
      return { language, text, start, end: start + text.length };
    },
  );
}
