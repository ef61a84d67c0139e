import { emptyContent, type Content } from './content.js';
import type { StreamHeader } from './stream-format.js';

/** A snapshot of a simulated dataset. */
export class Snapshot {
  /** Where it is; a promotion may move it. */
  dataset: Dataset;
  name: string;
  readonly guid: bigint;
  readonly createtxg: number;
  readonly createdAtSeconds: number;
  readonly content: Content;
  /** When that content was changed last. */
  readonly changedTxg: number;
  /** Whether its dataset had been mounted by then, and so has the head of an intent log. */
  readonly hasLog: boolean;
  /** When it was held, in seconds, by the tag. */
  readonly holds = new Map<string, number>();
  readonly properties = new Map<string, SetProperty>();
  /** What the blocks of an encrypted snapshot were encrypted with: a raw stream has it, too. */
  ivSet: bigint | undefined;
  /** What was cloned from it. */
  readonly clones = new Set<Dataset>();
  /** How many streams are made of it at the moment. */
  sends = 0;

  constructor(dataset: Dataset, facts: Pick<Snapshot, 'name' | 'guid' | 'createtxg' | 'createdAtSeconds'>) {
    this.dataset = dataset;
    this.name = facts.name;
    this.guid = facts.guid;
    this.createtxg = facts.createtxg;
    this.createdAtSeconds = facts.createdAtSeconds;
    this.content = dataset.content;
    this.changedTxg = dataset.changedTxg;
    this.hasLog = dataset.hasLog;
    if (dataset.encryption !== undefined) this.ivSet = (facts.guid * 31n + dataset.guid) & (2n ** 56n - 1n);
  }

  get fullName(): string {
    return `${this.dataset.name}@${this.name}`;
  }
}

/** A bookmark: what is left of a snapshot as the base of an increment. */
export interface Bookmark {
  readonly name: string;
  readonly guid: bigint;
  readonly createtxg: number;
  readonly createdAtSeconds: number;
  /** So that the blocks that differ can be told, as zfs does by their birth times. */
  readonly content: Content;
  readonly ivSet: bigint | undefined;
  /** What was left out of the redacted streams that it is for, by GUID; a bookmark of another kind without. */
  readonly redactSnaps: readonly bigint[] | undefined;
}

/** What an interrupted or running receive has brought so far. */
export interface PartialReceive {
  readonly header: StreamHeader;
  /** What the content will be made of; undefined for a new dataset. */
  readonly base: Snapshot | undefined;
  readonly content: Map<number, number>;
  /** How many records have arrived, and how many bytes. */
  position: number;
  bytes: number;
  /** Whether it is kept when it is interrupted. */
  readonly isResumable: boolean;
}

/** Where the value of a property comes from, when it isn't inherited or a default. */
export interface SetProperty {
  readonly value: string;
  readonly source: 'local' | 'received';
}

/** A filesystem or volume on a simulated host. */
export class Dataset {
  name: string;
  readonly type: 'filesystem' | 'volume';
  readonly guid: bigint;
  readonly createtxg: number;
  readonly createdAtSeconds: number;
  content: Content = emptyContent;
  /** The transaction group in which its content was last changed. */
  changedTxg: number;
  /** Whether it was mounted since it was made, and so has the head of an intent log. */
  hasLog = false;
  /** The transaction group in which the log was last reset: that counts as written, but not as modified. */
  logResetTxg = 0;
  origin: Snapshot | undefined;
  /** Oldest first. */
  snapshots: Snapshot[] = [];
  /** Oldest first by their creation. */
  bookmarks: Bookmark[] = [];
  readonly properties = new Map<string, SetProperty>();
  /** Which encryption it has; undefined for none. */
  encryption: string | undefined;
  isKeyLoaded = false;
  /** Whose key opens it: its own, unless this is another dataset. */
  keyHolder: Dataset | undefined;
  /** Which key its blocks' key is wrapped with: that of its encryption root, or nothing opens it any more once that is unloaded. */
  wrappedWith: string | undefined;
  /** Whether it is a filesystem that is mounted, as far as we follow it: since it was cloned, or by `zfs mount`. */
  isMounted = false;
  /** Whether somebody uses it: a shell stands in a filesystem, which is mounted then, or a machine has a volume open. */
  isInUse = false;
  partial: PartialReceive | undefined;
  /** Whether it is new and its first receive isn't done. */
  isInconsistent = false;
  /** Whether a receive is at work on it. */
  isReceiving = false;

  constructor(facts: Pick<Dataset, 'name' | 'type' | 'guid' | 'createtxg' | 'createdAtSeconds'>) {
    this.name = facts.name;
    this.type = facts.type;
    this.guid = facts.guid;
    this.createtxg = facts.createtxg;
    this.createdAtSeconds = facts.createdAtSeconds;
    this.changedTxg = facts.createtxg;
  }

  /** The dataset whose key is asked for to open it. */
  get encryptionRoot(): Dataset | undefined {
    return this.encryption === undefined ? undefined : (this.keyHolder?.encryptionRoot ?? this);
  }

  /** Whether it can be read once the key of its encryption root is loaded anew. */
  get canBeOpened(): boolean {
    return this.wrappedWith === this.encryptionRoot?.wrappedWith;
  }

  /** The newest snapshot: of its own, or, for a clone without any, its origin. */
  get tip(): Snapshot | undefined {
    return this.snapshots.at(-1) ?? this.origin;
  }

  /** Whether its content was changed since a snapshot of its history was made. */
  isModifiedSince(snapshot: Snapshot): boolean {
    return this.changedTxg > snapshot.createtxg;
  }

  /** Takes the content of a snapshot, as a clone or a rollback does; its log isn't taken along. */
  takeContentOf(snapshot: Snapshot, txg: number): void {
    this.content = snapshot.content;
    this.changedTxg = snapshot.changedTxg;
    this.hasLog = false;
    if (snapshot.hasLog) this.logResetTxg = txg;
  }

  findSnapshot(name: string): Snapshot | undefined {
    return this.snapshots.find((snapshot) => snapshot.name === name);
  }

  findBookmark(name: string): Bookmark | undefined {
    return this.bookmarks.find((bookmark) => bookmark.name === name);
  }
}

/** Whether a snapshot or bookmark is in the history that led to a snapshot: only then it can be the base of an increment. */
export function isEarlier(earlier: Snapshot, later: Snapshot): boolean {
  if (earlier.createtxg >= later.createtxg) return false;
  for (let { dataset } = later; ;) {
    if (dataset === earlier.dataset) return true;
    const { origin } = dataset;
    if (origin === undefined) return false;
    if (origin === earlier) return true;
    if (origin.createtxg <= earlier.createtxg) return false;
    ({ dataset } = origin);
  }
}
