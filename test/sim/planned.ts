import { snapshotsIn, type HostState } from './capture.js';
import { findConflicts, readCount } from './judge.js';
import type { RunResult } from './sim-world.js';
import { expectThat } from './violation.js';

/** What a plan says. */
export interface Planned {
  readonly status: number;
  /** The sender's datasets with a conflict. */
  readonly conflicts: ReadonlySet<string>;
  /** What will arrive: the receiver's dataset and the snapshot's GUID. */
  readonly arrivals: ReadonlySet<string>;
}

/** Reads a plan in JSON; there is none where the status says that it couldn't be made. */
export function readPlanned({ status, stdout }: RunResult): Planned {
  if (status !== 0 && status !== 3) return { status, conflicts: new Set(), arrivals: new Set() };
  const plan = JSON.parse(stdout) as {
    readonly chains: readonly {
      readonly destination: string;
      readonly steps: readonly { readonly to: { readonly guid: string } }[];
    }[];
    readonly conflicts: readonly { readonly source: string }[];
  };
  return {
    status,
    conflicts: new Set(plan.conflicts.map(({ source }) => source)),
    arrivals: new Set(
      plan.chains.flatMap(({ destination, steps }) => steps.map(({ to }) => `${destination} ${to.guid}`)),
    ),
  };
}

/** Expects of a run that nothing disturbed that it did what was planned, and said the same of the rest. @throws Violation */
export function judgeAsPlanned(
  planned: Planned,
  before: HostState,
  after: HostState,
  result: RunResult,
): void {
  const { status } = result;
  expectThat(
    status === planned.status,
    `nothing disturbed it; planned was ${planned.status}, and it ended with ${status}`,
  );
  if (status !== 0 && status !== 3) return;
  const { versions } = readCount(result) ?? { versions: 0 };
  expectThat(
    versions === planned.arrivals.size,
    `planned were ${planned.arrivals.size} versions, and ${versions} were sent`,
  );
  const had = new Set([...snapshotsIn(before)].map(describeArrival));
  const arrived = [...snapshotsIn(after)].map(describeArrival).filter((each) => !had.has(each));
  expectThat(
    arrived.sort().join('\n') === [...planned.arrivals].sort().join('\n'),
    `other versions arrived, or elsewhere, than planned:\n${arrived.join('\n')}\nplanned:\n${[...planned.arrivals].join('\n')}`,
  );
  const conflicts = findConflicts(result);
  expectThat(
    [...conflicts].sort().join() === [...planned.conflicts].sort().join(),
    `the plan has conflicts with ${[...planned.conflicts].join(', ')}, and the run with ${[...conflicts].join(', ')}`,
  );
}

function describeArrival({
  dataset,
  snapshot,
}: {
  readonly dataset: { readonly name: string };
  readonly snapshot: { readonly guid: bigint };
}): string {
  return `${dataset.name} ${snapshot.guid}`;
}
