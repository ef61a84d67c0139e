import type { NoteCarrier } from '../around/carry-notes.js';
import type { ReplacedDatasets } from '../around/replaced-datasets.js';
import type { LargeChains } from '../around/large-chains.js';
import type { LaneContext } from '../lanes/run-lane.js';
import type { SourceBookmarks } from '../protection/source-bookmarks.js';

/** What a plan is run with. */
export interface TransferContext extends LaneContext {
  /** How many streams go side by side; as many as suit the plan when it is undefined. */
  readonly lanes: number | undefined;
  /** Which chains are large enough for a connection of their own; undefined where there is none to be had. */
  readonly largeChains: LargeChains | undefined;
  /** What leaves bookmarks on the sender: of the last snapshot that each chain brought. None where that is left out. */
  readonly bookmarks: SourceBookmarks | undefined;
  /** What gives the versions their notes. */
  readonly notes: NoteCarrier;
  /** What destroys what was moved aside, when its successor is there. */
  readonly replaced: ReplacedDatasets;
}
