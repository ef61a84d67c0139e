import assert from 'node:assert/strict';
import type { ClientLab } from './client.js';
import type { LabHost } from './lab-host.js';
import { waitOn } from './wait-on.js';

/** The link of a slow push. No faster, because each byte costs emulated hosts a lot of the processor. */
export const slowRate = { rateMbitPerSecond: 4 } as const;

/** What takes half a minute over it. */
export const slowBytes = 15_000_000;

/** A push that takes half a minute, so that whatever is done to it happens in its middle. */
export class SlowPush {
  readonly #lab: Pick<ClientLab, 'a' | 'b'>;

  /** @param lab whose hosts may change until `prepare` is called */
  constructor(lab: Pick<ClientLab, 'a' | 'b'>) {
    this.#lab = lab;
  }

  /** Makes tank/ct with one version on host a, and the link slow. */
  async prepare(): Promise<void> {
    const { a } = this.#lab;
    await a.run(
      `zfs create tank/ct; head -c ${slowBytes} /dev/urandom > /tank/ct/big; zfs snapshot tank/ct@zfs-vm:ct:1`,
    );
    await a.setLink(slowRate);
  }

  /**
   * Starts it on host a, and waits until its first bytes have been received. Watched from outside: the link is full, and
   * whatever else went over it would wait behind the stream.
   */
  async start(target: string): Promise<void> {
    const { a, b } = this.#lab;
    const sudo = target.startsWith('fjoe') ? '-s' : '';
    await a.run(
      `rm -f /tmp/push*; mkfifo /tmp/push.over
      (sh -c 'echo $$ > /tmp/push.pid; exec zfs-vm ${sudo} push -d tank/vm ${target}' > /tmp/push 2>&1
       echo $? > /tmp/push.status; echo 1<> /tmp/push.over) > /dev/null 2>&1 &`,
    );
    const deadline = Date.now() + 60_000;
    // That it is there isn't enough: of a receive that ends before something was written, nothing is kept.
    const hasBegun = '[ "$(zfs get -Hpo value used tank/vm/ct 2> /dev/null || echo 0)" -gt 250000 ]';
    while (!(await waitOn(b, hasBegun))) {
      assert.ok(Date.now() < deadline, 'the push does not begin');
    }
  }

  /** Interrupts it as Ctrl-C does, and gives how it ended; `tookMs` since the interrupt. */
  interrupt(): Promise<PushEnd> {
    return this.#waitForEnd('kill -INT $(cat /tmp/push.pid)');
  }

  /** How it ended; `tookMs` since this was asked. */
  end(): Promise<PushEnd> {
    return this.#waitForEnd(':');
  }

  /** Waits on a pipe, not by looking time and again: that would take half of an emulated processor. */
  async #waitForEnd(command: string): Promise<PushEnd> {
    const { stdout } = await this.#lab.a.run(
      `exec 3<> /tmp/push.over; began=$(date +%s%N); ${command}
      [ -s /tmp/push.status ] || read -r over <&3
      echo "$(cat /tmp/push.status) $(( ($(date +%s%N) - began) / 1000000 ))"; cat /tmp/push`,
      { timeoutMs: 120_000 },
    );
    const [, status = '', tookMs = ''] = /^([0-9]+) ([0-9]+)\n/.exec(stdout) ?? [];
    return { status: Number(status), tookMs: Number(tookMs), output: stdout };
  }
}

/** How a push ended. */
export interface PushEnd {
  readonly status: number;
  readonly tookMs: number;
  /** All it said, after a line with the other two. */
  readonly output: string;
}

/** Waits until no zfs, sudo or zfs-vm process is left on the host. */
export async function waitUntilQuiet(host: LabHost, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const processes = await listProcesses(host);
    if (processes === '') return;
    assert.ok(Date.now() < deadline, `left on ${host.name}:\n${processes}`);
  }
}

/** The zfs, sudo and zfs-vm processes on a host, a line each. */
async function listProcesses(host: LabHost): Promise<string> {
  const { stdout } = await host.run(
    "ps axo pid,args | grep -E '[z]fs (send|receive)|[s]udo -n|[z]fs-vm ' || true",
  );
  return stdout;
}
