import {
  count,
  dataset,
  flag,
  guid,
  holdTag,
  item,
  list,
  note,
  oneOf,
  pool,
  optional,
  propertyName,
  roleValue,
  setting,
  snapshot,
  snapshotPart,
  some,
  point,
  token,
  type Field,
  type ValuesOf,
} from './fields.js';

/*
 * What is asked of a host, as plain data. A request has a kind and fields; some have legs, one for each stream of a lane, and to some
 * belongs a body: records that go to the stdin of what is run, as there may be more of them than a command line takes.
 */

/** Fields by their names. */
export type Fields = Readonly<Record<string, Field<unknown>>>;

/** What a kind of request has. */
export interface Schema {
  readonly fields: Fields;
  /** What each leg has. */
  readonly legs?: Fields;
  /** What each record of the body has. */
  readonly body?: Fields;
}

const columns = oneOf(['all', 'plain']);
const name = { name: item };
const names = { name: snapshot };
const destruction = { dataset, names: some(snapshotPart) };

/** One stream that is sent (`Stream`). */
const sentStream = {
  stream: oneOf(['whole', 'increment', 'increments', 'resume']),
  from: optional(point),
  to: optional(snapshot),
  token: optional(token),
  raw: flag,
  omitted: list(oneOf(['-L', '-e', '-c', '-s'])),
};

/** One stream that is received (`Landing`). */
const landing = {
  destination: dataset,
  snapshot: optional(snapshotPart),
  type: oneOf(['filesystem', 'volume']),
  origin: optional(snapshot),
  makesFilesystem: flag,
  set: list(setting),
  exclude: list(propertyName),
  isResumable: flag,
  /** How many versions it brings. */
  parts: count,
  /** Whether it is the rest of one that was interrupted. */
  isResumed: flag,
};

/** What can be asked of a host. */
export const schemas = {
  /** All that it holds. */
  inventory: {
    fields: {
      columns,
      snapshots: oneOf(['quick', 'detailed', 'noted']),
      scope: oneOf(['tagged', 'all']),
      properties: list(propertyName),
    },
  },
  /** Its datasets. */
  datasets: { fields: { columns } },
  /** All of its snapshots and bookmarks. */
  snapshots: { fields: {} },
  /** How far its copies are. */
  'how-far': {
    fields: { columns },
    body: {
      as: oneOf(['expected', 'late', 'newest', 'following', 'earlier']),
      name: snapshot,
      guid: optional(guid),
    },
  },
  /** Something about datasets, snapshots or bookmarks that are named. */
  about: {
    fields: {
      what: oneOf([
        ...(['snapshots', 'creation', 'holds', 'guids', 'within', 'snapshots-of'] as const),
        ...([
          'properties',
          'set-properties',
          'notes',
          'points',
          'facts',
          'noted-facts',
          'hold-tags',
        ] as const),
      ]),
      properties: list(propertyName),
    },
    body: name,
  },
  /** How much datasets refer to. */
  referenced: { fields: {}, body: { datasets: some(dataset) } },
  /** How many bytes streams would be. */
  estimate: { fields: {}, body: sentStream },
  /** What destroying snapshots would free. */
  reclaim: { fields: {}, body: destruction },
  /** Destroys snapshots. */
  destroy: { fields: {}, body: destruction },
  /** Makes bookmarks of snapshots with their names, and tells of each whether that worked. */
  bookmark: { fields: {}, body: names },
  /** The same without telling. */
  'bookmark-all': { fields: {}, body: names },
  /** Makes filesystems that give others a place. */
  'make-parents': { fields: {}, body: { dataset, inClear: flag } },
  /** Holds snapshots. */
  hold: { fields: { tag: holdTag, pools: some(pool) }, body: names },
  /** Releases snapshots. */
  release: { fields: { tag: holdTag, pools: some(pool) }, body: names },
  /** Gives versions their notes. */
  'set-notes': { fields: {}, body: { note, names: some(snapshot) } },
  /** Writes down on datasets whose copies they are. */
  'set-roles': { fields: {}, body: { dataset, role: roleValue } },
  /** Drops what an interrupted receive has left, unless it is another one by now. */
  abort: { fields: { dataset, token } },
  /** Sends streams, one after another. */
  'send-lane': { fields: { compress: flag, tellsProgress: flag, hasNoise: flag }, legs: sentStream },
  /** Receives streams, one after another. */
  'receive-lane': { fields: { compress: flag, hasNoise: flag }, legs: landing },
  /** Whether it has zstd. */
  zstd: { fields: {} },
  /** What sudo allows, which tells whether it reads along. */
  'sudo-rules': { fields: {} },
} as const satisfies Readonly<Record<string, Schema>>;

type Schemas = typeof schemas;

/** What a request is about. */
export type RequestKind = keyof Schemas;

/** A request of some kind. */
export type RequestOf<Kind extends RequestKind> = {
  [K in Kind]: { readonly kind: K } & ValuesOf<Schemas[K]['fields']> &
    (Schemas[K] extends { readonly legs: infer L } ? { readonly legs: readonly ValuesOf<L>[] } : unknown);
}[Kind];

/** Anything that can be asked of a host. */
export type Request = RequestOf<RequestKind>;

/** The kinds that have a body. */
export type KindWithBody = {
  [K in RequestKind]: Schemas[K] extends { readonly body: Fields } ? K : never;
}[RequestKind];

/** A record of the body of a kind of request. */
export type RecordOf<Kind extends KindWithBody> = {
  [K in Kind]: Schemas[K] extends { readonly body: infer B } ? ValuesOf<B> : never;
}[Kind];

/** A stream that is sent. */
export type SentStream = ValuesOf<typeof sentStream>;

/** A stream that is received. */
export type ReceivedStream = ValuesOf<typeof landing>;

/** The schema of a kind. */
export function schemaOf(kind: RequestKind): Schema {
  return schemas[kind];
}
