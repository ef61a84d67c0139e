import { durationForm, parseDuration } from '../base/duration.js';
import { ZfsVmError } from '../base/errors.js';
import { hasRules, periods, type Period, type Retention } from '../plan/retention.js';
import { readShortTag, type Tag } from '../streamline/tag.js';
import { readNumber } from './number-option.js';

/** What the options of a retention say, as they were typed. */
export interface RetentionWords extends Readonly<Record<Period, string | undefined>> {
  readonly last: string | undefined;
  readonly within: string | undefined;
  readonly named: readonly string[];
}

/** The options of a retention with what they mean. */
export const retentionOptionHelp = [
  ['    --keep-last N', 'the newest N versions stay'],
  ['    --keep-within DURATION', 'what is younger stays, e.g. 26h, 30d'],
  ['    --keep-hourly N', 'the newest version of each of the last N hours that have one stays'],
  ['    --keep-daily N', 'the same by days'],
  ['    --keep-weekly N', 'by weeks, from Monday'],
  ['    --keep-monthly N', 'by months'],
  ['    --keep-yearly N', 'by years'],
  ['    --keep NAME:VERSION', 'this version stays; repeatable'],
] as const;

/** How many versions a rule keeps. */
const countForm = { least: 1, example: 7 } as const;

/**
 * Reads the rules for what stays; undefined when there are none.
 * @throws ZfsVmError `usage` for one that can't be
 */
export function readRetention(words: RetentionWords): Retention | undefined {
  const { last, within, named } = words;
  const counts = periods.flatMap((period) => {
    const text = words[period];
    return text === undefined ? [] : [[period, readNumber(`--keep-${period}`, text, countForm)] as const];
  });
  const retention: Retention = {
    ...(last === undefined ? {} : { last: readNumber('--keep-last', last, countForm) }),
    ...(within === undefined ? {} : { withinSeconds: readDuration('--keep-within', within) }),
    ...Object.fromEntries(counts),
    ...(named.length === 0 ? {} : { versions: named.map(readTagOption) }),
  };
  return hasRules(retention) ? retention : undefined;
}

function readDuration(option: string, text: string): number {
  const seconds = parseDuration(text);
  if (seconds !== undefined) return seconds;
  throw new ZfsVmError('usage', `${option} ${JSON.stringify(text)} is not a duration`, {
    hint: `write ${durationForm}`,
  });
}

function readTagOption(text: string): Tag {
  const reading = readShortTag(text);
  if (reading.kind === 'tag') return reading.tag;
  throw new ZfsVmError('usage', `--keep ${JSON.stringify(text)} is not a version`, {
    hint: 'write STREAMLINE:VERSION, e.g. --keep debian-7:12',
  });
}
