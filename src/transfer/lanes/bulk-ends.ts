import type { Endpoint } from '../../host/endpoint.js';
import { findPipeElsewhere, type PipeSides } from './pipe.js';

/** Both ends of a lane. */
export interface LaneEnds {
  readonly sender: Endpoint;
  readonly receiver: Endpoint;
  /** Gives back what was opened for it. */
  readonly close: () => Promise<void>;
}

/** Whether a large stream between these hosts would go another way than small ones. */
export function hasBulkEnds(sides: PipeSides): boolean {
  if (findPipeElsewhere(sides) !== undefined) return false;
  return sides.sender.bulk !== undefined || sides.receiver.bulk !== undefined;
}

/** The ends of a lane for large streams: by connections of their own, where the hosts have them. */
export async function openBulkEnds(sender: Endpoint, receiver: Endpoint): Promise<LaneEnds> {
  const hosts = await Promise.all([sender.host.bulk?.open(), receiver.host.bulk?.open()]);
  const toEnd = (endpoint: Endpoint, host = endpoint.host): Endpoint => ({ ...endpoint, host });
  return {
    sender: toEnd(sender, hosts[0]),
    receiver: toEnd(receiver, hosts[1]),
    close: async () => {
      await Promise.all(hosts.map(async (host) => host?.close()));
    },
  };
}
