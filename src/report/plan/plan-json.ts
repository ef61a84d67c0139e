import type { Destruction } from '../../plan/destruction.js';
import type { PassedVersions } from '../../plan/passed.js';
import type { Conflict } from '../../plan/conflict.js';
import type { Chain, Plan, Step } from '../../plan/plan.js';
import type { Preparation } from '../../plan/preparation.js';
import type { SharedSteps } from '../../transfer/event.js';
import { fullNameOf, type Point } from '../../streamline/dataset.js';
import { mapLater, toJsonPieces } from '../json-pieces.js';
import { describeConflict } from './describe-conflict.js';
import type { Ends } from './describe-plan.js';
import { suggestResolution } from './suggest-resolution.js';

/** A plan with what is known of its size, between two named places. */
export interface EstimatedPlan {
  readonly plan: Plan;
  readonly passed?: PassedVersions;
  /** Estimated bytes of each step; a step may be missing. */
  readonly sizes: ReadonlyMap<Step, number>;
  readonly sender: PlanSide;
  readonly receiver: PlanSide;
  /** Whether zstd packs the streams on the way; the sizes are those before. */
  readonly compress: boolean;
}

/** A host by its name, and the one that reaches it by its own ssh, where that isn't this machine. */
export interface PlanHost {
  readonly name: string;
  readonly via?: PlanHost;
}

/** What a plan's text needs to know of a side. */
export interface PlanSide {
  readonly host: PlanHost;
  /** The words that call zfs there. */
  readonly zfs: readonly string[];
}

/** The version of the JSON; it changes when something in it is renamed or removed. */
const schemaVersion = 1;

/** A plan as JSON, in pieces, as docs/reference/json-plans.md describes it. GUIDs are text, since they have 64 bits. */
export function* formatPlanAsJson(plan: EstimatedPlan): Generator<string> {
  yield* toJsonPieces(toJsonPlan(plan));
  yield '\n';
}

/** Plans for several receivers as JSON, each as for one, with what they share. */
export function* formatPlansAsJson(
  plans: readonly EstimatedPlan[],
  shared: readonly SharedSteps[],
): Generator<string> {
  yield* toJsonPieces({
    ...{ schemaVersion, plans: mapLater(plans, toJsonPlan), shared: mapLater(shared, toJsonSharing) },
  });
  yield '\n';
}

function toJsonPlan({ plan, passed, sizes, sender, receiver, compress }: EstimatedPlan): object {
  return {
    schemaVersion,
    sender: sender.host.name,
    receiver: receiver.host.name,
    compress,
    chains: mapLater(plan.chains, (chain) => toJsonChain(chain, sizes)),
    upToDate: plan.upToDate.map(({ source, destination, newest, receiverOnly }) => ({
      source,
      destination,
      newest: toJsonPoint(newest),
      receiverOnly: receiverOnly.map(toJsonPoint),
    })),
    conflicts: plan.conflicts.map((conflict) =>
      toJsonConflict(conflict, { senderName: sender.host.name, receiverName: receiver.host.name }),
    ),
    deletes: mapLater(plan.deletes ?? [], toJsonDestruction),
    passed: toJsonPassed(passed),
  };
}

/** What a receiver lacks for good, as docs/reference/json-plans.md describes it. */
export function toJsonPassed(passed: PassedVersions | undefined): object[] {
  return (passed?.versions ?? []).map(({ source, destination, versions }) => ({
    ...{ source, destination, versions: versions.map(toJsonPoint) },
  }));
}

/** What is read once for several receivers, as docs/reference/json-plans.md describes it. */
export function toJsonSharing({ receivers, chain: { source, steps } }: SharedSteps): object {
  return { receivers, source, versions: steps.map(({ to }) => toJsonPoint(to)) };
}

/** A chain as docs/reference/json-plans.md describes it. */
export function toJsonChain(
  { source, destination, type, raw, parents, after, preparation, steps, properties }: Chain,
  sizes: ReadonlyMap<Step, number>,
): object {
  return {
    ...{ source, destination, type, raw, parents },
    after,
    preparation: preparation === undefined ? null : toJsonPreparation(preparation),
    properties: {
      set: Object.fromEntries(properties.set.map(({ name, value }) => [name, value])),
      exclude: properties.exclude,
    },
    steps: steps.map((step) => ({
      kind: step.kind,
      to: toJsonPoint(step.to),
      ...('from' in step ? { from: toJsonPoint(step.from) } : {}),
      ...('origin' in step ? { origin: step.origin } : {}),
      ...('token' in step ? { token: step.token } : {}),
      sizeBytes: sizes.get(step) ?? null,
    })),
  };
}

/** What is destroyed of a dataset, as docs/reference/json-plans.md describes it. */
export function toJsonDestruction({ dataset, snapshots }: Destruction): object {
  return { dataset, snapshots: snapshots.map(toJsonPoint) };
}

/** A conflict as docs/reference/json-plans.md describes it. */
export function toJsonConflict(conflict: Conflict, ends: Ends): object {
  const { source, streamlines, reason } = conflict;
  const evidence = Object.entries(reason).map(([key, value]: [string, unknown]) => [
    key,
    toJsonEvidence(value),
  ]);
  return {
    source,
    streamlines,
    message: describeConflict(conflict, ends),
    wayOut: suggestResolution(reason, ends),
    ...(Object.fromEntries(evidence) as object),
  };
}

function toJsonEvidence(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toJsonEvidence);
  return isPoint(value) ? toJsonPoint(value) : value;
}

function isPoint(value: unknown): value is Point {
  return typeof value === 'object' && value !== null && 'guid' in value && 'dataset' in value;
}

/** A snapshot or bookmark by its full name. */
export function toJsonPoint(point: Point): { name: string; guid: string } {
  return { name: fullNameOf(point), guid: point.guid.toString() };
}

function toJsonPreparation(preparation: Preparation): object {
  if (preparation.kind === 'abort') return preparation;
  switch (preparation.kind) {
    case 'rollback': {
      const { destroys, bookmarks, ...rest } = preparation;
      return { ...rest, destroys: [...destroys, ...bookmarks].map(fullNameOf) };
    }
    case 'replace': {
      const { kind, aside, destroys, writtenBytes } = preparation;
      return { kind, aside, destroys: destroys.map(fullNameOf), writtenBytes };
    }
    case 'set-aside': {
      const { kind, aside, to, keeps, writtenBytes } = preparation;
      return { kind, aside, to, keeps: keeps.map(fullNameOf), writtenBytes };
    }
  }
}
