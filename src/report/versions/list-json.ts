import { toPrintableJson } from '../../base/printable.js';
import { repeatable } from '../../base/repeatable.js';
import { joinPieces } from '../../base/write-all.js';
import type { ListResult } from '../../tasks/list/list.js';
import { toJsonPieces } from '../json-pieces.js';

/** The version of what `list --json` prints; it changes when something in it is renamed or removed. */
const schemaVersion = 1;

/** The versions of a host as `list --json` gives them, in pieces. */
export function* formatListAsJson({ host, streamlines, malformedTags }: ListResult): Generator<string> {
  const document = {
    ...{ schemaVersion, host, streamlines: repeatable(() => streamlines) },
    ignored: malformedTags,
  };
  for (const piece of joinPieces(toJsonPieces(document))) yield toPrintableJson(piece);
  yield '\n';
}
