import type { Client } from '../test/lab/client.js';
import type { LabHost } from '../test/lab/lab-host.js';
import { quoteArgv } from '../test/lab/quote.js';

/** What one run of a contender took. */
export interface Measurement {
  readonly seconds: number;
  /** Processes and threads that began on the receiver, those of its kernel included. */
  readonly tasks: number;
  /** TCP connections that the receiver accepted. */
  readonly connections: number;
}

/** What has begun on a host since it booted. */
type Counts = Pick<Measurement, 'tasks' | 'connections'>;

/** Far more than anything takes here; syncoid needs minutes for 100 datasets. */
const timeoutMs = 20 * 60_000;

/** The shell does it all by itself, so that reading the counters moves them little. */
const readCountsScript = [
  'while read -r name value _; do [ "$name" != processes ] || echo "$value"; done </proc/stat',
  'while read -r name _ _ _ _ _ passive_opens _; do',
  '  [ "$name" != Tcp: ] || value=$passive_opens',
  'done </proc/net/snmp; echo "$value"',
].join('\n');

/** Times shell lines where they run, and counts what they make a receiver do. */
export class Stopwatch {
  readonly #client: Client;
  readonly #receiver: LabHost;
  /** What reading the counters adds to them. */
  readonly #tasksPerReading: number;

  private constructor(client: Client, receiver: LabHost, tasksPerReading: number) {
    this.#client = client;
    this.#receiver = receiver;
    this.#tasksPerReading = tasksPerReading;
  }

  /** Learns first what its own counting adds; nothing else may be at work on the receiver meanwhile. */
  static async calibrate(client: Client, receiver: LabHost): Promise<Stopwatch> {
    const differences: number[] = [];
    let before = await readCounts(receiver);
    for (let reading = 0; reading < 5; reading++) {
      const after = await readCounts(receiver);
      differences.push(after.tasks - before.tasks);
      before = after;
    }
    // The kernel begins a thread now and then: the least is what the reading takes.
    return new Stopwatch(client, receiver, Math.min(...differences));
  }

  /**
   * Runs a line of bash to its end. The time is read by that bash, on the clock of where it runs, right before and after: the way
   * from here to there doesn't count.
   * @throws ProgramError with the last lines that it wrote, unless it ends with status 0
   */
  async time(line: string): Promise<Measurement> {
    const script = [
      'set -o pipefail',
      'log=$(mktemp)',
      'began=$EPOCHREALTIME',
      `{ ${line}`,
      '} </dev/null >"$log" 2>&1',
      'status=$? ended=$EPOCHREALTIME',
      'echo "$began $ended"',
      '[ $status = 0 ] || tail -n 20 "$log" >&2',
      'rm "$log"; exit $status',
    ].join('\n');
    const before = await readCounts(this.#receiver);
    const { stdout } = await this.#client.run(quoteArgv(['bash', '-c', script]), { timeoutMs });
    const after = await readCounts(this.#receiver);
    const [began = NaN, ended = NaN] = stdout.trim().split(' ').map(Number);
    return {
      seconds: ended - began,
      tasks: after.tasks - before.tasks - this.#tasksPerReading,
      connections: after.connections - before.connections,
    };
  }
}

async function readCounts(host: LabHost): Promise<Counts> {
  const { stdout } = await host.run(readCountsScript);
  const [tasks = NaN, connections = NaN] = stdout.trim().split('\n').map(Number);
  return { tasks, connections };
}
