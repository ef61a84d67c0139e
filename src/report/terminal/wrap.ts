import { stripVTControlCharacters } from 'node:util';
import { findWidth, type OutputStream } from './colors.js';
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
    if (countColumns(stripVTControlCharacters(longer)) <= width || line === '' || line === indent) {
      line = longer;
    } else {
      lines.push(line);
      line = `${indent}${word}`;
    }
  }
  return line === '' ? lines : [...lines, line];
}

/**
 * Writes lines for people. On a terminal, one that does not fit is broken between words; what stands in double quotes is never broken, so that a
 * command there can be pasted. For anything but a terminal, lines stay as they are.
 * @param text lines, each with its end
 */
export function writeProse(stream: OutputStream, text: string): void {
  const width = findWidth(stream);
  stream.write(wrapIfNarrow(text, width));
}

/** The same as text. @param width of the terminal; undefined for anything else @param hanging as in `wrapProse` */
export function wrapIfNarrow(text: string, width: number | undefined, hanging?: number): string {
  return width === undefined || width < leastWidth ? text : wrapProse(text, width, hanging);
}

/** A terminal that says it is narrower, e.g. 0 columns wide, does not know how wide it is. */
const leastWidth = 20;

/**
 * Lines, each with its end, broken as `writeProse` does it.
 * @param hanging by how much the rest of a broken line is indented; a little more than its beginning when it is left out
 */
export function wrapProse(text: string, width: number, hanging?: number): string {
  return text.split('\n').map(wrapLine(width, hanging)).join('\n');
}

/** A line that tells a command to be pasted, without quotes. */
const commandLine = /(?:^|\s)(?:try|to resolve): (?:zfs-vm|zfs|zpool|ssh|sudo) /;

const wrapLine =
  (width: number, hanging?: number) =>
  (line: string): string => {
    if (commandLine.test(stripVTControlCharacters(line))) return line;
    const start = line.search(/\S|$/);
    const [first = '', ...others] = splitProse(line.slice(start));
    const lines = wrapWords(
      [line.slice(0, start) + first, ...others],
      width,
      ' '.repeat(hanging ?? start + 2),
    );
    return lines.map((each) => each.trimEnd()).join('\n');
  };

/** Words; what stands between double quotes is in one of them. */
function splitProse(text: string): string[] {
  const words: string[] = [];
  const parts = text.split('"');
  for (const [index, part] of parts.entries()) {
    const isInQuotes = index % 2 === 1;
    const isClosed = index < parts.length - 1;
    const pieces = isInQuotes && isClosed ? [`"${part}"`] : `${isInQuotes ? '"' : ''}${part}`.split(' ');
    const [first = '', ...others] = pieces;
    words.push((words.pop() ?? '') + first, ...others);
  }
  return words;
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
