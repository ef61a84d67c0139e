/** A run of a command that changes something, as the log of runs has it. */
export interface RunRecord {
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** Its words, without the program's name. */
  readonly words: readonly string[];
  /** What it was called, e.g. `push`. */
  readonly command: string;
  /** The hosts that it named. */
  readonly hosts: readonly string[];
  /** How it ended; undefined while it goes on, and for one that was killed. */
  readonly end: RunEnd | undefined;
  /** Whether it goes on: without an end, its process is there. */
  readonly isRunning: boolean;
}

/** How a run ended, and what it did. */
export interface RunEnd extends RunCounts {
  readonly seconds: number;
  readonly exitCode: number;
  /** What went wrong first, in one line. */
  readonly error: string | undefined;
}

/** What a run did. */
export interface RunCounts {
  /** The versions that it made, e.g. `web:3`. */
  readonly made: readonly string[];
  /** What else it did, e.g. `renamed web:3 to web:4`. */
  readonly did: readonly string[];
  /** The snapshots that it destroyed. */
  readonly destroyed: number;
  /** What came to each receiver. */
  readonly receivers: readonly ReceiverCounts[];
}

/** What came to a receiver in a run. */
export interface ReceiverCounts {
  readonly host: string;
  readonly versions: number;
  readonly bytes: number;
  readonly conflicts: number;
  /** Why not all of it came. */
  readonly error: string | undefined;
}

/** A line of the log: a run begins, or has ended. */
export type RunLine =
  | {
      readonly kind: 'begin';
      readonly id: string;
      readonly pid: number;
      /** Tells this start of the machine from any other. */
      readonly bootId: string;
      readonly startedAt: string;
      readonly command: string;
      readonly words: readonly string[];
      readonly hosts: readonly string[];
    }
  | ({ readonly kind: 'end'; readonly id: string } & RunEnd);

/** A line of the log as text. */
export function formatRunLine(line: RunLine): string {
  return `${JSON.stringify(line)}\n`;
}

/** Reads a line of the log; undefined for one that was cut off, or that another version has written. */
export function parseRunLine(text: string): RunLine | undefined {
  try {
    const line: unknown = JSON.parse(text);
    if (!isObject(line) || typeof line['id'] !== 'string') return undefined;
    return line['kind'] === 'begin' ? readBegin(line) : line['kind'] === 'end' ? readEnd(line) : undefined;
  } catch {
    return undefined;
  }
}

function readBegin(line: Readonly<Record<string, unknown>>): RunLine | undefined {
  const { id, pid, bootId, startedAt, command, words, hosts } = line;
  const isReadable =
    typeof id === 'string' &&
    typeof pid === 'number' &&
    typeof bootId === 'string' &&
    typeof startedAt === 'string' &&
    !Number.isNaN(Date.parse(startedAt)) &&
    typeof command === 'string' &&
    isListOfTexts(words) &&
    isListOfTexts(hosts);
  return isReadable ? { kind: 'begin', id, pid, bootId, startedAt, command, words, hosts } : undefined;
}

function readEnd(line: Readonly<Record<string, unknown>>): RunLine | undefined {
  // Earlier versions of the program write no `did`.
  const { id, seconds, exitCode, made, did = [], destroyed, receivers, error } = line;
  const isReadable =
    typeof id === 'string' &&
    typeof seconds === 'number' &&
    typeof exitCode === 'number' &&
    isListOfTexts(made) &&
    isListOfTexts(did) &&
    typeof destroyed === 'number' &&
    Array.isArray(receivers) &&
    isTextIfAny(error);
  if (!isReadable) return undefined;
  const read = receivers.map(readReceiver).filter((receiver) => receiver !== undefined);
  return { kind: 'end', id, seconds, exitCode, made, did, destroyed, receivers: read, error };
}

function readReceiver(value: unknown): ReceiverCounts | undefined {
  if (!isObject(value)) return undefined;
  const { host, versions, bytes, conflicts, error } = value;
  const isReadable =
    typeof host === 'string' &&
    typeof versions === 'number' &&
    typeof bytes === 'number' &&
    typeof conflicts === 'number' &&
    isTextIfAny(error);
  return isReadable ? { host, versions, bytes, conflicts, error } : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isListOfTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function isTextIfAny(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

/**
 * The runs that a log tells of, in the order in which they began.
 * @param isAlive whether the process of a run without an end is there
 */
export function joinRunLines(
  lines: readonly RunLine[],
  isAlive: (begin: Extract<RunLine, { kind: 'begin' }>) => boolean,
): RunRecord[] {
  const ends = new Map(lines.flatMap((line) => (line.kind === 'end' ? [[line.id, line] as const] : [])));
  return lines.flatMap((line) => {
    if (line.kind === 'end') return [];
    const { startedAt, words, command, hosts } = line;
    const end = ends.get(line.id);
    return [{ startedAt, words, command, hosts, end, isRunning: end === undefined && isAlive(line) }];
  });
}
