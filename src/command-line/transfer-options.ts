import { ZfsVmError } from '../base/errors.js';
import { findDatasetNameFault } from '../zfs/names.js';
import { readRate, seconds, wholeNumber } from './numbers.js';
import { flag, toggle, value, type ValueDefinition } from './option.js';
import type { VersionPattern } from '../streamline/selection.js';
import { patternsOption, readDatasetPattern, readPattern, type DatasetPattern } from './patterns.js';
import { propertyOptions } from './property-options.js';

const allSnapshots = flag(['--all-snapshots'], 'treat every snapshot as a version; -n then selects datasets');

/** Which versions are sent. */
export const choiceOptions = {
  patterns: patternsOption(
    'only matching streamlines (debian-7, debian-*), or versions up to one (debian-7:12)',
    (text, context): VersionPattern | DatasetPattern =>
      context.isGiven('--all-snapshots') ? readDatasetPattern(text) : readPattern(text),
  ),
  latest: flag(['--latest'], 'only the newest version of each dataset, as one increment'),
  allSnapshots,
};

/** Whether a transfer runs, who is asked, and how it is printed: for the command itself, and not for its task. */
export const tellingOptions = {
  yes: flag(['--yes'], 'do not ask before --rollback, --replace or --delete destroys anything'),
  dryRun: flag(['--dry-run'], 'print the plan without running it; the same as "plan" before the command'),
  json: flag(['--json'], 'print events, or the plan, as JSON'),
  commands: flag(['--commands'], 'print the plan as shell commands'),
};

/** What every transfer can be told: what is in none of the groups has the name that a request for a transfer has for it. */
export const transferOptions = {
  ...choiceOptions,
  rollback: flag(
    ['--rollback'],
    'roll the receiver back to the newest common version, destroying later changes',
  ),
  replace: flag(
    ['--replace'],
    'destroy a dataset on the receiver that has no common version or occupies the destination',
  ),
  setAside: flag(
    ['--set-aside'],
    'rename the changed dataset on the receiver, keeping its changes, and continue from the newest common version',
  ),
  deletesGone: flag(
    ['--delete'],
    'afterwards, destroy versions on the receiver that the sender no longer has',
  ),
  ...tellingOptions,
  lanes: value(['-j', '--jobs'], {
    ...{ value: 'N', kind: 'number', read: wholeNumber({ least: 1, example: 4 }) },
    help: 'number of parallel streams (default: 4; 8 for many datasets)',
  }),
  ...propertyOptions,
  compress: flag(['--compress'], 'compress streams in transit, if both hosts have zstd'),
  bytesPerSecond: value(['--bwlimit'], {
    ...{ value: 'RATE', kind: 'rate', read: readRate },
    help: 'limit the total rate to this many bytes per second, e.g. 500K, 20M',
  }),
  retries: value(['--retries'], {
    ...{ value: 'N', kind: 'number', usual: '3', read: wholeNumber({ least: 0, example: 3 }) },
    help: 'how often to retry when a connection is lost or a dataset is busy',
  }),
  bookmark: toggle(['--bookmark'], {
    helpWithout: 'do not create bookmarks on the sender; hold base snapshots instead',
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
    help: `parent dataset ${where} for new datasets`,
  });
}

function readPlace(text: string): string {
  const fault = findDatasetNameFault(text);
  if (fault === undefined) return text;
  throw new ZfsVmError(
    'usage',
    `invalid value for -d: ${JSON.stringify(text)} is not a dataset name: ${fault}`,
    {
      hint: 'use e.g. -d tank/vm',
    },
  );
}
