import type { Landing } from '../zfs/receive.js';
import type { Stream } from '../zfs/send.js';
import { FieldFault } from './fields.js';
import type { ReceivedStream, SentStream } from './request.js';

/** A stream that is sent, as a request has it. */
export function toSentStream(stream: Stream): SentStream {
  if (stream.kind === 'resume') {
    const { token } = stream;
    return { stream: 'resume', from: undefined, to: undefined, token, raw: false, omitted: [] };
  }
  const { kind, to, raw, omitted = [] } = stream;
  const from = kind === 'whole' ? undefined : stream.from;
  return { stream: kind, from, to, token: undefined, raw, omitted };
}

/** The stream that a request has. @throws FieldFault when it is none */
export function fromSentStream({ stream: kind, from, to, token, raw, omitted }: SentStream): Stream {
  if (kind === 'resume') {
    if (token !== undefined && from === undefined && to === undefined && !raw && omitted.length === 0) {
      return { kind, token };
    }
  } else if (to !== undefined && token === undefined) {
    if (kind === 'whole' && from === undefined) return { kind, to, raw, omitted };
    if (kind !== 'whole' && from !== undefined) return { kind, from, to, raw, omitted };
  }
  throw new FieldFault(`a stream that can't be: ${kind}`);
}

/** A stream that is received, as a request has it. @param parts how many versions it brings @param isResumed whether it is the rest of one */
export function toReceivedStream(landing: Landing, parts: number, isResumed: boolean): ReceivedStream {
  const { destination, snapshot, type, origin, makesFilesystem, properties, isResumable = true } = landing;
  return {
    ...{ destination, snapshot, type, origin, makesFilesystem, isResumable, parts, isResumed },
    ...{ set: properties.set, exclude: properties.exclude },
  };
}

/** Where a stream lands. */
export function landingOfStream(stream: ReceivedStream): Landing {
  const { destination, snapshot, type, origin, makesFilesystem, set, exclude, isResumable } = stream;
  return {
    ...{ destination, snapshot, type, origin, makesFilesystem, isResumable },
    properties: { set, exclude },
  };
}
