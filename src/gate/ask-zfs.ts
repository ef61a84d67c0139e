import { isSuccess } from '../host/host.js';
import { runCommand } from '../host/run-command.js';
import type { SentStream } from '../requests/request.js';
import { parseResumeToken, explainTokenArguments } from '../zfs/resume-token.js';
import { Refusal, type GateContext } from './gate-context.js';
import { findDatasetFault, findSnapshotFault } from './policy.js';

/*
 * What a gate asks zfs before it lets something through: what a request doesn't say.
 */

/** How many bytes may still be received; undefined for any number. @throws Refusal when there are none */
export async function readBytesLeft(context: GateContext): Promise<number | undefined> {
  const { roots, quotaBytes } = context.policy;
  if (quotaBytes === undefined) return undefined;
  const output = await ask(['list', '-Hp', '-o', 'used', ...roots], context);
  const used = output.split('\n').reduce((sum, line) => sum + Number(line), 0);
  if (!Number.isFinite(used)) throw new Refusal('zfs does not tell how much is used (--quota)');
  if (used >= quotaBytes) {
    throw new Refusal(`${roots.join(', ')} use ${used} bytes of ${quotaBytes} (--quota)`);
  }
  return quotaBytes - used;
}

/** Looks at what a stream would bring that its names don't tell. @throws Refusal */
export async function checkSentStreams(streams: readonly SentStream[], context: GateContext): Promise<void> {
  for (const { stream, from, to, token } of streams) {
    if (token !== undefined) await checkToken(token, context);
    if (stream === 'increments') await checkIncrements(from ?? '', to ?? '', context);
  }
}

/** A resume token says by itself what is sent. zfs looks for its GUID in the whole pool, whatever name it has (`guid_to_name`). */
async function checkToken(token: string, context: GateContext): Promise<void> {
  const content = parseResumeToken(await ask(explainTokenArguments(token), context, true));
  if (content === undefined) throw new Refusal('a resume token that zfs cannot read');
  const { toName, toGuid } = content;
  const fault =
    findDatasetFault(context.policy, toName.replace(/@.*/s, '')) ?? findSnapshotFault(context.policy, toName);
  if (fault !== undefined) throw new Refusal(`resume token: ${fault}`);
  const guid = await ask(['list', '-Hp', '-t', 'snapshot', '-o', 'guid', toName], context);
  if (guid.trim() !== String(toGuid)) throw new Refusal(`resume token: not that of ${toName}`);
}

/** Increments bring what lies between two snapshots, too. */
async function checkIncrements(from: string, to: string, context: GateContext): Promise<void> {
  if (context.policy.streamlines.length === 0) return;
  const [dataset = ''] = to.split('@');
  const list = ['list', '-Hp', '-d', '1', '-t', 'snapshot', '-s', 'createtxg', '-o', 'name', dataset];
  const names = (await ask(list, context)).split('\n');
  const [begin, end] = [names.indexOf(from), names.indexOf(to)];
  if (begin < 0 || end < begin) throw new Refusal(`no increments from ${from} to ${to}`);
  for (const name of names.slice(begin + 1, end + 1)) {
    const fault = findSnapshotFault(context.policy, name);
    if (fault !== undefined) throw new Refusal(fault);
  }
}

/** @param mayFail whether what it says counts anyway */
async function ask(
  words: readonly string[],
  { host, zfs, signal }: GateContext,
  mayFail = false,
): Promise<string> {
  const { exit, stdout, stderr } = await runCommand(host, [...zfs, ...words], { signal, limit: 2 ** 26 });
  signal.throwIfAborted();
  if (!isSuccess(exit) && !mayFail) throw new Refusal(`zfs ${words[0] ?? ''} failed: ${stderr.trim()}`);
  return mayFail ? `${stdout}${stderr}` : stdout;
}
