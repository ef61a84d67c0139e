import type { Host } from './host.js';

/** One side of a transfer: a host, and how zfs is called there. */
export interface Endpoint {
  readonly host: Host;
  /** The words that call zfs: `zfs`, or `sudo -n zfs`. Only zfs itself is ever run as root. */
  readonly zfs: readonly string[];
}

/** An endpoint whose zfs is run through sudo, or as whoever we are there. */
export function toEndpoint(host: Host, options: { sudo: boolean }): Endpoint {
  return { host, zfs: options.sudo ? ['sudo', '-n', 'zfs'] : ['zfs'] };
}
