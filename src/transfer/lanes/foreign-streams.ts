import type { Step } from '../../plan/plan.js';
import { StreamCheck, type AwaitedPart, type AwaitedStream, type Checked } from '../../zfs/stream-check.js';
import { streamMark } from '../../requests/lane-scripts.js';
import type { Leg } from './lane-script.js';
import type { ByteCheck } from './pipe.js';

/**
 * What somebody else's host sends through a lane, on its way to the receiver: only the streams that were planned go through (`StreamCheck`).
 * What a shell prints before them is taken out here, so that nobody else has to find out where it ends.
 */
export class ForeignStreams implements ByteCheck {
  readonly #check: StreamCheck;
  readonly #mark = Buffer.from(`\n${streamMark}\n`);
  /** The end of the noise so far, in which the mark may have begun; undefined when the streams have. */
  #noise: Buffer | undefined;
  /** What is wrong with a stream, in words, and with which; undefined as long as nothing is. */
  refusal: Refusal | undefined;

  /** @param hasNoise whether the sender's shell prints something of its own before the streams, and a line between */
  constructor(awaited: readonly AwaitedStream[], hasNoise: boolean) {
    this.#check = new StreamCheck(awaited);
    this.#noise = hasNoise ? Buffer.alloc(0) : undefined;
  }

  isClosed(): boolean {
    return this.refusal !== undefined;
  }

  /** Takes the next bytes, cut anywhere; gives what the receiver may have. */
  take(chunk: Buffer): readonly Buffer[] {
    if (this.refusal !== undefined) return [];
    if (this.#noise === undefined) return this.#pass(this.#check.take(chunk));
    const noise = Buffer.concat([this.#noise, chunk]);
    const index = noise.indexOf(this.#mark);
    if (index < 0) {
      this.#noise = noise.subarray(-this.#mark.length + 1);
      return [];
    }
    this.#noise = undefined;
    // The receiver waits for it, too.
    return [this.#mark, ...this.#pass(this.#check.take(noise.subarray(index + this.#mark.length)))];
  }

  #pass({ pieces, fault }: Checked): readonly Buffer[] {
    if (fault !== undefined) this.refusal = { index: this.#check.index, fault };
    return pieces;
  }
}

/** The streams that the legs of a lane are to bring. */
export function awaitStreams(legs: readonly Leg[]): AwaitedStream[] {
  return legs.map(({ chain, steps }) => ({ type: chain.type, parts: steps.map(toPart) }));
}

/** A stream that doesn't go on. */
export interface Refusal {
  /** Which leg it was to be. */
  readonly index: number;
  /** In words, after "a stream". */
  readonly fault: string;
}

function toPart(step: Step): AwaitedPart {
  const { guid: toGuid } = step.to;
  switch (step.kind) {
    case 'full':
      return { toGuid, fromGuid: 0n, isClone: false };
    case 'incremental':
      return { toGuid, fromGuid: step.from.guid, isClone: false };
    case 'clone':
      return { toGuid, fromGuid: step.from.guid, isClone: undefined };
    case 'resume':
      // The receiver's zfs goes on with nothing else than what it has begun.
      return { toGuid, fromGuid: undefined, isClone: undefined };
  }
}
