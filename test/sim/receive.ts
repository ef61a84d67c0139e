import { recordBytes } from '../../src/zfs/stream-records.js';
import { ancestorsOf } from '../../src/zfs/names.js';
import { complain, say, type Call } from './call.js';
import { applyChange, emptyContent, isSameContent } from './content.js';
import type { Dataset, PartialReceive, Snapshot } from './dataset.js';
import { readOptions, type Options } from './options.js';
import { readExactly } from './pipe.js';
import type { Pools } from './pools.js';
import { isInheritable, isKnownProperty, isSettable, tokenOf } from './properties.js';
import { ZfsRefusal } from './refusal.js';
import {
  decodeRecord,
  isRecord,
  payloadLengthOf,
  type PackageHeader,
  type StreamHeader,
  type StreamRecord,
} from './stream-format.js';
import { mayDo } from './user.js';

/** `zfs receive`. Gives the exit status. */
export async function runReceive(call: Call, words: readonly string[], pools: Pools): Promise<number> {
  const options = readOptions(words, 'vsuFAo:x:');
  const [target = '', ...others] = options.operands;
  const [destination = '', snapshotName, ...rest] = target.split('@');
  if (destination === '' || others.length > 0 || rest.length > 0) {
    throw new Error(`a simulated zfs receive takes the name of one dataset or snapshot: ${words.join(' ')}`);
  }
  if (options.has('A')) {
    if (!pools.datasets.has(destination)) {
      throw new ZfsRefusal(`cannot open '${destination}': dataset does not exist`, 2);
    }
    if (!mayDo(call.user, ['destroy'])) {
      throw new ZfsRefusal(`cannot destroy '${destination}/%recv': permission denied`);
    }
    pools.abortReceive(destination);
    return 0;
  }
  return new Receive(call, options, { destination, snapshotName }, pools).run();
}

/** zfs takes a property once only. */
function checkOnce(options: Options): void {
  const names = [...options.values('o').map((text) => text.replace(/=.*/s, '')), ...options.values('x')];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new ZfsRefusal(`property '${twice}' specified multiple times`, 2);
}

/** The stream ends where it shouldn't. */
class BrokenStream extends Error {}

class Receive {
  readonly #call: Call;
  readonly #options: Options;
  /** Where the stream at work goes. */
  #destination: string;
  /** The part after `@` of what is to be received; undefined where the stream says it. */
  readonly #snapshotName: string | undefined;
  readonly #pools: Pools;
  /** `-x`. */
  readonly #excluded: ReadonlySet<string>;
  /** `-o origin=`, for the first stream of a package only. */
  #origin: string | undefined;
  readonly #properties: ReadonlyMap<string, string>;

  constructor(
    call: Call,
    options: Options,
    { destination, snapshotName }: { destination: string; snapshotName: string | undefined },
    pools: Pools,
  ) {
    this.#call = call;
    this.#options = options;
    this.#destination = destination;
    this.#snapshotName = snapshotName;
    this.#excluded = new Set(options.values('x'));
    checkOnce(options);
    this.#pools = pools;
    const properties = new Map(
      options.values('o').map((text) => {
        const separator = text.indexOf('=');
        return [text.slice(0, separator), text.slice(separator + 1)];
      }),
    );
    this.#origin = properties.get('origin');
    properties.delete('origin');
    this.#properties = properties;
  }

  async run(): Promise<number> {
    const first = await this.#readRecord();
    if (first === undefined) throw new ZfsRefusal('cannot receive: failed to read from stream');
    if (first === 'foreign') throw new ZfsRefusal('cannot receive: invalid stream (bad magic number)');
    if (first.kind === 'begin') {
      await this.#receiveStream(first.header);
      return 0;
    }
    if (first.kind !== 'package') throw new ZfsRefusal('cannot receive: invalid stream (bad magic number)');
    return this.#receivePackage(first.header);
  }

  async #receivePackage({ toName, list }: PackageHeader): Promise<number> {
    // zfs sees what a package is before its first stream.
    if (list?.isRecursive === true && this.#snapshotName !== undefined) {
      throw new ZfsRefusal(
        'cannot receive: cannot specify snapshot name for multi-snapshot stream\ncannot receive: invalid backup stream',
      );
    }
    const head = await this.#readRecord();
    if (head === undefined || head === 'foreign' || head.kind !== 'end') {
      throw new ZfsRefusal('cannot receive: invalid backup stream');
    }
    const [top, topName] = [this.#destination, toName.replace(/@.*/, '')];
    for (;;) {
      const record = await this.#readRecord();
      if (record === undefined || record === 'foreign') {
        throw new ZfsRefusal('cannot receive: failed to read from stream');
      }
      if (record.kind === 'end') return 0;
      if (record.kind !== 'begin') throw new ZfsRefusal('cannot receive: invalid backup stream');
      const { header } = record;
      this.#destination = `${top}${header.toName.replace(/@.*/, '').slice(topName.length)}`;
      await this.#receiveStream(header);
      this.#origin = undefined;
      this.#setReceived(list?.properties.find(({ guid }) => guid === header.toGuid)?.set ?? {});
    }
  }

  /** What a stream says of properties, but for what is excluded; what is set here stays. */
  #setReceived(set: Readonly<Record<string, string>>): void {
    const dataset = this.#pools.datasets.get(this.#destination);
    for (const [name, value] of Object.entries(set)) {
      if (dataset === undefined || this.#excluded.has(name)) continue;
      if (!mayDo(this.#call.user, [name]) || dataset.properties.get(name)?.source === 'local') continue;
      if (isSettable(name, dataset.type)) dataset.properties.set(name, { value, source: 'received' });
    }
  }

  /**
   * What is excluded is inherited from then on, unless it is set here. Whoever may not set it may not do that either, and zfs only says so.
   * What isn't inherited stays as it is.
   */
  async #exclude(dataset: Dataset): Promise<void> {
    for (const name of this.#excluded) {
      if (!isKnownProperty(name)) throw new ZfsRefusal(`cannot receive: invalid property '${name}'`);
      if (!isSettable(name, dataset.type)) {
        await complain(
          this.#call,
          `Warning: ${dataset.name}: property '${name}' does not apply to datasets of this type`,
        );
        continue;
      }
      if (!isInheritable(name) || dataset.properties.get(name)?.source === 'local') continue;
      if (mayDo(this.#call.user, [name])) {
        dataset.properties.delete(name);
      } else {
        await complain(this.#call, `cannot receive ${name} property on ${dataset.name}: permission denied`);
      }
    }
  }

  /** The next record; undefined at the end of the input, also when that is in the middle of one. */
  async #readRecord(): Promise<StreamRecord | 'foreign' | undefined> {
    const head = await this.#readHead();
    return head && this.#readPayload(head);
  }

  /** The next record without its payload. */
  async #readHead(): Promise<Buffer | undefined> {
    const head = await readExactly(this.#call.stdin, this.#call.process, recordBytes);
    return head.length < recordBytes ? undefined : head;
  }

  /** The rest of a record. */
  async #readPayload(head: Buffer): Promise<StreamRecord | 'foreign' | undefined> {
    const { stdin, process } = this.#call;
    const payloadLength = payloadLengthOf(head);
    if (!isRecord(head)) return 'foreign';
    const payload = await readExactly(stdin, process, payloadLength);
    if (payload.length < payloadLength) return undefined;
    return decodeRecord(head, payload) ?? 'foreign';
  }

  async #receiveStream(header: StreamHeader): Promise<void> {
    const name = this.#destination;
    const snapshotName = this.#snapshotName ?? header.toName.slice(header.toName.indexOf('@') + 1);
    const isResuming = header.resumeAt !== undefined;
    const isNew =
      (header.fromGuid === undefined || header.isClone || this.#origin !== undefined) && !isResuming;
    const what = isResuming ? 'resume' : isNew ? 'new filesystem' : 'incremental';
    const origin = this.#checkPlace(header, isNew, what);
    if (origin !== undefined) {
      const how = this.#origin === undefined ? 'found' : 'using provided';
      await this.#tell(`${how} clone origin ${origin.fullName}`);
    }
    const kind = header.fromGuid === undefined ? 'full' : 'incremental';
    await this.#tell(`receiving ${kind} stream of ${header.toName} into ${name}@${snapshotName}`);
    const ahead = this.#readsAhead(header) ? await this.#readFirstHead(isNew, what) : undefined;
    let bytes: number;
    try {
      const dataset = this.#begin(header, snapshotName, origin, isNew, what);
      bytes = await this.#fill(dataset, header, ahead, isNew, snapshotName, what);
      await this.#exclude(dataset);
    } catch (error) {
      const there = this.#pools.datasets.get(name)?.snapshots.some(({ guid }) => guid === header.toGuid);
      if (!(error instanceof NoMatch) || there !== true) throw error;
      await this.#tell(`snap ${name}@${snapshotName} already exists; ignoring`);
      await this.#skip(ahead, error.message);
      bytes = 0;
    }
    await this.#tell(`received ${formatBytes(bytes)} stream in 1.00 seconds (${formatBytes(bytes)}/sec)`);
  }

  /**
   * Whether the kernel reads the head of the first record before it checks anything. Since 2.2 it does so only when the stream's
   * beginning has a payload (openzfs/zfs#14568): in a stream to be gone on with, or of blocks that travel encrypted.
   */
  #readsAhead({ resumeAt, encryption }: StreamHeader): boolean {
    return this.#pools.version === '2.1' || resumeAt !== undefined || encryption !== undefined;
  }

  /** The head of the first record. Its lack is told in words of its own where zfs looks for a partial receive that isn't there. */
  async #readFirstHead(isNew: boolean, what: string): Promise<Buffer> {
    const head = await this.#readHead();
    if (head !== undefined) return head;
    throw new ZfsRefusal(
      isNew && this.#options.has('s')
        ? `cannot open '${this.#destination}': dataset does not exist\ncannot receive ${what} stream: invalid backup stream`
        : `cannot receive ${what} stream: incomplete stream`,
    );
  }

  /** What zfs checks before it hands the stream to the kernel; gives the snapshot that a clone is made of. */
  #checkPlace(header: StreamHeader, isNew: boolean, what: string): Snapshot | undefined {
    const [name, pools] = [this.#destination, this.#pools];
    const fail = (why: string): never => {
      throw new ZfsRefusal(`cannot receive ${what} stream: ${why}`);
    };
    if (!mayDo(this.#call.user, isNew ? ['receive', 'create', 'mount'] : ['receive'])) {
      fail('permission denied');
    }
    let origin: Snapshot | undefined;
    if (isNew && this.#origin !== undefined) {
      origin = pools.findSnapshot(this.#origin);
      if (origin === undefined) {
        throw new ZfsRefusal(`cannot receive: specified origin fs (${this.#origin}) does not exist`);
      }
    } else if (isNew && header.fromGuid !== undefined) {
      origin = pools.findNearest(name, header.fromGuid);
      if (origin === undefined) {
        throw new ZfsRefusal(`cannot receive: local origin for clone ${name} does not exist`);
      }
    }
    const dataset = pools.datasets.get(name);
    if (dataset === undefined) {
      if (!isNew) fail(`destination '${name}' does not exist`);
      const parent = ancestorsOf(name).at(-1) ?? '';
      if (!pools.datasets.has(parent)) {
        throw new ZfsRefusal(
          `cannot open '${parent}': dataset does not exist\ncannot receive ${what} stream: unable to restore to destination`,
        );
      }
      return origin;
    }
    if (isNew && !this.#options.has('F')) {
      fail(`destination '${name}' exists\nmust specify -F to overwrite it`);
    }
    if (isNew && dataset.snapshots.length > 0) {
      const example = dataset.snapshots[0]?.fullName ?? '';
      fail(`destination has snapshots (eg. ${example})\nmust destroy them to overwrite it`);
    }
    if (isNew && dataset.origin !== undefined) {
      fail(`destination '${name}' is a clone\nmust destroy it to overwrite it`);
    }
    if (header.resumeAt !== undefined && header.fromGuid === undefined && !dataset.isInconsistent) {
      fail(
        pools.version === '2.1'
          ? this.#describeInvalid(header)
          : `Resuming recv on existing destination '${name}'\nmust specify -F to overwrite it`,
      );
    }
    return origin;
  }

  /** What the kernel checks, and the state that it then makes. */
  #begin(
    header: StreamHeader,
    snapshotName: string,
    origin: Snapshot | undefined,
    isNew: boolean,
    what: string,
  ): Dataset {
    const [name, pools] = [this.#destination, this.#pools];
    const dataset = pools.datasets.get(name);
    const fail = (why: string): never => {
      throw new ZfsRefusal(`cannot receive ${what} stream: ${why}`);
    };
    if (header.resumeAt !== undefined) return this.#beginRest(dataset, header, what);
    const isResumable = this.#options.has('s');
    if (pools.lacks(name, [...header.features, ...(isResumable ? (['extensible_dataset'] as const) : [])])) {
      fail('pool must be upgraded to receive this stream.');
    }
    const isRaw = header.encryption !== undefined;
    const start = (base: Snapshot | undefined, on: Dataset): Dataset => {
      const content = new Map(base?.content);
      on.partial = { header, base, content, position: 0, bytes: 0, isResumable };
      return on;
    };
    if (dataset === undefined) {
      if (origin !== undefined && origin.guid !== header.fromGuid) {
        fail(`most recent snapshot of ${name} does not\nmatch incremental source`);
      }
      if (!isRaw) this.#checkEncryption(header, origin, fail);
      const made =
        origin === undefined ? pools.addForReceive(name, header.type) : pools.addClone(name, origin);
      made.isInconsistent = true;
      this.#setProperties(made, header, origin);
      return start(origin, made);
    }
    if (dataset.isReceiving || dataset.partial !== undefined) {
      fail(describeReceiving(dataset));
    }
    if (dataset.findSnapshot(snapshotName) !== undefined) {
      throw new NoMatch(`cannot restore to ${name}@${snapshotName}: destination already exists`);
    }
    // A full stream that overwrites what has no snapshots; a clone never goes into what is there.
    if (isNew && origin !== undefined) fail(this.#describeInvalid(header));
    if (isNew) return start(undefined, dataset);
    const base = dataset.snapshots.find(({ guid }) => guid === header.fromGuid);
    if (base === undefined) {
      throw new NoMatch(
        `cannot receive incremental stream: most recent snapshot of ${name} does not\nmatch incremental source`,
      );
    }
    const isForced = this.#options.has('F');
    if (isRaw && dataset.encryption === undefined) {
      fail('cannot perform raw receive on top of existing unencrypted dataset');
    }
    if (!isRaw && dataset.encryption !== undefined) {
      if (!dataset.isKeyLoaded) fail('inherited key must be loaded');
      if (header.flags.embedded) fail(this.#describeInvalid(header));
    }
    if (isRaw && header.fromIvSet !== base.ivSet) fail(ivSetMismatch);
    if (!isForced && dataset.isModifiedSince(base)) {
      fail(`destination ${name} has been modified\nsince most recent snapshot`);
    }
    for (const [property, value] of this.#properties) {
      if (isSettable(property, dataset.type)) dataset.properties.set(property, { value, source: 'local' });
    }
    return start(isForced ? base : dataset.snapshots.at(-1), dataset);
  }

  #beginRest(dataset: Dataset | undefined, header: StreamHeader, what: string): Dataset {
    const fail = (why: string): never => {
      throw new ZfsRefusal(`cannot receive ${what} stream: ${why}`);
    };
    if (dataset === undefined) return fail(`destination '${this.#destination}' does not exist`);
    const { partial } = dataset;
    if (dataset.isReceiving) fail(describeReceiving(dataset));
    const isSame = partial?.header.toGuid === header.toGuid && partial.header.fromGuid === header.fromGuid;
    if (!isSame) fail(this.#describeInvalid(header));
    return dataset;
  }

  /** What zfs says when the kernel finds anything wrong with a stream that zfs itself took for right. */
  #describeInvalid({ flags }: StreamHeader): string {
    const isResumable = this.#options.has('s');
    const isEmbedded = flags.embedded && !flags.raw;
    if (isEmbedded && !(isResumable && this.#pools.version === '2.1')) {
      return 'incompatible embedded data stream feature with encrypted receive.';
    }
    return isResumable ? 'kernel modules must be upgraded to receive this stream.' : 'invalid backup stream';
  }

  /** Whether what isn't raw can be made where it is to be. @param fail throws */
  #checkEncryption(header: StreamHeader, origin: Snapshot | undefined, fail: (why: string) => never): void {
    const parent = this.#findParent();
    const asked = this.#properties.get('encryption');
    const inherits = asked === undefined && origin === undefined && parent?.encryption !== undefined;
    const isLocked = origin === undefined ? inherits && !parent.isKeyLoaded : isLockedDataset(origin.dataset);
    if (isLocked) fail('inherited key must be loaded');
    const isEncrypted =
      origin === undefined ? inherits || (asked ?? 'off') !== 'off' : origin.dataset.encryption !== undefined;
    if (isEncrypted && header.flags.embedded) fail(this.#describeInvalid(header));
  }

  #findParent(): Dataset | undefined {
    return this.#pools.datasets.get(ancestorsOf(this.#destination).at(-1) ?? '');
  }

  #setProperties(dataset: Dataset, header: StreamHeader, origin: Snapshot | undefined): void {
    if (origin === undefined) {
      if (header.encryption === undefined) {
        this.#pools.encrypt(dataset, this.#properties.get('encryption'), this.#findParent());
      } else {
        dataset.encryption = header.encryption;
        dataset.wrappedWith = header.wrappedWith;
        dataset.isKeyLoaded = false;
      }
    }
    for (const [property, value] of this.#properties) {
      if (['encryption', 'keyformat', 'keylocation'].includes(property)) continue;
      if (!isKnownProperty(property)) {
        throw new ZfsRefusal(`cannot receive: invalid property '${property}'`);
      }
      if (!isSettable(property, dataset.type)) {
        throw new ZfsRefusal(
          `cannot receive new filesystem stream: '${property}' does not apply to datasets of this type`,
        );
      }
      dataset.properties.set(property, { value, source: 'local' });
    }
  }

  /**
   * Takes what the stream brings until its end, and makes the snapshot; gives how many bytes it was. Of a stream that ends before its
   * first record nothing is kept.
   */
  async #fill(
    dataset: Dataset,
    header: StreamHeader,
    ahead: Buffer | undefined,
    isNew: boolean,
    snapshotName: string,
    what: string,
  ): Promise<number> {
    const { partial } = dataset;
    if (partial === undefined) throw new Error('a receive has to begin before it goes on');
    const isResumable = partial.isResumable && this.#options.has('s');
    // Of what was there before, only this is kept where the rest of it doesn't come.
    let isKept = isResumable && header.resumeAt !== undefined;
    dataset.isReceiving = true;
    let bytes = recordBytes;
    try {
      if ((header.resumeAt ?? 0) !== partial.position) {
        throw new ZfsRefusal(`cannot receive ${what} stream: ${this.#describeInvalid(header)}`);
      }
      const first = ahead ?? (await this.#readFirstHead(isNew, what));
      isKept = isResumable;
      let record = await this.#readPayload(first);
      while (record !== undefined && record !== 'foreign' && record.kind !== 'end') {
        if (record.kind === 'change') this.#apply(partial, record, what);
        const hasPayload = record.kind === 'change' && record.change.value !== undefined;
        bytes += recordBytes + (hasPayload ? this.#pools.blockBytes : 0);
        await this.#call.session.machine.pace(this.#call.process, 'receive', recordBytes);
        record = await this.#readRecord();
      }
      if (record === undefined || record === 'foreign') throw new BrokenStream();
      this.#finish(dataset, partial, snapshotName, what);
      isKept = true;
      return bytes;
    } catch (error) {
      if (!(error instanceof BrokenStream)) throw error;
      throw new ZfsRefusal(
        isResumable
          ? `cannot receive ${what} stream: checksum mismatch or incomplete stream.\nPartially received snapshot is saved.\nA resuming stream can be generated on the sending system by running:\n    zfs send -t ${tokenOf(dataset) ?? ''}`
          : `cannot receive ${what} stream: incomplete stream`,
      );
    } finally {
      dataset.isReceiving = false;
      if (!isKept) this.#pools.dropPartial(dataset);
    }
  }

  #apply(partial: PartialReceive, { change }: Extract<StreamRecord, { kind: 'change' }>, what: string): void {
    if (change.value !== undefined) {
      const lack = this.#pools.findLackOfSpace(this.#destination);
      const why =
        lack === 'quota' ? `destination ${this.#destination} space quota exceeded.` : 'out of space';
      if (lack !== undefined) throw new ZfsRefusal(`cannot receive ${what} stream: ${why}`);
    }
    applyChange(partial.content, change);
    partial.position++;
    partial.bytes += recordBytes;
  }

  #finish(dataset: Dataset, partial: PartialReceive, snapshotName: string, what: string): void {
    const pools = this.#pools;
    const { header, base } = partial;
    const fail = (why: string): never => {
      throw new ZfsRefusal(`cannot receive ${what} stream: ${why}`);
    };
    const isForced = this.#options.has('F');
    if (!dataset.isInconsistent) {
      if (dataset.findSnapshot(snapshotName) !== undefined) {
        throw new ZfsRefusal(`cannot restore to ${dataset.name}@${snapshotName}: destination already exists`);
      }
      if (isForced) {
        const newer = dataset.snapshots.filter(({ createtxg }) => createtxg > (base?.createtxg ?? 0));
        if (newer.some(({ holds, sends }) => holds.size > 0 || sends > 0)) fail('dataset is busy');
        if (newer.some(({ clones }) => clones.size > 0)) {
          throw new ZfsRefusal(
            `cannot restore to ${dataset.name}@${snapshotName}: destination already exists`,
          );
        }
        dataset.snapshots = dataset.snapshots.filter((each) => !newer.includes(each));
      } else if (base !== dataset.tip) {
        fail(this.#describeInvalid(header));
      } else if (base !== undefined && dataset.isModifiedSince(base)) {
        fail(`destination ${dataset.name} has been modified\nsince most recent snapshot`);
      }
    }
    const createtxg = pools.nextTxg(dataset.name);
    dataset.content = new Map(partial.content);
    dataset.hasLog = false;
    // What brings nothing writes nothing.
    if (!isSameContent(partial.content, base?.content ?? emptyContent)) dataset.changedTxg = createtxg;
    pools.addSnapshot(dataset, snapshotName, header.toGuid, createtxg, header.createdAtSeconds);
    const arrived = dataset.tip;
    if (header.encryption !== undefined && arrived !== undefined) {
      arrived.ivSet = header.ivSet;
      // The key comes along, wrapped as on the sender: whose key opens the dataset here stays as it was.
      dataset.wrappedWith = header.wrappedWith;
    }
    dataset.partial = undefined;
    dataset.isInconsistent = false;
  }

  /**
   * Reads the rest of a stream that isn't needed. What the kernel has read ahead is not seen: if that was the end already, the stream
   * goes on to the next end, which is that of another one or of a package (openzfs/zfs#12661).
   * @param why why it isn't needed, which is told only if it ends too early
   */
  async #skip(ahead: Buffer | undefined, why: string): Promise<void> {
    if (ahead !== undefined) await this.#readPayload(ahead);
    let record = await this.#readRecord();
    while (record !== undefined && record !== 'foreign' && record.kind !== 'end') {
      record = await this.#readRecord();
    }
    if (record === undefined) throw new ZfsRefusal(`cannot receive: failed to read from stream\n${why}`);
  }

  async #tell(line: string): Promise<void> {
    if (this.#options.has('v')) await say(this.#call, `${line}\n`);
  }
}

/** The stream doesn't go onto what the destination has. It may be there already. */
class NoMatch extends ZfsRefusal {}

const ivSetMismatch =
  "IV set guid mismatch. See the 'zfs receive' man page section\n discussing the limitations of raw encrypted send streams.";

/** What zfs says of a dataset that something is received into, or was until it was interrupted. */
function describeReceiving(dataset: Dataset): string {
  return tokenOf(dataset) === undefined
    ? 'dataset is busy'
    : `destination ${dataset.name} contains partially-complete state from "zfs receive -s".`;
}

/** A size as zfs rounds it: three digits at most. */
function formatBytes(bytes: number): string {
  let [size, unit] = [bytes, 0];
  while (size >= 1024) [size, unit] = [size / 1024, unit + 1];
  if (unit === 0) return `${bytes}B`;
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return `${size.toFixed(digits)}${'KMGTPE'.charAt(unit - 1)}`;
}

/** Whether a dataset is encrypted, and its key isn't loaded: what isn't raw can't be made of it. */
function isLockedDataset({ encryption, isKeyLoaded }: Dataset): boolean {
  return encryption !== undefined && !isKeyLoaded;
}
