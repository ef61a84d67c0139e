import type { Host } from './host.js';

/** One side of a transfer: a host, and how zfs is called there. */
export interface Endpoint {
  readonly host: Host;
  /** The words that call zfs: `zfs`, or `sudo -n zfs`. Only zfs itself is ever run as root. */
  readonly zfs: readonly string[];
  /** Whether a gate stands before it, which answers nothing but requests; what is never changed has none. */
  readonly gate?: GateState;
}

/** What is known of a gate. It may be found out by the first command that is refused. */
export interface GateState {
  isThere: boolean;
}

/** An endpoint whose zfs is run through sudo, or as whoever we are there. */
export function toEndpoint(
  host: Host,
  { sudo, gate = false }: { readonly sudo: boolean; readonly gate?: boolean },
): Endpoint {
  return { host, zfs: sudo ? ['sudo', '-n', 'zfs'] : ['zfs'], gate: { isThere: gate } };
}
