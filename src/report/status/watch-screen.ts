import { cutText } from '../terminal/columns.js';

/** A terminal's size. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/**
 * Lines as a whole screen of a terminal, drawn over what is there: cut to its width and height.
 * @param title stands above them
 */
export function formatWatchScreen(
  title: string,
  lines: readonly string[],
  { columns, rows }: ScreenSize,
): string {
  // One row is for the title, one stays free for the cursor.
  const room = Math.max(1, rows - 2);
  const shown =
    lines.length <= room ? lines : [...lines.slice(0, room - 1), `… ${lines.length - room + 1} more lines`];
  const drawn = [title, ...shown].map((line) => `${cutText(line, columns - 1)}\u001B[K\n`);
  return `\u001B[H${drawn.join('')}\u001B[J`;
}

/** Wipes the screen before the first one is drawn. */
export const wipeScreen = '\u001B[2J\u001B[H';
