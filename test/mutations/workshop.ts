import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import type { Mutation } from './mutations.js';

/** What the tests need of the project. */
const parts = ['build', 'scripts', 'src', 'test', 'package.json', 'tsconfig.json', 'zfs-vm'];

/** A mutation whose text isn't in its file exactly once: the table has to be brought up to date. */
export class StaleMutation extends Error {
  override readonly name = 'StaleMutation';
}

/**
 * A source with the mutation in it.
 * @throws StaleMutation when its text isn't there exactly once
 */
export function mutate(source: string, { name, file, text, replacement }: Mutation): string {
  const [before, after, ...more] = source.split(text);
  if (before === undefined || after === undefined || more.length > 0) {
    const count = source.split(text).length - 1;
    throw new StaleMutation(`${name}: ${file} has its text ${count} times, and not once: ${text}`);
  }
  return `${before}${replacement}${after}`;
}

/** A copy of the built project in a temporary folder, in which lines can be broken without harm. */
export class Workshop {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'zfs-vm-mutations-')));

  /** @param root the project, freshly built */
  constructor(root: string) {
    for (const part of parts) cpSync(join(root, part), join(this.folder, part), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(this.folder, 'node_modules'));
  }

  /**
   * Does something while one line is broken.
   * @throws StaleMutation when its text isn't there exactly once
   */
  async whileBroken<T>(mutation: Mutation, work: () => Promise<T>): Promise<T> {
    const source = readFileSync(join(this.folder, mutation.file), 'utf8');
    this.#build(mutation.file, mutate(source, mutation));
    try {
      return await work();
    } finally {
      this.#build(mutation.file, source);
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  /** Without looking at types: a test is to find the fault, not the compiler. */
  #build(file: string, source: string): void {
    const { code } = transformSync(source, {
      ...{ loader: 'ts', format: 'esm', target: 'es2023', sourcemap: 'inline', sourcefile: file },
      tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    });
    writeFileSync(join(this.folder, 'build', file.replace(/\.ts$/, '.js')), code);
    execFileSync(process.execPath, ['scripts/bundle.js'], { cwd: this.folder, stdio: 'inherit' });
  }
}
