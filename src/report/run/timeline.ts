import type { TaskEvent } from '../../tasks/event.js';
import { alignColumns } from '../terminal/columns.js';

/** What a run comes to, one after another, and when. */
type Milestone = 'reading' | 'connected' | 'planned' | 'first byte' | 'last byte' | 'verified' | 'end';

/** Notes when a run gets where, and what each host is asked for, so that it can be seen where the time goes. */
export class Timeline {
  readonly #nowMs: () => number;
  /** The first time of each, but of the last byte the last. */
  readonly #reachedMs = new Map<string, number>();
  readonly #commands = new Map<string, number>();

  /** @param nowMs the time since the program was started */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** The seconds since the program was started, as a text of a fixed width for some hours. */
  get stamp(): string {
    return formatSeconds(this.#nowMs());
  }

  hear(event: TaskEvent): void {
    if (event.kind === 'command') {
      this.#commands.set(event.host, (this.#commands.get(event.host) ?? 0) + 1);
    } else if (event.kind === 'connected') {
      this.#note('connected', event.host);
    } else if (event.kind === 'transfer') {
      const { event: happened, receiver = '' } = event;
      if (happened.kind === 'reading') this.#note('reading', happened.host);
      if (happened.kind === 'planned') this.#note('planned', receiver);
      if (happened.kind === 'progress') this.#note('first byte', receiver);
      if (happened.kind === 'step-done') this.#note('last byte', receiver, { isLast: true });
      if (happened.kind === 'verified') this.#note('verified', receiver);
    }
  }

  /** The milestones in the order in which they were reached, and how many commands each host was asked to run. */
  format(): string {
    this.#note('end', '');
    const rows = [...this.#reachedMs].sort(([, a], [, b]) => a - b);
    const lines = rows.map(([name, ms]) => `${formatSeconds(ms)}  ${name}`);
    const hosts = [...this.#commands];
    const counts = alignColumns<[string, number]>(
      [
        { title: 'host', cell: ([host]) => host },
        { title: 'commands', isRightAligned: true, cell: ([, count]) => String(count) },
      ],
      hosts,
    );
    return [
      'timeline, in seconds since the start:',
      ...lines,
      ...(hosts.length === 0 ? [] : counts),
      '',
    ].join('\n');
  }

  #note(milestone: Milestone, of: string, { isLast = false } = {}): void {
    const name = of === '' ? milestone : `${milestone}, ${of}`;
    if (isLast || !this.#reachedMs.has(name)) this.#reachedMs.set(name, this.#nowMs());
  }
}

function formatSeconds(ms: number): string {
  return (ms / 1000).toFixed(3).padStart(8);
}
