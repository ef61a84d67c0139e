import { joinPieces } from '../base/write-all.js';
import { bodyEnd, encodeRecord, encodeRequest, hasBody } from '../requests/protocol.js';
import { refusesCommand } from '../requests/refusal.js';
import { renderBody, renderRequest, type Body } from '../requests/render.js';
import type { KindWithBody, RecordOf, Request, RequestKind, RequestOf } from '../requests/request.js';
import type { Endpoint } from './endpoint.js';
import { isSuccess } from './host.js';
import { runCommand, type CommandResult, type RunOptions } from './run-command.js';

/** The body that a kind of request has, if it has one. */
export type BodyOf<Kind extends RequestKind> = Kind extends KindWithBody ? Body<Kind> : undefined;

/** The command that asks a host for something: a shell line, or a request to its gate. */
export function argvOf({ zfs, gate }: Endpoint, request: Request): string[] {
  return gate?.isThere === true ? encodeRequest(request) : renderRequest(request, zfs);
}

/** What goes to the stdin of that command. */
export function inputOf<Kind extends KindWithBody>(
  { gate }: Endpoint,
  kind: Kind,
  body: Body<Kind>,
): Iterable<string> | AsyncIterable<string> {
  if (gate?.isThere !== true) return renderBody(kind, body);
  return Symbol.asyncIterator in body ? encodeLots(kind, body) : joinPieces(encodeAll(kind, body));
}

/**
 * Asks a host for something, and gives all it said. Where the host turns out to have a gate, it is asked again in the gate's words.
 * @param body gives the records anew each time that it is called
 * @throws ZfsVmError as `runCommand` does
 */
export async function ask<Kind extends RequestKind>(
  endpoint: Endpoint,
  request: RequestOf<Kind>,
  body: () => BodyOf<Kind>,
  options: Omit<RunOptions, 'input'> = {},
): Promise<CommandResult> {
  const run = (): Promise<CommandResult> => {
    const [argv, records] = [argvOf(endpoint, request as unknown as Request), body()];
    const { kind }: { readonly kind: RequestKind } = request;
    if (!hasBody(kind)) return runCommand(endpoint.host, argv, options);
    const input = inputOf(endpoint, kind, records as Body<KindWithBody>);
    return runCommand(endpoint.host, argv, { ...options, input });
  };
  const result = await run();
  return findGate(endpoint, result) ? run() : result;
}

/** Whether a command failed only because of a gate that nobody knew of. From then on, it is known. */
export function findGate(
  { gate }: Endpoint,
  { exit, stderr }: Pick<CommandResult, 'exit' | 'stderr'>,
): boolean {
  if (gate === undefined || gate.isThere || isSuccess(exit) || !refusesCommand(stderr)) return false;
  gate.isThere = true;
  return true;
}

/** For requests without a body. */
export function noBody(): undefined {
  return undefined;
}

function* encodeAll<Kind extends KindWithBody>(
  kind: Kind,
  records: Iterable<RecordOf<Kind>>,
  last = `${bodyEnd}\n`,
): Generator<string> {
  for (const record of records) yield `${encodeRecord(kind, record)}\n`;
  if (last !== '') yield last;
}

async function* encodeLots<Kind extends KindWithBody>(
  kind: Kind,
  lots: AsyncIterable<readonly RecordOf<Kind>[]>,
): AsyncGenerator<string> {
  for await (const lot of lots) yield* joinPieces(encodeAll(kind, lot, ''));
  yield `${bodyEnd}\n`;
}
