import { localName } from '../../base/local-name.js';
import type { Endpoint } from '../../host/endpoint.js';
import type { Hosts } from '../hosts.js';

/** Between which hosts a transfer goes, as people name them. */
export type Route =
  /** From this machine to a host; `local` for this machine itself. */
  | { readonly kind: 'push'; readonly to: string }
  | { readonly kind: 'pull'; readonly from: string }
  /** From a host to another one; `isDirect` where the first reaches the second by its own ssh, and nothing comes along here. */
  | { readonly kind: 'copy'; readonly from: string; readonly to: string; readonly isDirect: boolean };

/** Both sides of a transfer, being connected to; on one machine they are the same promise. */
export interface OpeningSides {
  readonly sender: Promise<Endpoint>;
  readonly receiver: Promise<Endpoint>;
}

/** Both sides of a transfer, connected. */
export interface Sides {
  readonly sender: Endpoint;
  readonly receiver: Endpoint;
}

/** What people call the receiver. */
export function receiverOf(route: Route): string {
  return route.kind === 'pull' ? localName : route.to;
}

/** What people call the sender. */
export function senderOf(route: Route): string {
  return route.kind === 'push' ? localName : route.from;
}

/** Whether the sender is another host than this one and the receiver: what it says is looked at. */
export function isFromElsewhere(route: Route): boolean {
  switch (route.kind) {
    case 'push':
      return false;
    case 'pull':
      return route.from !== localName;
    case 'copy':
      return route.from !== localName && route.from !== route.to;
  }
}

/**
 * Begins to connect to both sides.
 * @param hosts of this receiver alone, so that giving up its connections leaves those of others
 * @param pusher this machine as the sender of pushes: one for all receivers
 */
export function openSides(route: Route, hosts: Hosts, pusher: Promise<Endpoint>): OpeningSides {
  switch (route.kind) {
    case 'push':
      return { sender: pusher, receiver: route.to === localName ? pusher : hosts.open(route.to) };
    case 'pull':
      return { sender: hosts.open(route.from), receiver: Promise.resolve(hosts.openLocal()) };
    case 'copy': {
      const { from, to, isDirect } = route;
      const sender = hosts.open(from);
      if (from === to) return { sender, receiver: sender };
      return { sender, receiver: isDirect ? hosts.openVia(sender, to) : hosts.open(to) };
    }
  }
}
