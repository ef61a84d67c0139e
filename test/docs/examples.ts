import { listBlocks } from './pages.js';

/** The commands of a page that a reader types in one after another. */
export interface Example {
  /** The lines of its `sh` block. */
  readonly script: string;
  /** Why it is not run as a test, as a comment above it says: `<!-- not run: why -->`; undefined where it is. */
  readonly notRun: string | undefined;
}

/** The examples of a page, in its order, with what has to be run before them (`<!-- setup: … -->`). */
export function listExamples(page: string): Example[] {
  return listBlocks(page)
    .filter(({ language }) => language === 'sh' || language === 'setup')
    .map(({ text, start }) => {
      const [, notRun] = /<!-- not run: (.*) -->\s*```sh\n$/.exec(page.slice(0, start)) ?? [];
      return { script: text, notRun };
    });
}

/** What a script gives commands to read with `<<'WORD'`, each with the file that it is written to. */
export interface Document {
  readonly file: string;
  readonly text: string;
}

const hereDocument = /^(.*<<'(\w+)'.*)\n([^]*?)^\2$/gm;

/** The files that a script writes. */
export function listDocuments(script: string): Document[] {
  return Array.from(script.matchAll(hereDocument), ([, line = '', , text = '']) => ({
    file: />\s*(\S+)/.exec(line)?.[1] ?? '',
    text,
  }));
}

/**
 * The words of each simple command of a script, also of those that ssh runs on another host and of those in `$(...)`. Redirections are left
 * out.
 */
export function listCommands(script: string): string[][] {
  const commands: string[][] = [];
  let words: string[] = [];
  let word: string | undefined;
  const endWord = (): void => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  const endCommand = (): void => {
    endWord();
    if (words.length > 0) commands.push(words);
    words = [];
  };
  const text = script.replaceAll(hereDocument, '$1').replaceAll('\\\n', '');
  const pieces =
    /(?<comment>(?<=^|\s)#.*)|(?<redirect>\d?>>?\s*(?:&\d|[^\s;&|]+)|<<?\s*\S+)|'(?<single>[^']*)'|"(?<double>(?:[^"\\]|\\.)*)"|\\(?<escaped>.)|(?<end>\$\(|[\n;&|()])|(?<space>[ \t]+)|(?<plain>[^\s;&|()'"\\]+)/gm;
  for (const { groups = {} } of text.matchAll(pieces)) {
    const { comment, redirect, single, double, escaped, end, space, plain } = groups;
    if (comment !== undefined || redirect !== undefined) continue;
    if (end !== undefined) {
      endCommand();
    } else if (space !== undefined) {
      endWord();
    } else {
      word = `${word ?? ''}${single ?? double?.replaceAll(/\\(["\\$`])/g, '$1') ?? escaped ?? plain ?? ''}`;
    }
  }
  endCommand();
  return commands.flatMap((each) => {
    const [program, , ...remote] = each;
    return program === 'ssh' && remote.length > 0 ? [each, ...listCommands(remote.join(' '))] : [each];
  });
}
