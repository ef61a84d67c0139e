import type { SectionReading } from './host-reading.js';
import { printBeginMark, printEndMark } from '../../base/mark-lines.js';

/** Stands before what a command of the examination says. */
const beginMark = 'zfs-vm: section';

/** Stands behind it, with its status. */
const endMark = 'zfs-vm: ended';

/**
 * A script that runs one command after another, whatever comes of each, and says where the output of which begins and ends. What they
 * would read is nothing.
 * @param commands shell text, by a name
 */
export function writeSections(commands: Readonly<Record<string, string>>): string {
  // What is read by us is to be in English, and times in UTC.
  const parts = Object.entries(commands).map(([name, command]) =>
    [
      printBeginMark(`${beginMark} ${name}`),
      `{ ${command}; } </dev/null 2>&1`,
      printEndMark(endMark, '"$?"'),
    ].join('\n'),
  );
  return ['LC_ALL=C TZ=UTC0; export LC_ALL TZ', ...parts].join('\n');
}

/** What came of such a script. */
export interface Sections {
  /** What was printed before the first one. */
  readonly before: string;
  /** Those that have come to an end. */
  readonly ended: ReadonlyMap<string, SectionReading>;
}

/** Reads what such a script has printed. */
export function readSections(output: string): Sections {
  const ended = new Map<string, SectionReading>();
  const before: string[] = [];
  let name: string | undefined;
  let lines: string[] = [];
  for (const line of output.split('\n')) {
    const [, code] = /^zfs-vm: ended ([0-9]{1,3})$/.exec(line) ?? [];
    if (line.startsWith(`${beginMark} `)) {
      name = line.slice(beginMark.length + 1);
      lines = [];
    } else if (name === undefined) {
      if (ended.size === 0) before.push(line);
    } else if (code === undefined) {
      lines.push(line);
    } else {
      // The mark has put a line end before itself.
      ended.set(name, { status: Number(code), output: lines.join('\n').trim() });
      name = undefined;
    }
  }
  return { before: before.join('\n').trim(), ended };
}
