import { join } from 'node:path';

/** What is known of a guest before it is started: its place in the lab. */
export interface GuestPlan {
  readonly name: string;
  readonly kind: string;
  /** 1 for the lab's first host; its address and its MAC addresses follow from it. */
  readonly index: number;
  /** Its address on the private link. */
  readonly address: string;
  /** Its part of the lab's folder. */
  readonly folder: string;
  /** The lab's other hosts: there is a link of its own to each of them. */
  readonly peers: readonly Peer[];
}

/** Another host as seen from a guest. */
export interface Peer {
  readonly name: string;
  readonly index: number;
  readonly address: string;
}

/** The most hosts a lab can have: each has a network card for each other. */
export const maxHosts = 8;

/** Places the hosts in the lab. Throws on names that cannot be host names or network devices. */
export function planGuests(
  labFolder: string,
  hosts: readonly { readonly name: string; readonly kind: string }[],
): readonly GuestPlan[] {
  if (hosts.length < 1 || hosts.length > maxHosts) throw new Error(`a lab has 1 to ${maxHosts} hosts`);
  if (new Set(hosts.map((host) => host.name)).size < hosts.length) throw new Error('two hosts have one name');
  const placed = hosts.map(({ name, kind }, position) => {
    if (!/^[a-z][a-z0-9]{0,9}$/.test(name)) throw new Error(`not a name for a host: ${name}`);
    return { name, kind, index: position + 1, address: `10.77.0.${position + 1}` };
  });
  return placed.map((host) => ({
    ...host,
    folder: join(labFolder, host.name),
    peers: placed
      .filter((other) => other.index !== host.index)
      .map(({ name, index, address }) => ({ name, index, address })),
  }));
}

/** The MAC address of the network card that leads to this machine. */
export function controlMac(guest: GuestPlan): string {
  return `52:54:00:4c:0${guest.index}:00`;
}

/** The MAC address of the network card that leads to the peer. */
export function linkMac(guest: GuestPlan, peer: Peer): string {
  return `52:54:00:4c:0${guest.index}:0${peer.index}`;
}

/** The name of the network device, inside the guest, that leads to the peer. */
export function linkDevice(peer: Pick<Peer, 'name'>): string {
  return `link-${peer.name}`;
}

/** The name of the network device, inside a guest, that leads to this machine. */
export const outsideDevice = 'control';
