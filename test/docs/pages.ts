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

/** A fenced block of a page, or commands that no reader sees. */
export interface Block {
  /** What stands after the first fence: `sh`, `text`; `setup` for the lines of a comment `<!-- setup: … -->`. */
  readonly language: string;
  /** Its lines, each with its end. */
  readonly text: string;
  /** Where its lines begin and end in the page. */
  readonly start: number;
  readonly end: number;
}

/**
 * All fenced blocks of a page, in its order, and among them what has to be run before the next block without being part of what is shown: the
 * lines of a comment that begins with a line `<!-- setup:` and ends with a line `-->`.
 */
export function listBlocks(page: string): Block[] {
  return Array.from(
    page.matchAll(/^```(\S*)\n((?:(?!```).*\n)*)```$|^<!-- (setup):\n((?:(?!-->).*\n)*)-->$/gm),
    ({ 0: whole, 1: fenced, 2: shown, 3: hidden = '', 4: unseen = '', index }) => {
      const text = shown ?? unseen;
      const start = index + whole.indexOf('\n') + 1;
      return { language: fenced ?? hidden, text, start, end: start + text.length };
    },
  );
}
