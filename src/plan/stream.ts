import { fullNameOf } from '../streamline/dataset.js';
import type { Landing } from '../zfs/receive.js';
import type { Stream } from '../zfs/send.js';
import type { Chain, Step } from './plan.js';

/** What the sender's zfs is asked for in a step. */
export function streamOf(chain: Chain, step: Step): Stream {
  return {
    to: fullNameOf(step.to),
    from: step.kind === 'full' ? undefined : fullNameOf(step.from),
    raw: chain.raw,
  };
}

/** What the receiver's zfs is asked for in a step. */
export function landingOf(chain: Chain, step: Step): Landing {
  return {
    destination: chain.destination,
    origin: step.kind === 'clone' ? step.origin : undefined,
    makesFilesystem: step.kind !== 'incremental' && chain.type === 'filesystem',
  };
}
