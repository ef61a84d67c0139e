import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../../base/clock.js';
import { isSuccess, type Exit, type Host, type HostProcess } from '../../host/host.js';
import { findRemotePipe } from '../../host/remote-pipe.js';
import { openPipe, type PipeEnds } from '../../host/pipe-ends.js';
import type { StartPiped } from '../../host/piped-commands.js';
import { readChunks, readLines, readTail, stderrTailLength } from '../../host/run-command.js';
import { drained } from '../../base/write-all.js';
import { takePairTurn } from './pair-turns.js';
import type { RateLimit } from './rate-limit.js';

/** A command at one end of a pipe. */
export interface PipeCommand {
  readonly host: Host;
  readonly argv: readonly string[];
}

/** What goes along with a pipe. */
export interface PipeOptions {
  /** Aborting it ends both commands. */
  readonly signal: AbortSignal;
  /** Hears of every chunk that has gone to the receiver, where the bytes are passed on. */
  readonly onBytes: (bytes: number) => void;
  /** Hears all that the receiver writes to stdout, in pieces that are cut anywhere. */
  readonly onOutput: (text: string) => void;
  /** Hears what the sender writes to stderr, line by line, where no byte comes through here: there it has to tell how far it is. */
  readonly follow: (line: string) => SenderNews;
  /** Is called when both commands have been started. */
  readonly onStart: () => void;
  readonly clock: Clock;
  /** Slows the stream down where the bytes are passed on. */
  readonly rateLimit: RateLimit | undefined;
  /** What lets only those bytes through that the receiver may have, where they are passed on; all of them without. */
  readonly check: ByteCheck | undefined;
  /** After this time in which no byte moved and the receiver said nothing, both are ended; 0 for never. */
  readonly stallMs: number;
}

/** Looks at what goes to a receiver. */
export interface ByteCheck {
  /** Takes the next bytes, cut anywhere; gives those that may go on. */
  take(chunk: Buffer): readonly Buffer[];
  /** Whether it lets nothing through any more. */
  isClosed(): boolean;
}

/** Where a stream goes in. */
export type Inlet =
  /** A receiver that has been started and waits for its input. */
  | {
      readonly kind: 'waiting';
      readonly receive: HostProcess;
      /** The pipe that joins it to its sender, so that no byte comes through here; undefined where the bytes are passed on. */
      readonly ends: PipeEnds | undefined;
      /** Ends the receiver. */
      readonly stop: () => void;
      /** Lets other streams within the same connection begin: this one has its sender, or will have none. */
      readonly endTurn: () => void;
    }
  /** A machine elsewhere, which starts both commands at once. */
  | { readonly kind: 'elsewhere'; readonly argv: readonly string[]; readonly start: StartPiped };

/** Whether no byte comes through here. */
export function isJoined(inlet: Inlet): boolean {
  return inlet.kind === 'elsewhere' || inlet.ends !== undefined;
}

/** What a line of a sender's stderr means: bytes have moved, nothing of interest, or words that may tell why it failed. */
export type SenderNews = 'moved' | 'nothing' | 'words';

/** How both ends of a pipe ended; stderr is the last 8 KiB of it. */
export interface PipeResult {
  readonly send: { readonly exit: Exit; readonly stderr: string };
  readonly receive: { readonly exit: Exit; readonly stderr: string };
  /** Whether it was ended because nothing moved any more. */
  readonly isStalled: boolean;
}

/** How long a sender may take to end once the receiver has all it needs. */
const senderGraceMs = 10_000;

/** How long one may take that has lost its receiver, and notices that by itself or ended before: its own end tells why. */
const orphanGraceMs = 500;

/** Between whom a stream goes, and what slows it down. */
export interface PipeSides {
  readonly sender: Host;
  readonly receiver: Host;
  readonly rateLimit: RateLimit | undefined;
  /** Whether the sender has no shell that could start a pipe. */
  readonly hasNoShell?: boolean;
}

/** How a stream goes that doesn't come along this machine; undefined where it has to, if only to be slowed down. */
export function findPipeElsewhere({
  sender,
  receiver,
  rateLimit,
  hasNoShell = false,
}: PipeSides): StartPiped | undefined {
  return rateLimit === undefined && !hasNoShell ? findRemotePipe(sender, receiver) : undefined;
}

/** Whether a pipe of this machine can join both ends, so that no byte has to come through here. */
export function canJoin({ sender, receiver, rateLimit }: PipeSides): boolean {
  return rateLimit === undefined && sender.joinsPipes && receiver.joinsPipes;
}

/**
 * Starts the receiver of a stream that may be sent much later.
 * @param isSeen whether the bytes that come along this machine have to come by here, to be counted or looked at
 * @param signal aborting it ends the receiver
 * @throws ZfsVmError when its host can't start commands
 */
export async function openInlet(
  argv: readonly string[],
  sides: PipeSides,
  isSeen: boolean,
  signal: AbortSignal,
): Promise<Inlet> {
  const start = findPipeElsewhere(sides);
  if (start !== undefined) return { kind: 'elsewhere', argv, start };
  const ends = canJoin(sides) && !isSeen ? await openPipe() : undefined;
  const endTurn = await takePairTurn(sides);
  const stopped = new AbortController();
  const stop = (): void => {
    stopped.abort();
  };
  try {
    const options = { signal: AbortSignal.any([signal, stopped.signal]), input: ends?.read };
    const receive = await sides.receiver.start(argv, options);
    // Either side notices the end of the other only if nobody else holds an end.
    ends?.read.close();
    return { kind: 'waiting', receive, ends, stop, endTurn };
  } catch (error) {
    endTurn();
    closeEnds(ends);
    throw error;
  }
}

/** Ends a receiver for which there will be no stream. */
export function closeInlet(inlet: Inlet): void {
  if (inlet.kind === 'elsewhere') return;
  inlet.stop();
  inlet.endTurn();
  closeEnds(inlet.ends);
  // What it said has to be taken, or it never ends.
  inlet.receive.stdout.resume();
  inlet.receive.stderr.resume();
}

function closeEnds(ends: PipeEnds | undefined): void {
  ends?.read.close();
  ends?.write.close();
}

/**
 * Runs a command on one host into a receiver on another. Whatever ends one side ends the other: the receiver gets the end of
 * its input, the sender no reader. Memory stays flat: what the receiver doesn't take, the sender doesn't give.
 * @throws ZfsVmError when a host can't start commands
 */
export async function runPipe(
  sender: PipeCommand,
  inlet: Inlet,
  { signal, onBytes, onOutput, follow, onStart, clock, rateLimit, check, stallMs }: PipeOptions,
): Promise<PipeResult> {
  const stall = new StallWatch(stallMs, clock);
  const stopAll = AbortSignal.any([signal, stall.signal]);
  const stopSender = new AbortController();
  const over = new AbortController();
  const ends = inlet.kind === 'waiting' ? inlet.ends : undefined;
  const passesOn = !isJoined(inlet);
  const { stop: stopReceiving, endTurn } =
    inlet.kind === 'waiting' ? inlet : { stop: ignore, endTurn: ignore };
  stopAll.addEventListener('abort', stopReceiving, { once: true });
  try {
    const stopSending = AbortSignal.any([stopAll, stopSender.signal]);
    const { reader: receive, writer } =
      inlet.kind === 'elsewhere'
        ? await inlet.start(sender.argv, inlet.argv, { signal: stopSending })
        : { reader: inlet.receive, writer: undefined };
    const listeners = new Listeners();
    // From now on, so that nothing is missed of a receiver that ends before the sender is there.
    const reports = readChunks(receive.stdout, (text) => {
      stall.reset();
      listeners.call(() => {
        onOutput(text);
      });
    });
    const receiveTail = readTail(receive.stderr);
    const output = ends?.write;
    const options = { signal: stopSending, output, waiting: receive };
    const send = await Promise.resolve(writer ?? sender.host.start(sender.argv, options))
      .catch((error: unknown) => {
        receive.stdin.destroy();
        throw error;
      })
      .finally(endTurn);
    output?.close();
    stall.start();
    onStart();

    // A receiver that fails needs no more. One that has all of its stream ends well, maybe before the sender's end has come
    // through: the sender gets the time to end, too.
    void receive.exit.then((exit) => {
      const stop = (): void => {
        stopSender.abort();
      };
      if (isSuccess(exit)) void clock.sleep(senderGraceMs, over.signal).then(stop, ignore);
      else if (passesOn && !send.stdout.readableEnded) stop();
      else void clock.sleep(orphanGraceMs, over.signal).then(stop, ignore);
    });
    const countBytes = (count: number): void => {
      stall.reset();
      listeners.call(() => {
        onBytes(count);
      });
    };
    const hear = (line: string): boolean => {
      let news = 'words' as SenderNews;
      listeners.call(() => {
        news = follow(line);
      });
      if (news === 'moved') stall.reset();
      return news === 'words';
    };
    const flow = passesOn
      ? pump(
          send.stdout,
          receive.stdin,
          {
            rateLimit,
            check,
            clock,
            stall,
            signal: stopSending,
            refuse: () => {
              stopSender.abort();
            },
          },
          countBytes,
        )
      : undefined;
    const [sendStderr, receiveStderr, sendExit, receiveExit] = await Promise.all([
      passesOn ? readTail(send.stderr) : readTailOfLines(send.stderr, hear),
      receiveTail,
      send.exit,
      receive.exit,
      flow,
      reports,
    ]);
    listeners.throwDefect();
    return {
      send: { exit: sendExit, stderr: sendStderr },
      receive: { exit: receiveExit, stderr: receiveStderr },
      isStalled: stall.signal.aborted,
    };
  } finally {
    stopAll.removeEventListener('abort', stopReceiving);
    over.abort();
    stall.stop();
    closeEnds(ends);
  }
}

/** Calls those who listen: what one of them throws is a defect of ours, and no reason to take a stream for broken. */
class Listeners {
  #defect: unknown;

  call(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.#defect ??= error;
    }
  }

  throwDefect(): void {
    if (this.#defect !== undefined) throw this.#defect as Error;
  }
}

/** A process that wakes so much later than it wanted to has not been running. */
const lateMs = 1000;

/** Aborts its signal when it isn't reset for a time. */
class StallWatch {
  readonly #controller = new AbortController();
  readonly #over = new AbortController();
  readonly #limitMs: number;
  readonly #clock: Clock;
  #movedAtMs = 0;

  constructor(limitMs: number, clock: Clock) {
    this.#limitMs = limitMs;
    this.#clock = clock;
  }

  start(): void {
    if (this.#limitMs === 0) return;
    this.reset();
    // Rejects when it is stopped.
    void this.#watch().catch(ignore);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  reset(): void {
    this.excuse(0);
  }

  /** Nothing is going to move for a time, and that is as it should be. */
  excuse(ms: number): void {
    this.#movedAtMs = Math.max(this.#movedAtMs, this.#clock.nowMs() + ms);
  }

  stop(): void {
    this.#over.abort();
  }

  /** Chunks come often: each only leaves its time, and who watches waits on from there. */
  async #watch(): Promise<void> {
    for (;;) {
      const leftMs = this.#movedAtMs + this.#limitMs - this.#clock.nowMs();
      if (leftMs <= 0) break;
      const wakeAtMs = this.#clock.nowMs() + leftMs;
      await this.#clock.sleep(leftMs, this.#over.signal);
      // It was us who stood still, stopped by Ctrl-Z for instance: what has come meanwhile is read only now.
      if (this.#clock.nowMs() - wakeAtMs > lateMs) this.reset();
    }
    this.#controller.abort();
  }
}

/** Reads a stream to its end and keeps the last 8 KiB of those lines that are wanted. */
async function readTailOfLines(stream: Readable, isWanted: (line: string) => boolean): Promise<string> {
  let tail = '';
  await readLines(stream, (line) => {
    if (isWanted(line)) tail = `${tail}${line}\n`.slice(-stderrTailLength);
  });
  return tail;
}

/** What slows a stream down or looks at it, and who has to know. */
interface PumpContext {
  readonly rateLimit: RateLimit | undefined;
  readonly check: ByteCheck | undefined;
  readonly clock: Clock;
  readonly stall: StallWatch;
  /** Is called when the check lets nothing through any more. */
  readonly refuse: () => void;
  /** Aborting it ends a pause. */
  readonly signal: AbortSignal;
}

/**
 * Writes a stream into another, waiting whenever the sink is full, and ends the sink. What comes after the sink has closed is
 * read and dropped, so that the source can end. Breaks are only symptoms here: the exits of both commands tell the cause.
 */
async function pump(
  source: Readable,
  sink: Writable,
  { rateLimit, check, clock, stall, signal, refuse }: PumpContext,
  onBytes: (count: number) => void,
): Promise<void> {
  sink.on('error', () => undefined);
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      const wasClosed = check?.isClosed() === true;
      const passed = check?.take(chunk) ?? [chunk];
      for (const piece of passed.flatMap((bytes) => [...(rateLimit?.cut(bytes) ?? [bytes])])) {
        if (sink.destroyed) break;
        onBytes(piece.length);
        const waitMs = rateLimit?.take(piece.length) ?? 0;
        if (waitMs > 0) {
          stall.excuse(waitMs);
          await clock.sleep(waitMs, signal).catch(ignore);
        }
        if (!sink.write(piece)) await drained(sink);
      }
      if (wasClosed || check?.isClosed() !== true) continue;
      // The receiver gets all that came before, and the end of its input.
      sink.end();
      refuse();
    }
  } catch {
    // The source broke off: the sink ends here, and its reader will notice.
  }
  sink.end();
}

function ignore(): void {
  // Waiting was given up: nothing is to be done any more.
}
