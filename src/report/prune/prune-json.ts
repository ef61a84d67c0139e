import { ZfsVmError } from '../../base/errors.js';
import type { Destruction } from '../../plan/destruction.js';
import { fullNameOf } from '../../streamline/dataset.js';
import { toJsonError } from '../error-json.js';
import { mapLater, toJsonPieces } from '../json-pieces.js';
import { toJsonDestruction } from '../plan/plan-json.js';
import type { MeasuredPrune } from './prune-text.js';

/** The version of the JSON; it changes when something in it is renamed or removed. */
const schemaVersion = 1;

/** What came of a prune. */
export interface PruneOutcome {
  /** Whether nothing was to be destroyed. */
  readonly isDryRun: boolean;
  /** What was destroyed, and what could not be, with why; the plan's others were not come to. */
  readonly ended: ReadonlyMap<Destruction, ZfsVmError | undefined>;
}

/** A prune as JSON, in pieces, as docs/scripting.md describes it. */
export function* formatPruneAsJson(
  { plan, hostName, reclaim }: MeasuredPrune,
  outcome: PruneOutcome,
): Generator<string> {
  const { isDryRun, ended } = outcome;
  const document = {
    schemaVersion,
    host: hostName,
    dryRun: isDryRun,
    streamlines: mapLater(plan.streamlines, ({ name, fates }) => ({
      name,
      versions: mapLater(fates, ({ tree: { root, members }, createdAtSeconds, reasons }) => ({
        version: root.tag.version.text,
        dataset: root.dataset,
        members: members.map((member) => member.dataset.slice(root.dataset.length + 1)),
        createdAt: new Date(createdAtSeconds * 1000).toISOString(),
        goes: reasons.length === 0,
        reasons,
      })),
    })),
    bookmarks: plan.bookmarks.map(({ snapshot, receivers }) => ({
      snapshot: fullNameOf(snapshot),
      receivers,
    })),
    destructions: mapLater(new Set([...plan.destructions, ...ended.keys()]), (destruction) => {
      const size = reclaim.get(destruction);
      const error = ended.get(destruction) ?? (size instanceof ZfsVmError ? size : undefined);
      return {
        ...toJsonDestruction(destruction),
        reclaimBytes: typeof size === 'number' ? size : null,
        destroyed: ended.has(destruction) && error === undefined,
        error: error === undefined ? null : toJsonError(error),
      };
    }),
  };
  yield* toJsonPieces(document);
  yield '\n';
}
