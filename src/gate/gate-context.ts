import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../base/clock.js';
import type { Host } from '../host/host.js';
import type { PipeEnd } from '../host/pipe-ends.js';
import type { Policy } from './policy.js';

/** What a gate works with. */
export interface GateContext {
  readonly policy: Policy;
  /** Where what is let through is run. */
  readonly host: Host;
  /** The words that call zfs there. */
  readonly zfs: readonly string[];
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** The stdout as a process can have it for its own, where it can. */
  readonly output: PipeEnd | undefined;
  /** Takes the line for each refusal: who, what and why. */
  readonly log: (line: string) => Promise<void>;
  /** Who has connected, for that line. */
  readonly client: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Something that isn't let through, and why. */
export class Refusal extends Error {}
