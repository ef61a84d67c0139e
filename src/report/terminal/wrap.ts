import { countColumns } from './columns.js';

/**
 * A text on lines of a width, broken between words. A word that is longer stands on a line of its own.
 * @param width how many characters fit into a line, the indentation included
 * @param indent what the second line and those after it begin with
 */
export function wrapWords(words: readonly string[], width: number, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    const longer = line === '' || line === indent ? `${line}${word}` : `${line} ${word}`;
    if (countColumns(longer) <= width || line === '' || line === indent) {
      line = longer;
    } else {
      lines.push(line);
      line = `${indent}${word}`;
    }
  }
  return line === '' ? lines : [...lines, line];
}

/** The paragraphs of a text, which have empty lines between, each on lines of a width. */
export function wrapText(text: string, width: number): string[] {
  const paragraphs = text
    .split(/\n{2,}/)
    .map((paragraph) => paragraph.split(/\s+/).filter((word) => word !== ''));
  return paragraphs.flatMap((words, index) => [...(index > 0 ? [''] : []), ...wrapWords(words, width)]);
}

/** The words of a synopsis: what stands in brackets is one, whatever spaces it has. */
export function splitSynopsis(text: string): string[] {
  const words: string[] = [];
  let depth = 0;
  let word = '';
  for (const character of text) {
    if (character === '[') depth++;
    if (character === ']') depth--;
    if (character === ' ' && depth === 0) {
      words.push(word);
      word = '';
    } else {
      word += character;
    }
  }
  return [...words, word].filter((each) => each !== '');
}
