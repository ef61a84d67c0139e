import { Readable, Writable } from 'node:stream';
import type { ClientChannel } from 'ssh2';

/** How much of an output waits on this side before the remote command is made to wait. */
const outputBufferBytes = 1 << 20;

/**
 * One output of a remote command, as a stream of its own. ssh2 gives stdout and stdin as a single object, whose `destroy`
 * neither drains nor closes as stream helpers expect. When this is destroyed early, what still comes is dropped, since
 * data left lying in one output of a channel holds up the other.
 */
export class ChannelOutput extends Readable {
  readonly #source: Readable;

  /** `onUnwanted` is called when the reader gives up before the end. */
  constructor(source: Readable, onUnwanted: () => void) {
    super({ highWaterMark: outputBufferBytes });
    this.#source = source;
    source.on('data', (chunk: Buffer) => {
      if (!this.destroyed && !this.push(chunk)) source.pause();
    });
    source.once('end', () => {
      if (!this.destroyed) this.push(null);
    });
    // The stream starts to flow with its reader, not before: a short outburst would only fill the buffer.
    source.pause();
    this.once('close', () => {
      source.resume();
      if (!this.readableEnded) onUnwanted();
    });
  }

  override _read(): void {
    this.#source.resume();
  }
}

/**
 * The input of a remote command. ssh2 never calls back for what is written after the channel has closed; here it fails
 * with EPIPE, as it does with a local command. That error is a symptom only, so that nobody needs to listen for it: how
 * the command ended says why.
 */
export class ChannelInput extends Writable {
  readonly #channel: ClientChannel;

  constructor(channel: ClientChannel) {
    // A single chunk waits here: ssh2 has a buffer of its own, and beyond it the window that the server grants.
    super({ highWaterMark: 1 });
    this.#channel = channel;
    this.on('error', () => undefined);
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#channel.write(chunk, encoding, callback);
  }

  override _final(callback: () => void): void {
    // Not `end()`: after it ssh2 sends no signal any more.
    this.#channel.eof();
    callback();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    // As with a pipe: a writer that goes away early leaves the command with the end of its input.
    this.#channel.eof();
    callback(error);
  }

  /** To be called when the channel has closed: nothing will take what is still to be written. */
  breakOff(): void {
    if (!this.writableFinished) {
      this.destroy(Object.assign(new Error('the command no longer accepts input'), { code: 'EPIPE' }));
    }
  }
}
