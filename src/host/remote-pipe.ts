import type { Host } from './host.js';
import { LocalHost } from './local-host.js';
import { startPiped, type StartPiped } from './piped-commands.js';
import { ViaHost } from './via-host.js';

/**
 * How commands of two hosts are started so that the first writes into the second by a pipe of another machine than this one: where
 * both are the same host, or the first runs the commands of the second. Undefined where there is no such machine.
 */
export function findRemotePipe(writer: Host, reader: Host): StartPiped | undefined {
  if (reader instanceof ViaHost && reader.via === writer) {
    return (writing, reading, options) => reader.startPiped(writing, reading, options);
  }
  if (reader !== writer || writer instanceof LocalHost) return undefined;
  return (writing, reading, options) => startPiped(writer, writing, reading, options);
}
