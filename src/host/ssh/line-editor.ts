/** A line that is being typed on a terminal in raw mode. */
export interface LineState {
  readonly text: string;
  readonly outcome: 'typing' | 'entered' | 'interrupted' | 'ended';
}

/** The start of a line. */
export const emptyLine: LineState = { text: '', outcome: 'typing' };

/**
 * The line after some more keys: Enter ends it, Backspace and Ctrl-U take back, Ctrl-C interrupts, Ctrl-D ends an empty
 * line. Other control characters count as typed, since passwords may have them. Keys after the end are dropped.
 */
export function typeKeys(line: LineState, keys: string): LineState {
  let state = line;
  for (const key of keys) {
    if (state.outcome !== 'typing') break;

    state = typeKey(state.text, key);
  }
  return state;
}

function typeKey(text: string, key: string): LineState {
  switch (key) {
    case '\r':
    case '\n':
      return { text, outcome: 'entered' };
    case '\u0003':
      return { text: '', outcome: 'interrupted' };
    case '\u0004':
      return text === '' ? { text, outcome: 'ended' } : { text, outcome: 'typing' };
    case '\u0008':
    case '\u007f':
      return { text: Array.from(text).slice(0, -1).join(''), outcome: 'typing' };
    case '\u0015':
      return emptyLine;
    default:
      return { text: text + key, outcome: 'typing' };
  }
}
