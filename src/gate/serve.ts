import type { Readable } from 'node:stream';
import { toPrintable } from '../base/printable.js';
import { writeAll } from '../base/write-all.js';
import { readChunks } from '../host/run-command.js';
import { FieldFault } from '../requests/fields.js';
import {
  arrivedMark,
  bodyEnd,
  decodeRecord,
  decodeRequest,
  hasBody,
  ProtocolFault,
  protocolName,
  splitAnnouncement,
} from '../requests/protocol.js';
import { formatRefusal, notARequest, refusedStatus } from '../requests/refusal.js';
import { emptyAnswer, renderBody, renderRequest, type Limits } from '../requests/render.js';
import type { KindWithBody, RecordOf, Request, SentStream } from '../requests/request.js';
import { checkSentStreams, readBytesLeft } from './ask-zfs.js';
import { Refusal, type GateContext } from './gate-context.js';
import { conclude, passOutputs } from './outputs.js';
import { receiveStreams, sendSlowly } from './pass-streams.js';
import { findRecordFault, findRequestFault, isCut } from './policy.js';

/** How many characters a body may have. */
const longestBody = 2 ** 28;

/** How much of a command is logged. */
const loggedLength = 300;

/**
 * Does what a client asks for, if the policy lets it, and gives the exit status. Everything else is refused: with a line on stderr, and one
 * in the log.
 * @param command what the client wants to be run; undefined for a shell
 */
export async function serve(command: string | undefined, context: GateContext): Promise<number> {
  try {
    return await answer(command ?? '', context);
  } catch (error) {
    if (!(error instanceof Refusal || error instanceof ProtocolFault || error instanceof FieldFault)) {
      throw error;
    }
    const reason = toPrintable(error.message);
    const isRequest = command?.startsWith(protocolName) === true;
    context.stderr.write(`${isRequest ? formatRefusal(reason) : notARequest}\n`);
    const what = toPrintable((command ?? 'a shell').slice(0, loggedLength));
    await context.log(`refused: client ${context.client}: ${what}: ${reason}`);
    return refusedStatus;
  }
}

async function answer(command: string, context: GateContext): Promise<number> {
  if (!command.startsWith(protocolName)) throw new Refusal('not a request of zfs-vm');
  const { line, isAnnounced } = splitAnnouncement(command);
  const request = decodeRequest(line);
  const fault = findRequestFault(context.policy, request);
  if (fault !== undefined) throw new Refusal(fault);
  if (isAnnounced) context.stderr.write(`\n${arrivedMark}\n`);
  const { roots, appendOnly } = context.policy;
  const limits: Limits = { within: { roots }, onlyNew: appendOnly };
  const { kind } = request;
  // What is compressed could not be looked at.
  if (kind === 'zstd') return 1;
  if (kind === 'sudo-rules' && context.zfs[0] !== 'sudo') return 0;
  if (kind === 'receive-lane') return receiveStreams(request, context, limits);
  if (kind === 'send-lane') await checkSentStreams(request.legs, context);
  return hasBody(kind) ? runWithBody(request, context, limits) : run(request, context, limits);
}

async function run(request: Request, context: GateContext, limits: Limits): Promise<number> {
  const { host, zfs, output, signal, policy } = context;
  const isSlow = request.kind === 'send-lane' && policy.bytesPerSecond !== undefined;
  const argv = renderRequest(request, zfs, limits);
  const process = await host.start(argv, {
    signal,
    // No byte of a stream comes through here.
    ...(request.kind === 'send-lane' && !isSlow && output !== undefined ? { output } : {}),
  });
  process.stdin.end();
  if (isSlow) return sendSlowly(process, context);
  return conclude(process, passOutputs(process, context));
}

async function runWithBody(request: Request, context: GateContext, limits: Limits): Promise<number> {
  const { host, zfs, stdin, stdout, signal, policy } = context;
  const kind = request.kind as KindWithBody;
  const records: RecordOf<KindWithBody>[] = [];
  let isCutDown = false;
  for (const line of await readBody(stdin)) {
    const record = decodeRecord(kind, line);
    const fault = findRecordFault(policy, kind, record);
    if (fault !== undefined && !isCut(kind)) throw new Refusal(fault);
    if (fault === undefined) records.push(record);
    else isCutDown = true;
  }
  if (request.kind === 'about' && records.length === 0) {
    stdout.write(emptyAnswer(request));
    return 0;
  }
  if (!isCut(kind) && records.length === 0) throw new Refusal(`${kind} about nothing`);
  if (kind === 'estimate') await checkSentStreams(records as readonly SentStream[], context);
  if (kind === 'make-parents') await readBytesLeft(context);
  const argv = renderRequest(request, zfs, { ...limits, listsAll: isCutDown });
  // Nothing is started before all of it could be said.
  const input = [...(renderBody(kind, records as never) as Iterable<string>)];
  const process = await host.start(argv, { signal });
  process.stdin.on('error', () => undefined);
  const outputs = passOutputs(process, context);
  await writeAll(process.stdin, input, signal);
  process.stdin.end();
  return conclude(process, outputs);
}

/** The lines of a body. @throws Refusal where its end is missing */
async function readBody(stdin: Readable): Promise<string[]> {
  const pieces: string[] = [];
  let length = 0;
  await readChunks(stdin, (text) => {
    length += text.length;
    if (length <= longestBody) pieces.push(text);
  });
  if (length > longestBody) throw new Refusal('a body that is too long');
  const lines = pieces.join('').split('\n');
  if (lines.pop() !== '' || lines.pop() !== bodyEnd) throw new Refusal('a body without its end');
  return lines;
}
