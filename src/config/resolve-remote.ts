import type { Transport } from '../base/transports.js';
import type { Config, StreamlineRetention } from './config.js';

/** A host as it is reached, and what goes for it: the configuration's word on it, or none. */
export interface ResolvedRemote {
  /** What people call it. */
  readonly name: string;
  /** What `parseAddress` reads. */
  readonly address: string;
  /** Whether zfs is run through sudo there. */
  readonly sudo: boolean;
  /** Whether a gate stands before it; one that isn't known of is found out. */
  readonly gate: boolean;
  /** The SSH client for it; undefined for whichever supports its configuration. */
  readonly transport: Transport | undefined;
  /** The dataset there under which what is new goes; undefined when it keeps its name. */
  readonly destination: string | undefined;
  /** How many bytes a second streams from and to it may take in all; undefined for no limit. */
  readonly bytesPerSecond: number | undefined;
  /** Whether it may serve other hosts with what it has got from a push with `--relay`. */
  readonly mayRelay: boolean;
  /** What is kept there; empty when nothing of its own is said. */
  readonly retentions: readonly StreamlineRetention[];
}

/** What a word for a host comes to: a remote of the configuration by its name, or an address. The one place where that is looked up. */
export function resolveRemote({ remotes }: Config, word: string): ResolvedRemote {
  const unconfigured = {
    ...{ address: word, sudo: false, gate: false, transport: undefined },
    ...{ destination: undefined, bytesPerSecond: undefined, mayRelay: true, retentions: [] },
  };
  return { ...(remotes.get(word) ?? unconfigured), name: word };
}
