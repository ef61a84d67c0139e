import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import type { Exit, HostProcess } from '../host.js';
import { ChannelInput, ChannelOutput } from './channel-streams.js';
import { toPrintable } from '../../base/printable.js';

/** How long a command that was told to end may take to say how it ended, before its channel is closed. */
const goodbyeMs = 400;

/** How long the server may take to agree that a channel is closed, before we go on without it. */
const closeMs = 200;

/**
 * A command on the other side of an SSH channel. Both outputs share one window: whoever reads only one of them may wait
 * for ever, as `HostProcess` says.
 */
export class SshProcess implements HostProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly exit: Promise<Exit>;

  readonly #channel: ClientChannel;
  readonly #input: ChannelInput;
  readonly #describeLoss: () => string;
  readonly #timers: NodeJS.Timeout[] = [];
  #outcome: Exit | undefined;
  #isStopped = false;
  #isClosed = false;
  #openOutputs = 2;
  #settle: (exit: Exit) => void = () => undefined;

  /**
   * Takes over the channel of a command that has just been started. `describeLoss` says why the channel closed if the
   * command itself left no word.
   */
  constructor(channel: ClientChannel, describeLoss: () => string) {
    this.#channel = channel;
    this.#describeLoss = describeLoss;
    this.#input = new ChannelInput(channel);
    this.stdin = this.#input;
    this.stdout = this.#watch(
      new ChannelOutput(channel, () => {
        this.stop();
      }),
    );
    this.stderr = this.#watch(new ChannelOutput(channel.stderr, () => undefined));
    this.exit = new Promise((resolve) => {
      this.#settle = resolve;
    });
    channel.on('exit', (code: number | null, signal?: string) => {
      this.#outcome ??=
        code === null ? { kind: 'signalled', signal: toPrintable(signal ?? '') } : { kind: 'exited', code };
    });
    channel.once('close', () => {
      this.#markClosed();
    });
  }

  /**
   * Ends the command: it gets SIGTERM, and shortly after its channel is closed, which closes its pipes. `exit` fulfils
   * within a second, whatever the other side does. OpenSSH's server passes no signal on for root (seen with 9.2): there
   * the closed pipes alone must end the command.
   */
  stop(): void {
    if (this.#isClosed || this.#isStopped) return;

    this.#isStopped = true;
    // What it says from now on is about our signal.
    this.#outcome ??= { kind: 'stopped' };
    sendTerm(this.#channel);
    // What is still on its way isn't wanted any more, and mustn't keep the channel from closing.
    this.stdout.destroy();
    this.stderr.destroy();
    this.#timers.push(
      setTimeout(() => {
        this.#channel.close();
      }, goodbyeMs),
      setTimeout(() => {
        this.#markClosed();
      }, goodbyeMs + closeMs),
    );
  }

  #watch(output: ChannelOutput): ChannelOutput {
    finished(output, () => {
      this.#openOutputs--;
      this.#settleIfDone();
    });
    return output;
  }

  #markClosed(): void {
    if (this.#isClosed) return;

    this.#isClosed = true;
    this.#timers.forEach(clearTimeout);
    this.#input.breakOff();
    this.#settleIfDone();
  }

  #settleIfDone(): void {
    if (this.#isClosed && this.#openOutputs === 0) {
      this.#settle(this.#outcome ?? { kind: 'lost', reason: this.#describeLoss() });
    }
  }
}

/**
 * Sends SIGTERM to the command of a channel. ssh2 sends no signal after the end of our input, which is how most commands
 * run, though SSH allows it (RFC 4254, 5.3 and 6.9): so it is made to believe that the input is still open.
 */
function sendTerm(channel: ClientChannel): void {
  const outgoing = channel.outgoing as { state: string };
  const { state } = outgoing;
  if (state === 'eof') outgoing.state = 'open';

  channel.signal('TERM');
  outgoing.state = state;
}
