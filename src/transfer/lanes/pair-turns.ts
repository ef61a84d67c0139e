import type { Host } from '../../host/host.js';

/** Between whom a stream goes. */
interface Ends {
  readonly sender: Host;
  readonly receiver: Host;
}

/** Whether the commands of both are channels of one connection. */
export function sharesConnection({ sender, receiver }: Ends): boolean {
  return toConnection(sender) === toConnection(receiver);
}

function toConnection(host: Host): Host {
  return host.via ?? host;
}

/** The turns that have been asked for last. */
const lastTurns = new WeakMap<Host, Promise<void>>();

/**
 * Waits until no other stream within this connection has its receiver only: were there several, they could hold all channels that the host
 * allows, each waiting for one more. Streams that have both channels come to their end by themselves.
 * @returns ends the turn; to be called when the sender is there, too, or there will be none
 */
export async function takePairTurn(ends: Ends): Promise<() => void> {
  if (!sharesConnection(ends)) return () => undefined;
  const connection = toConnection(ends.receiver);
  const previous = lastTurns.get(connection);
  let endTurn: () => void = () => undefined;
  const turn = new Promise<void>((resolve) => {
    endTurn = resolve;
  });
  lastTurns.set(connection, turn);
  await previous;
  return endTurn;
}
