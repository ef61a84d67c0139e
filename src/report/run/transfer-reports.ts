import type { ChalkInstance } from 'chalk';
import type { Clock } from '../../base/clock.js';
import { localName } from '../../base/local-name.js';
import type { TaskEvent } from '../../tasks/event.js';
import type { TransferEvent } from '../../transfer/event.js';
import { formatError } from '../error-text.js';
import type { OutputStream } from '../terminal/colors.js';
import { openScreen, prefixScreen, type Screen } from '../terminal/screen.js';
import { JsonReport } from './json-report.js';
import { TextReport } from './text-report.js';

/** How transfers are told. */
export interface TransferReportsOptions {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly colors: ChalkInstance;
  readonly errorColors: ChalkInstance;
  /** Whether events are told as lines of JSON. */
  readonly json: boolean;
  /** Whether only plans are made: these go to stdout, and nothing else does. */
  readonly isPlanOnly: boolean;
  /** Whether the person has said where new copies go. */
  readonly namesDestination?: boolean;
  readonly verbose: boolean;
  readonly debug: boolean;
  readonly clock: Clock;
  /** Whether somebody is asked on the terminal at this moment. */
  readonly isAsking: () => boolean;
}

/** Where the events of the transfer to one receiver go. */
interface Report {
  readonly handle: (event: TransferEvent) => void;
  readonly close: () => void;
}

/** Tells a transfer to one receiver or several: each has a report of its own, whose lines say whose they are where there are several. */
export class TransferReports {
  readonly #options: TransferReportsOptions;
  readonly #screen: Screen;
  #sender = localName;
  #receivers: readonly string[] = [];
  /** By the receivers' names; what is about the sender alone, by undefined. */
  readonly #reports = new Map<string | undefined, Report>();

  constructor(options: TransferReportsOptions) {
    const { stdout, stderr, isPlanOnly, isAsking } = options;
    this.#options = options;
    this.#screen = openScreen({ stdout: isPlanOnly ? stderr : stdout, stderr, isAsking });
  }

  /** Takes the next event; those that aren't about transfers are left alone. */
  readonly handle = (event: TaskEvent): void => {
    if (event.kind === 'receivers') {
      this.#sender = event.sender;
      this.#receivers = event.receivers;
    } else if (event.kind === 'transfer') {
      this.#reportOf(event.receiver).handle(event.event);
    } else if (event.kind === 'receiver-failed') {
      const text = formatError(event.error, this.#options.errorColors, this.#options);
      prefixScreen(this.#screen, this.#prefixOf(event.receiver)).printError(text);
    }
  };

  /** Ends what is redrawn in place. */
  close(): void {
    for (const report of this.#reports.values()) report.close();
  }

  #reportOf(receiver: string | undefined): Report {
    const [only, ...others] = this.#receivers;
    const name = receiver ?? (others.length === 0 ? only : undefined);
    const report = this.#reports.get(name) ?? this.#open(name);
    this.#reports.set(name, report);
    return report;
  }

  #open(receiver: string | undefined): Report {
    const { json, isPlanOnly, namesDestination, stdout, clock, colors, errorColors, verbose, debug } =
      this.#options;
    const isOneOfMany = receiver !== undefined && this.#receivers.length > 1;
    const [senderName, receiverName] = [this.#sender, receiver ?? localName];
    if (json && !isPlanOnly) return new JsonReport({ stdout, senderName, receiverName, isOneOfMany, clock });
    const screen = isOneOfMany ? prefixScreen(this.#screen, this.#prefixOf(receiver)) : this.#screen;
    return new TextReport({
      ...{ screen, colors, errorColors, debug, senderName, receiverName, namesDestination, clock },
      verbose: verbose || debug,
    });
  }

  /** Its name and room, so that what follows stands in a column. */
  #prefixOf(receiver: string): string {
    return `${receiver.padEnd(Math.max(...this.#receivers.map(({ length }) => length)))}  `;
  }
}
