import { ZfsVmError } from '../base/errors.js';
import { hasRules, periods, type Period, type Retention } from '../plan/retention.js';
import { readShortTag, type Tag } from '../streamline/tag.js';
import { duration, wholeNumber } from './numbers.js';
import { list, value, type OptionValue, type ReadContext, type ValueDefinition } from './option.js';

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

/** The options that say what is kept. The synopsis shows one for all. */
export const retentionOptions = {
  keepLast: { ...keepCount('last', 'the newest N versions stay'), synopsis: '[--keep-... N]...' },
  keepWithin: {
    ...value(['--keep-within'], {
      ...{ value: 'DURATION', kind: 'duration', read: duration('a duration') },
      help: 'what is younger stays, e.g. 26h, 30d',
    }),
    synopsis: undefined,
  },
  keepHourly: keepCount('hourly', 'the newest version of each of the last N hours that have one stays'),
  keepDaily: keepCount('daily', 'the same by days'),
  keepWeekly: keepCount('weekly', 'by weeks, from Monday'),
  keepMonthly: keepCount('monthly', 'by months'),
  keepYearly: keepCount('yearly', 'by years'),
  keep: {
    ...list(['--keep'], {
      ...{ value: 'NAME:VERSION', kind: 'version', read: readTagOption },
      help: 'this version stays',
    }),
    synopsis: undefined,
  },
} as const;

function keepCount(what: string, help: string): ValueDefinition<number | undefined> {
  const form = { value: 'N', kind: 'number', help, read: wholeNumber(countForm) } as const;
  return { ...value([`--keep-${what}`], form), synopsis: undefined };
}

/** What they say; undefined when there is no rule. */
export function toRetention(args: {
  readonly [Key in keyof typeof retentionOptions]: OptionValue<(typeof retentionOptions)[Key]>;
}): Retention | undefined {
  const counts = {
    last: args.keepLast,
    withinSeconds: args.keepWithin,
    hourly: args.keepHourly,
    daily: args.keepDaily,
    weekly: args.keepWeekly,
    monthly: args.keepMonthly,
    yearly: args.keepYearly,
  };
  const given = Object.entries(counts).filter(([, count]) => count !== undefined);
  const versions = args.keep.length === 0 ? {} : { versions: args.keep };
  const retention: Retention = { ...Object.fromEntries(given), ...versions };
  return hasRules(retention) ? retention : undefined;
}

/**
 * Reads the rules for what stays; undefined when there are none.
 * @throws ZfsVmError `usage` for one that can't be
 */
export function readRetention(words: RetentionWords): Retention | undefined {
  const { last, within, named } = words;
  const counts = periods.flatMap((period) => {
    const text = words[period];
    return text === undefined ? [] : [[period, readCount(text, contextOf(`--keep-${period}`))] as const];
  });
  const retention: Retention = {
    ...(last === undefined ? {} : { last: readCount(last, contextOf('--keep-last')) }),
    ...(within === undefined
      ? {}
      : { withinSeconds: duration('a duration')(within, contextOf('--keep-within')) }),
    ...Object.fromEntries(counts),
    ...(named.length === 0 ? {} : { versions: named.map(readTagOption) }),
  };
  return hasRules(retention) ? retention : undefined;
}

const readCount = wholeNumber(countForm);

function contextOf(name: string): ReadContext {
  return { name, isGiven: () => false };
}

function readTagOption(text: string): Tag {
  const reading = readShortTag(text);
  if (reading.kind === 'tag') return reading.tag;
  throw new ZfsVmError('usage', `--keep ${JSON.stringify(text)} is not a version`, {
    hint: 'write STREAMLINE:VERSION, e.g. --keep debian-7:12',
  });
}
