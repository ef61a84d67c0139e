import type { WriteStream } from 'node:tty';
import { Chalk, type ChalkInstance, supportsColor } from 'chalk';
import type { Writable } from 'node:stream';

/** A stream that may be a terminal. */
export type OutputStream = Writable & Partial<Pick<WriteStream, 'isTTY' | 'columns' | 'rows'>>;

/** Colours for a terminal; none for anything else, and none where NO_COLOR is set (no-color.org). */
export function chooseColors(stream: OutputStream, env: NodeJS.ProcessEnv): ChalkInstance {
  const wanted = stream.isTTY === true && (env['NO_COLOR'] ?? '') === '' && supportsColor !== false;
  return new Chalk({ level: wanted ? 1 : 0 });
}

/** How many characters fit into a line of a terminal; undefined for anything else. */
export function findWidth({ isTTY, columns }: OutputStream): number | undefined {
  return isTTY === true ? columns : undefined;
}
