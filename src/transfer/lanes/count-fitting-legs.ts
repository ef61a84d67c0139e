import { landingOf, streamOf } from '../../plan/stream.js';
import { quoteWord } from '../../base/shell.js';
import { receiveWords } from '../../zfs/receive.js';
import { sendArguments } from '../../zfs/send.js';
import type { Leg } from './lane-script.js';

/** A lane's command line has to fit into what a remote shell takes (128 KiB, and every odd character takes five). */
const longestLane = 20_000;

/** What a word in quotes counts for beyond its length: a lane of two remote hosts may go through four shells, each of which doubles them. */
const quotedWordCost = 150;

/** How many of the legs fit into one command line, at least one. */
export function countFittingLegs(legs: readonly Leg[]): number {
  let length = 0;
  const tooMany = legs.findIndex(({ chain, steps, omitted }, index) => {
    const { options, target } = receiveWords(landingOf(chain, steps, omitted));
    // What is excluded is written once, for which there is room.
    const words = [...sendArguments(streamOf(chain, steps, omitted)), ...options, '$x0', target];
    length += words.reduce((sum, word) => sum + costOf(word), 0);
    return index > 0 && length > longestLane;
  });
  return tooMany < 0 ? legs.length : tooMany;
}

function costOf(word: string): number {
  return word.length + 1 + (quoteWord(word) === word ? 0 : quotedWordCost);
}
