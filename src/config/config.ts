import type { Retention } from '../plan/retention.js';
import { matchesGlob } from '../streamline/selection.js';
import type { Transport } from '../base/transports.js';

/** What the configuration file says. */
export interface Config {
  /** Hosts with short names, by these. */
  readonly remotes: ReadonlyMap<string, Remote>;
  /** Remotes under one name, by it. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  /** In the order of the file: of those that fit a streamline, the first counts. */
  readonly retentions: readonly StreamlineRetention[];
}

/** A host with a short name, and what goes for it unless the command line says otherwise. */
export interface Remote {
  /** What `parseAddress` reads. */
  readonly address: string;
  /** The dataset there under which a push puts what is new; undefined when it keeps its name. */
  readonly destination: string | undefined;
  /** Whether zfs is run through sudo there. */
  readonly sudo: boolean;
  /** Whether our key opens a gate there (`zfs-vm gate`), and no shell. */
  readonly gate: boolean;
  /** The SSH client for it; undefined for whichever supports its configuration. */
  readonly transport: Transport | undefined;
  /** How many bytes a second streams from and to it may take in all; undefined for no limit. */
  readonly bytesPerSecond: number | undefined;
  /** Whether it may serve other hosts with what it has got from a push with `--relay`. */
  readonly mayRelay: boolean;
  /** What is kept there, as the file's own retentions; empty when it says nothing of its own. */
  readonly retentions: readonly StreamlineRetention[];
}

/** What is kept of the streamlines that fit a pattern. */
export interface StreamlineRetention {
  /** A streamline's name, in which `*` stands for any characters and `?` for one. */
  readonly pattern: string;
  readonly retention: Retention;
}

/** What goes where there is no configuration file. */
export const emptyConfig: Config = { remotes: new Map(), groups: new Map(), retentions: [] };

/** What these keep of a streamline; undefined when none of them is about it. */
export function retentionFor(
  retentions: readonly StreamlineRetention[],
  streamline: string,
): Retention | undefined {
  return retentions.find(({ pattern }) => matchesGlob(pattern, streamline))?.retention;
}

/** The hosts that names on the command line stand for: groups are their members. Each is there once, in the order of the names. */
export function resolveHosts({ groups }: Config, names: readonly string[]): string[] {
  return [...new Set(names.flatMap((name) => groups.get(name) ?? [name]))];
}
