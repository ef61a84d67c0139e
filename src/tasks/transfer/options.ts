import { ZfsVmError } from '../../base/errors.js';
import type { Choice } from '../../plan/choice.js';
import { findDatasetNameFault } from '../../zfs/names.js';
import type { PropertyChanges } from '../../zfs/properties.js';
import { checkProperties } from '../check-request.js';

/** What destinations are to get beside their content. */
export interface PropertyOptions extends PropertyChanges {
  /** The properties that new datasets get as they are set on the sender. */
  readonly carry: readonly string[];
}

/** What is to be sent, and how. */
export interface TransferOptions {
  /** Which versions; all of them unless it says otherwise. */
  readonly choice: Choice;
  /** The receiver's dataset that new ones go under; when undefined, where the configuration says, or else where they are on the sender. */
  readonly destination: string | undefined;
  /** Whether what the receiver has after the newest common version is undone. */
  readonly rollback: boolean;
  /** Whether a dataset of the receiver that has nothing in common, or is in the way, is destroyed. */
  readonly replace: boolean;
  /** Whether what the receiver has after the newest common version is kept as a dataset beside it. */
  readonly setAside: boolean;
  /** Whether versions of the receiver that the sender no longer has are destroyed afterwards. */
  readonly deletesGone: boolean;
  readonly properties: PropertyOptions;
  /** How many streams go side by side to a receiver; as many as suit the plan when it is undefined. */
  readonly lanes: number | undefined;
  /** How many bytes a second go through in all; when undefined, what the configuration says of the hosts. */
  readonly bytesPerSecond: number | undefined;
  /** How often to retry after a host was lost or busy. */
  readonly retries: number;
  /** After this time in which nothing moves, a stream is given up; 0 for never. */
  readonly stallMs: number;
  /** For how long receivers may wait for a slower one, in all. */
  readonly lagMs: number;
  /** Whether streams are compressed on the way, where both hosts have zstd. */
  readonly compress: boolean;
  /** Whether bookmarks are left on the sender; its bases are held otherwise. */
  readonly bookmark: boolean;
  /** Whether the sizes of streams are asked for while the first ones flow: that only serves whoever watches. */
  readonly wantsSizes: boolean;
}

/** What a transfer is asked for: everything that isn't said is as in `transferDefaults`. */
export type TransferRequest = {
  readonly [Name in keyof TransferOptions]?: TransferOptions[Name] | undefined;
};

/** What goes where a request doesn't say. */
export const transferDefaults: TransferOptions = {
  choice: { patterns: [], latest: false },
  destination: undefined,
  rollback: false,
  replace: false,
  setAside: false,
  deletesGone: false,
  properties: { set: [], exclude: [], carry: [] },
  lanes: undefined,
  bytesPerSecond: undefined,
  retries: 3,
  stallMs: 600_000,
  lagMs: 30_000,
  compress: false,
  bookmark: true,
  wantsSizes: false,
};

/** The options of a request, complete. @throws ZfsVmError `usage` for what can't be */
export function completeOptions(request: TransferRequest): TransferOptions {
  const said = Object.entries(request).filter(
    ([name, value]) => name in transferDefaults && value !== undefined,
  );
  const options = { ...transferDefaults, ...(Object.fromEntries(said) as Partial<TransferOptions>) };
  checkOptions(options);
  return options;
}

function checkOptions({ destination, rollback, replace, setAside, properties }: TransferOptions): void {
  checkProperties(properties);
  const fault = destination === undefined ? undefined : findDatasetNameFault(destination);
  if (fault !== undefined) {
    const what = `invalid destination ${JSON.stringify(destination)}: ${fault}`;
    throw new ZfsVmError('usage', what, { hint: 'use a dataset name such as tank/vm' });
  }
  if (!setAside || !(rollback || replace)) return;
  const destroying = [...(rollback ? ['--rollback'] : []), ...(replace ? ['--replace'] : [])];
  throw new ZfsVmError('usage', `${destroying.join(' and ')} and --set-aside exclude each other`, {
    hint: 'use --set-aside to keep the changes on the receiver, or --rollback and --replace to destroy them',
  });
}
