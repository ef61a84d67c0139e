import type { Host } from './host.js';

/** A host, and how zfs is called there. */
export interface Endpoint {
  readonly host: Host;
  /** The words that call zfs: `zfs`, or `sudo -n zfs` and the like (`elevate`). Only zfs itself is ever run as root. */
  readonly zfs: readonly string[];
  /** Whether a gate stands before it, which answers nothing but requests; what is never changed has none. */
  readonly gate?: GateState;
}

/** What is known of a gate. It may be found out by the first command that is refused. */
export interface GateState {
  isThere: boolean;
}

/** An endpoint whose zfs is called by these words; as whoever we are there, when they are left out. */
export function toEndpoint(
  host: Host,
  { zfs = ['zfs'], gate = false }: { readonly zfs?: readonly string[]; readonly gate?: boolean } = {},
): Endpoint {
  return { host, zfs, gate: { isThere: gate } };
}

/** Whether zfs is run as root by another program there. */
export function isElevated({ zfs }: Pick<Endpoint, 'zfs'>): boolean {
  return zfs.length > 1;
}
