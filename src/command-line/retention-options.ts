import { ZfsVmError } from '../base/errors.js';
import { hasRules, type Retention } from '../plan/retention.js';
import { readShortTag, type Tag } from '../streamline/tag.js';
import { duration, wholeNumber } from './numbers.js';
import type { OptionArguments } from './command-definition.js';
import { list, value, type ValueDefinition } from './option.js';

/** How many versions a rule keeps. */
const countForm = { least: 1, example: 7 } as const;

/** The options that say what is kept. The synopsis shows one for all. */
export const retentionOptions = {
  keepLast: { ...keepCount('last', 'keep the newest N versions'), synopsis: '[--keep-... N]...' },
  keepWithin: {
    ...value(['--keep-within'], {
      ...{ value: 'DURATION', kind: 'duration', read: duration('a duration') },
      help: 'keep versions younger than this, e.g. 26h, 30d',
    }),
    synopsis: undefined,
  },
  keepHourly: keepCount('hourly', 'keep the newest version of each of the last N hours that have one'),
  keepDaily: keepCount('daily', 'keep the newest version of each of the last N days'),
  keepWeekly: keepCount('weekly', 'keep the newest version of each of the last N weeks (from Monday)'),
  keepMonthly: keepCount('monthly', 'keep the newest version of each of the last N months'),
  keepYearly: keepCount('yearly', 'keep the newest version of each of the last N years'),
  keep: {
    ...list(['--keep'], {
      ...{ value: 'NAME:VERSION', kind: 'version', read: readTagOption },
      help: 'keep this version',
    }),
    synopsis: undefined,
  },
} as const;

function keepCount(what: string, help: string): ValueDefinition<number | undefined> {
  const form = { value: 'N', kind: 'number', help, read: wholeNumber(countForm) } as const;
  return { ...value([`--keep-${what}`], form), synopsis: undefined };
}

/** What they say; undefined when there is no rule. */
export function toRetention(args: OptionArguments<typeof retentionOptions>): Retention | undefined {
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

function readTagOption(text: string): Tag {
  const reading = readShortTag(text);
  if (reading.kind === 'tag') return reading.tag;
  throw new ZfsVmError('usage', `invalid value for --keep: ${JSON.stringify(text)} is not a version`, {
    hint: 'use STREAMLINE:VERSION, e.g. --keep debian-7:12',
  });
}
