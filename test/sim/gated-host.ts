import { PassThrough } from 'node:stream';
import { serve } from '../../src/gate/serve.js';
import type { Policy } from '../../src/gate/policy.js';
import type { Exit, Host, HostProcess, StartOptions } from '../../src/host/host.js';
import { toRemoteCommand } from '../../src/host/ssh/remote-command.js';
import type { VirtualClock } from './clock.js';

/** A gate of a simulated host. */
export interface SimGate {
  readonly policy: Policy;
  /** What it has logged. */
  readonly log: string[];
}

/** A policy that allows all rights below `tank`, unless other things are said. */
export function policyOf(options: Partial<Policy>): Policy {
  return {
    ...{ allow: new Set(['list', 'send', 'receive', 'prune'] as const), roots: ['tank'], streamlines: [] },
    ...{ appendOnly: false, bytesPerSecond: undefined, quotaBytes: undefined },
    ...options,
  };
}

/** A host behind a gate: what is started there is a command line, as sshd would hand it over. */
export class GatedHost implements Host {
  readonly joinsPipes = false;
  readonly #host: Host;
  readonly #gate: SimGate;
  readonly #clock: VirtualClock;

  constructor(host: Host, gate: SimGate, clock: VirtualClock) {
    this.#host = host;
    this.#gate = gate;
    this.#clock = clock;
  }

  get name(): string {
    return this.#host.name;
  }

  start(argv: readonly string[], options: StartOptions = {}): Promise<HostProcess> {
    return Promise.resolve(this.startCommand(toRemoteCommand(argv), options));
  }

  /** Starts any command line; a shell when it is undefined. */
  startCommand(command: string | undefined, { signal }: StartOptions = {}): HostProcess {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const clock = this.#clock;
    const stop = new AbortController();
    signal?.addEventListener('abort', () => {
      stop.abort();
      stdin.destroy();
    });
    const serving = serve(command, {
      ...{
        policy: this.#gate.policy,
        host: this.#host,
        zfs: ['zfs'],
        stdin,
        stdout,
        stderr,
        output: undefined,
      },
      log: (line) => {
        this.#gate.log.push(line);
        return Promise.resolve();
      },
      ...{ client: 'test', signal: stop.signal },
      clock: {
        nowMs: () => clock.nowMs,
        dateMs: () => clock.nowMs,
        sleep: (delayMs, stopped) => clock.sleep(delayMs, stopped),
      },
    });
    const exit = serving
      .then((code): Exit => (stop.signal.aborted ? { kind: 'stopped' } : { kind: 'exited', code }))
      .catch((error: unknown): Exit => {
        if (stop.signal.aborted) return { kind: 'stopped' };
        return { kind: 'lost', reason: String(error) };
      })
      .finally(() => {
        stdout.end();
        stderr.end();
      });
    return { stdin, stdout, stderr, exit };
  }

  close(): Promise<void> {
    return this.#host.close();
  }
}
