import { ZfsVmError } from '../base/errors.js';
import { findDatasetNameFault } from '../zfs/names.js';
import { readRate, seconds, wholeNumber } from './numbers.js';
import { flag, toggle, value, type ValueDefinition } from './option.js';
import type { VersionPattern } from '../streamline/selection.js';
import { patternsOption, readDatasetPattern, readPattern, type DatasetPattern } from './patterns.js';
import { propertyOptions } from './property-options.js';

const allSnapshots = flag(['--all-snapshots'], 'treat every snapshot as a version; -n then means datasets');

/** Which versions are sent. */
export const choiceOptions = {
  patterns: patternsOption(
    'only streamlines that fit (debian-7, debian-*), or up to a version (debian-7:12)',
    (text, context): VersionPattern | DatasetPattern =>
      context.isGiven('--all-snapshots') ? readDatasetPattern(text) : readPattern(text),
  ),
  latest: flag(['--latest'], 'only the newest version of each dataset, in one hop'),
  allSnapshots,
};

/** What every transfer can be told, by the names that a request for one has. */
export const transferOptions = {
  ...choiceOptions,
  rollback: flag(['--rollback'], 'undo what the receiver has after the newest common version'),
  replace: flag(
    ['--replace'],
    'destroy a dataset of the receiver that has nothing in common or is in the way',
  ),
  setAside: flag(
    ['--set-aside'],
    'keep what the receiver has after the newest common version as a dataset beside it, and continue',
  ),
  deletesGone: flag(
    ['--delete'],
    'afterwards, destroy versions of the receiver that the sender no longer has',
  ),
  yes: flag(['--yes'], 'do not ask before --rollback, --replace or --delete destroy something'),
  dryRun: flag(['--dry-run'], 'print the plan and do nothing; the same as "plan" before the command'),
  json: flag(['--json'], 'print what happens, or the plan, as JSON (docs/scripting.md)'),
  commands: flag(['--commands'], 'print the plan as shell commands'),
  lanes: value(['-j', '--jobs'], {
    ...{ value: 'N', kind: 'number', read: wholeNumber({ least: 1, example: 4 }) },
    help: 'how many streams go side by side (4, of many datasets 8)',
  }),
  ...propertyOptions,
  compress: flag(['--compress'], 'compress streams on the way, where both hosts have zstd'),
  bytesPerSecond: value(['--bwlimit'], {
    ...{ value: 'RATE', kind: 'rate', read: readRate },
    help: 'no more bytes a second in all, e.g. 500K, 20M',
  }),
  retries: value(['--retries'], {
    ...{ value: 'N', kind: 'number', usual: '3', read: wholeNumber({ least: 0, example: 3 }) },
    help: 'how often to connect again when a host is lost or busy',
  }),
  bookmark: toggle(['--bookmark'], {
    helpWithout: 'leave no bookmarks on the sender; bases are held instead',
    usual: true,
  }),
  stallMs: value(['--stall-timeout'], {
    ...{ value: 'SECONDS', kind: 'number', usual: '600', read: seconds({ least: 0, example: 600 }) },
    help: 'abort a stream after SECONDS without progress; 0 for never',
  }),
} as const;

/** What a transfer to several hosts can be told besides. */
export const fanOutOptions = {
  lagMs: value(['--fan-out-lag'], {
    ...{ value: 'SECONDS', kind: 'number', usual: '30', read: seconds({ least: 0, example: 30 }) },
    help: 'how long faster hosts may wait for slower ones, in total',
  }),
} as const;

/** Whether receivers serve each other. */
export const relayOption = flag(
  ['--relay'],
  'let hosts that have received all of it send it to the next ones',
);

/** Where new datasets go. @param where the place is, e.g. `here` */
export function destinationOption(where: string): ValueDefinition<string | undefined> {
  return value(['-d', '--destination'], {
    ...{ value: 'PLACE', kind: 'dataset', read: readPlace },
    help: `the dataset ${where} under which new ones go`,
  });
}

function readPlace(text: string): string {
  const fault = findDatasetNameFault(text);
  if (fault === undefined) return text;
  throw new ZfsVmError('usage', `-d ${JSON.stringify(text)} can't be a dataset: ${fault}`, {
    hint: 'name a place like -d tank/vm',
  });
}
