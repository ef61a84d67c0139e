import { ZfsVmError } from '../../base/errors.js';
import { fullNameOf } from '../../streamline/dataset.js';
import type { Pruning } from '../../tasks/pruning.js';
import { toJsonError } from '../error-json.js';
import { mapLater, toJsonPieces } from '../json-pieces.js';
import { toJsonDestruction } from '../plan/plan-json.js';

/** The version of the JSON; it changes when something in it is renamed or removed. */
const schemaVersion = 1;

/** A prune as JSON, in pieces, as docs/reference/json-plans.md describes it. */
export function* formatPruneAsJson(
  { host, plan, reclaim, ended }: Pruning,
  { isDryRun }: { readonly isDryRun: boolean },
): Generator<string> {
  const document = {
    schemaVersion,
    host,
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
