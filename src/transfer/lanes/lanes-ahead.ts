import type { Leg } from './lane-script.js';
import { closeLane, openLane, type LaneContext, type OpenLane } from './run-lane.js';

/**
 * Lanes that were opened before their turn: where a channel takes one stream only, the receiver of the next one is started while the
 * one before is at work, so that between two streams nobody waits for a round trip, a login shell or sudo.
 */
export class LanesAhead {
  readonly #lanes = new Map<Leg, Promise<OpenLane | undefined>>();

  /** Begins to open the lane of a leg. */
  open(leg: Leg, context: LaneContext): void {
    // Where that fails, it is tried again when its turn has come, and told.
    this.#lanes.set(
      leg,
      openLane([leg], context).catch(() => undefined),
    );
  }

  /** Gives the lane that begins with a leg; undefined where none was opened for it. */
  async take(leg: Leg): Promise<OpenLane | undefined> {
    const lane = this.#lanes.get(leg);
    this.#lanes.delete(leg);
    return lane;
  }

  /** Closes the lane of a leg whose turn won't come, if there is one. */
  drop(leg: Leg): void {
    void this.take(leg).then((lane) => {
      if (lane !== undefined) closeLane(lane);
    });
  }
}
