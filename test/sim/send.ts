import { recordBytes } from '../../src/zfs/stream-records.js';
import { ancestorsOf, isWithin } from '../../src/zfs/names.js';
import { complain, say, type Call } from './call.js';
import { diffContents, emptyContent, type Change } from './content.js';
import { isEarlier, Snapshot, type Bookmark } from './dataset.js';
import { readOptions, type Options } from './options.js';
import type { PoolFeature, Pools } from './pools.js';
import { ZfsRefusal } from './refusal.js';
import {
  decodeToken,
  encodeRecord,
  type PackageList,
  type StreamFlags,
  type StreamHeader,
  type TokenContent,
} from './stream-format.js';
import { mayDo } from './user.js';

/** One stream that will be sent. */
interface Sending {
  readonly to: Snapshot;
  readonly from: Snapshot | Bookmark | undefined;
  /** How the base is called in what zfs tells. */
  readonly fromLabel: string;
  readonly flags: StreamFlags;
  /** How many records the receiver has. */
  readonly skip: number | undefined;
  readonly blockBytes: number;
}

/** How many bytes are written at once. */
const chunkBytes = 32_768;

/** `zfs send`. Gives the exit status. */
export async function runSend(call: Call, words: readonly string[], pools: Pools): Promise<number> {
  const options = readOptions(words, 'nvPLecwpRi:I:t:');
  const [name, ...others] = options.operands;
  if (others.length > 0) throw new Error(`a simulated zfs send takes one snapshot: ${words.join(' ')}`);
  const token = options.value('t');
  if (token !== undefined) return sendRest(call, options, token, pools);
  if (name === undefined) throw new Error('a simulated zfs send wants a snapshot');
  const to = pools.openSnapshot(name);
  const flags = readFlags(options);
  const first = options.value('I');
  if (first !== undefined) return sendSeries(call, options, to, first, flags, pools);
  const base = options.value('i');
  const sending: Sending = {
    ...{ to, flags, skip: undefined, blockBytes: pools.blockBytes },
    ...(base === undefined ? { from: undefined, fromLabel: '' } : findBase(pools, to, base)),
  };
  checkSendable(call, sending);
  const label = sending.from === undefined ? `full\t${name}` : `incremental\t${sending.fromLabel}\t${name}`;
  if (options.has('p') || options.has('R')) {
    return sendWithProperties(call, options, { sending, label }, pools);
  }
  return sendAll(call, options, [{ sending, label }], { packageList: 'none' });
}

/** `-p`, and `-R` with what is below, as far as it has a snapshot of that name. */
async function sendWithProperties(
  call: Call,
  options: Options,
  first: Labelled,
  pools: Pools,
): Promise<number> {
  const { to, flags } = first.sending;
  const below = [...pools.datasets.values()].filter(({ name }) => name.startsWith(`${to.dataset.name}/`));
  const others = (options.has('R') ? below : []).flatMap((dataset): Labelled[] => {
    const snapshot = dataset.findSnapshot(to.name);
    if (snapshot === undefined) return [];
    const { blockBytes } = pools;
    const sending = { to: snapshot, from: undefined, fromLabel: '', flags, skip: undefined, blockBytes };
    return [{ sending, label: `full\t${snapshot.fullName}` }];
  });
  const streams = [first, ...others];
  return sendAll(call, options, streams, { packageList: listProperties(streams, options) });
}

/** What a package with properties says at its beginning. */
function listProperties(streams: readonly Labelled[], options: Options): PackageList {
  const properties = streams.map(({ sending }) => ({
    guid: sending.to.guid,
    set: Object.fromEntries([...sending.to.dataset.properties].map(([name, { value }]) => [name, value])),
  }));
  return { isRecursive: options.has('R'), properties };
}

function readFlags(options: Options): StreamFlags {
  return {
    largeBlocks: options.has('L'),
    embedded: options.has('e'),
    compressed: options.has('c'),
    raw: options.has('w'),
  };
}

function findBase(
  pools: Pools,
  to: Snapshot,
  text: string,
): { from: Snapshot | Bookmark; fromLabel: string } {
  const isShort = /^[@#]/.test(text);
  const isPlain = !/[@#]/.test(text);
  const fullName = isShort ? to.dataset.name + text : isPlain ? `${to.dataset.name}@${text}` : text;
  const isBookmark = fullName.includes('#');
  const from = isBookmark ? pools.findBookmark(fullName) : pools.findSnapshot(fullName);
  if (from !== undefined) return { from, fromLabel: fullName };
  if (!isBookmark) throw new ZfsRefusal(`cannot open '${fullName}': dataset does not exist`);
  throw new ZfsRefusal(
    `warning: cannot send '${to.fullName}': incremental source (${fullName}) does not exist`,
  );
}

/** @throws ZfsRefusal in the words of zfs */
function checkSendable(call: Call, { to, from, flags }: Sending): void {
  const fail = (why: string): never => {
    throw new ZfsRefusal(`warning: cannot send '${to.fullName}': ${why}`);
  };
  if (!mayDo(call.user, ['send'])) fail('permission denied');
  if (from !== undefined && !isBefore(from, to)) fail('not an earlier snapshot from the same fs');
  if (to.dataset.encryption !== undefined && !flags.raw && !to.dataset.isKeyLoaded) {
    fail('dataset key must be loaded');
  }
}

function isBefore(from: Snapshot | Bookmark, to: Snapshot): boolean {
  if (from instanceof Snapshot) return isEarlier(from, to);
  if (from.createtxg >= to.createtxg) return false;
  for (let { dataset } = to; ;) {
    if (dataset.bookmarks.includes(from)) return true;
    const { origin } = dataset;
    if (origin === undefined || origin.createtxg < from.createtxg) return false;
    ({ dataset } = origin);
  }
}

/** `-I`: each increment from one snapshot to the next, in a package. */
async function sendSeries(
  call: Call,
  options: Options,
  to: Snapshot,
  first: string,
  flags: StreamFlags,
  pools: Pools,
): Promise<number> {
  const source = first.slice(0, Math.max(0, first.indexOf('@')));
  if (source !== '' && source !== to.dataset.name && first !== to.dataset.origin?.fullName) {
    throw new ZfsRefusal('incremental source must be in same filesystem\nusage:\n\tand so on', 2);
  }
  const { from: base } = findBase(pools, to, first);
  const { snapshots } = to.dataset;
  if (!(base instanceof Snapshot) || !isEarlier(base, to)) {
    const why = base === to ? 'is not earlier than it' : 'does not exist';
    throw new ZfsRefusal(`WARNING: could not send ${to.fullName}:\nincremental source (${first}) ${why}`);
  }
  if (!mayDo(call.user, ['send', 'hold'])) {
    throw new ZfsRefusal(
      `cannot hold snapshot '${to.fullName}': permission denied\ncannot send '${to.fullName}'`,
    );
  }
  const targets = snapshots.filter(
    (each) => each.createtxg > base.createtxg && each.createtxg <= to.createtxg,
  );
  const streams = targets.map((target, index) => {
    const from = targets[index - 1] ?? base;
    const sending: Sending = {
      ...{ to: target, from, fromLabel: from.name, flags },
      ...{ skip: undefined, blockBytes: pools.blockBytes },
    };
    checkSendable(call, sending);
    return { sending, label: `incremental\t${from.name}\t${target.fullName}` };
  });
  const isListed = options.has('p') || options.has('R');
  return sendAll(call, options, streams, {
    packageList: isListed ? listProperties(streams, options) : undefined,
  });
}

/** `-t`: what is left of a stream. */
async function sendRest(call: Call, options: Options, token: string, pools: Pools): Promise<number> {
  const content = decodeToken(token);
  if (typeof content === 'string') {
    throw new ZfsRefusal(`cannot resume send: resume token is corrupt (${content})`, 255);
  }
  const { toName, toGuid, fromGuid, flags, position, bytes } = content;
  if (options.has('v')) {
    const lines = [
      'resume token contents:',
      'nvlist version: 0',
      ...(fromGuid === undefined ? [] : [`\tfromguid = 0x${fromGuid.toString(16)}`]),
      `\tobject = 0x${position.toString(16)}`,
      '\toffset = 0x0',
      `\tbytes = 0x${bytes.toString(16)}`,
      `\ttoguid = 0x${toGuid.toString(16)}`,
      `\ttoname = ${toName}`,
      ...(flags.compressed || flags.raw ? ['\tcompressok = 1'] : []),
      ...(flags.raw ? ['\trawok = 1'] : []),
    ];
    const text = lines.join('\n');
    if (options.has('n')) await say(call, `${text}\n`);
    else await complain(call, text);
  }
  const [to] = findByToken(pools, content);
  if (to === undefined) {
    throw new ZfsRefusal(`cannot resume send: '${toName}' used in the initial send no longer exists`, 255);
  }
  const from = fromGuid === undefined ? undefined : findByGuid(to, fromGuid);
  if (fromGuid !== undefined && from === undefined) {
    throw new ZfsRefusal(
      `cannot resume send: incremental source 0x${fromGuid.toString(16)} no longer exists`,
      255,
    );
  }
  const { blockBytes } = pools;
  const sending: Sending = { to, from, fromLabel: '', flags, skip: position, blockBytes };
  checkSendable(call, sending);
  const label = from === undefined ? `full\t${toName}` : `incremental\t${from.name}\t${toName}`;
  return sendAll(call, options, [{ sending, label }], { packageList: 'none' });
}

/**
 * The snapshots of which zfs goes on with one when it is given a token: by the GUID, in the dataset that the token names and what lies
 * below it, or else below what lies above (`guid_to_name` in `libzfs_sendrecv.c`; seen on 2.3.2). Of several, it takes any.
 */
export function findByToken(
  pools: Pools,
  { toName, toGuid }: Pick<TokenContent, 'toName' | 'toGuid'>,
): Snapshot[] {
  const name = toName.replace(/@.*/, '');
  for (const scope of [name, ...ancestorsOf(name).toReversed()]) {
    const found = [...pools.datasets.values()]
      .filter((dataset) => isWithin(dataset.name, scope))
      .flatMap((dataset) => dataset.snapshots.filter(({ guid }) => guid === toGuid));
    if (found.length > 0) return found;
  }
  return [];
}

/** The base of an interrupted increment, anywhere in the history of its snapshot. */
function findByGuid(to: Snapshot, guid: bigint): Snapshot | Bookmark | undefined {
  for (let { dataset } = to; ;) {
    const points = [...dataset.snapshots, ...dataset.bookmarks];
    const found = points.find((point) => point.guid === guid);
    if (found !== undefined || dataset.origin === undefined) return found;
    ({ dataset } = dataset.origin);
  }
}

interface Labelled {
  readonly sending: Sending;
  readonly label: string;
}

async function sendAll(
  call: Call,
  options: Options,
  streams: readonly Labelled[],
  { packageList }: { packageList: PackageList | undefined | 'none' },
): Promise<number> {
  const sizes = streams.map(({ sending }) => measure(sending));
  if (options.has('v')) {
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const lines = [...streams.map(({ label }, index) => `${label}\t${sizes[index] ?? 0}`), `size\t${total}`];
    if (options.has('n')) await say(call, `${lines.join('\n')}\n`);
    else await complain(call, lines.join('\n'));
  }
  if (options.has('n')) return 0;
  const writer = new ChunkWriter(call);
  const busy = streams.flatMap(({ sending: { to, from } }) => (from instanceof Snapshot ? [to, from] : [to]));
  for (const snapshot of busy) snapshot.sends++;
  try {
    // That of `-R` is named by the uppermost dataset.
    const last = packageList === 'none' || packageList?.isRecursive !== true ? streams.at(-1) : streams[0];
    if (packageList !== 'none') {
      const header = { toName: last?.sending.to.fullName ?? '', list: packageList };
      await writer.write(encodeRecord({ kind: 'package', header }, 0));
      await writer.write(encodeRecord({ kind: 'end' }, 0));
    }
    for (const { sending } of streams) await writeStream(writer, sending);
    if (packageList !== 'none') await writer.write(encodeRecord({ kind: 'end' }, 0));
    await writer.flush();
    return 0;
  } finally {
    for (const snapshot of busy) snapshot.sends--;
  }
}

function changesOf({ to, from, skip = 0 }: Sending): Change[] {
  return diffContents(from?.content ?? emptyContent, to.content).slice(skip);
}

/** The size of a stream in bytes. */
function measure(sending: Sending): number {
  const changes = changesOf(sending);
  const written = changes.filter(({ value }) => value !== undefined).length;
  return (changes.length + 2) * recordBytes + written * sending.blockBytes;
}

async function writeStream(writer: ChunkWriter, sending: Sending): Promise<void> {
  const { to, from, flags, skip, blockBytes } = sending;
  const header: StreamHeader = {
    toName: to.fullName,
    toGuid: to.guid,
    fromGuid: from?.guid,
    type: to.dataset.type,
    isClone: isOfOtherDataset(from, to),
    flags,
    resumeAt: skip,
    createdAtSeconds: to.createdAtSeconds,
    encryption: flags.raw ? to.dataset.encryption : undefined,
    ...(flags.raw && to.dataset.encryption !== undefined
      ? { ivSet: to.ivSet, fromIvSet: from?.ivSet, wrappedWith: to.dataset.wrappedWith }
      : {}),
    features: findFeatures(sending),
  };
  await writer.write(encodeRecord({ kind: 'begin', header }, 0));
  for (const change of changesOf(sending)) {
    await writer.write(encodeRecord({ kind: 'change', change }, blockBytes));
  }
  await writer.write(encodeRecord({ kind: 'end' }, 0));
}

/** What a stream asks of the pool that receives it (`setup_featureflags` in dmu_send.c). */
function findFeatures({ to: { dataset }, flags }: Sending): PoolFeature[] {
  const isRaw = flags.raw && dataset.encryption !== undefined;
  const valueOf = (name: string): string => dataset.properties.get(name)?.value ?? '';
  const isCompressed = flags.compressed || flags.raw;
  const isEmbedded = flags.embedded && dataset.encryption === undefined;
  const isLarge =
    (flags.largeBlocks || flags.raw) && /^(1M|262144|524288|1048576)$/.test(valueOf('recordsize'));
  return [
    ...(isRaw ? (['encryption'] as const) : []),
    ...(isLarge ? (['large_blocks'] as const) : []),
    ...(isEmbedded ? (['embedded_data'] as const) : []),
    ...(isEmbedded || isCompressed ? (['lz4_compress'] as const) : []),
    ...(isCompressed && valueOf('compression').startsWith('zstd') ? (['zstd_compress'] as const) : []),
  ];
}

function isOfOtherDataset(from: Snapshot | Bookmark | undefined, { dataset }: Snapshot): boolean {
  if (from === undefined) return false;
  return from instanceof Snapshot ? from.dataset !== dataset : !dataset.bookmarks.includes(from);
}

/** Writes records in larger pieces. */
class ChunkWriter {
  readonly #call: Call;
  #pending: Buffer[] = [];
  #length = 0;

  constructor(call: Call) {
    this.#call = call;
  }

  async write(record: Buffer): Promise<void> {
    this.#pending.push(record);
    this.#length += record.length;
    if (this.#length >= chunkBytes) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#length === 0) return;
    const chunk = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#length = 0;
    const { session, process, stdout } = this.#call;
    await session.machine.pace(process, 'send', chunk.length);
    await stdout.write(process, chunk);
  }
}
