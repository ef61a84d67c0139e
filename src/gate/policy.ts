import {
  schemaOf,
  type Fields,
  type ReceivedStream,
  type Request,
  type RequestKind,
} from '../requests/request.js';
import { matchesGlob } from '../streamline/selection.js';
import { findTagIn } from '../streamline/tag.js';
import { ancestorsOf, isWithin, poolOf } from '../zfs/names.js';
import { storageProperties, type Property } from '../zfs/properties.js';

/** What a key may be allowed to do. */
export const rights = ['list', 'send', 'receive', 'prune'] as const;

/** One of them. */
export type Right = (typeof rights)[number];

/** What a gate lets through. */
export interface Policy {
  readonly allow: ReadonlySet<Right>;
  /** The datasets at and below which it does; none lies below another. */
  readonly roots: readonly string[];
  /** Which streamlines may be sent, received, marked and destroyed, as patterns; any when there are none. */
  readonly streamlines: readonly string[];
  /** Whether nothing may be taken away or changed that is there. */
  readonly appendOnly: boolean;
  /** How many bytes a second streams may take. */
  readonly bytesPerSecond: number | undefined;
  /** How many bytes the roots may use before nothing more is received. */
  readonly quotaBytes: number | undefined;
}

/** What a kind of request needs to be allowed. */
const rightByKind: Readonly<Record<RequestKind, Right>> = {
  ...{ inventory: 'list', datasets: 'list', snapshots: 'list', 'how-far': 'list', about: 'list' },
  ...{ zstd: 'list', 'sudo-rules': 'list' },
  ...{ 'send-lane': 'send', estimate: 'send', referenced: 'send', hold: 'send', release: 'send' },
  ...{ 'bookmark-all': 'send' },
  ...{ 'receive-lane': 'receive', 'make-parents': 'receive', 'set-notes': 'receive', 'set-roles': 'receive' },
  ...{ abort: 'receive', destroy: 'prune', reclaim: 'prune', bookmark: 'prune' },
};

/** What belongs to taking something away that is there: looking what that would free, and leaving a bookmark in its place, too. */
const takingKinds: ReadonlySet<RequestKind> = new Set(['abort', 'destroy', 'reclaim', 'bookmark']);

/** Questions about names: those outside the roots are left out instead of being refused. Lists have no names, and are cut anyway (`Limits.within`). */
const cutKinds: ReadonlySet<RequestKind> = new Set(['how-far', 'about']);

/** Whether what lies outside the roots is left out of such a request. */
export function isCut(kind: RequestKind): boolean {
  return cutKinds.has(kind);
}

/** Outermost roots only, each once. */
export function outermost(roots: readonly string[]): string[] {
  const all = [...new Set(roots)];
  return all.filter((root) => !ancestorsOf(root).some((above) => all.includes(above)));
}

/** Why a request is refused, in words; undefined when it isn't, as far as it can be told without its body and streams. */
export function findRequestFault(policy: Policy, request: Request): string | undefined {
  const { kind } = request;
  const kindFault = findKindFault(policy, kind);
  if (kindFault !== undefined) return kindFault;
  const { fields, legs } = schemaOf(kind);
  const ofLegs: readonly object[] = 'legs' in request ? request.legs : [];
  return (
    findPlaceFault(policy, fields, request) ??
    firstFault(ofLegs, (leg) => findPlaceFault(policy, legs ?? {}, leg)) ??
    findOwnFault(policy, request)
  );
}

/** Why all requests of a kind are refused; undefined when they aren't. */
export function findKindFault(policy: Policy, kind: RequestKind): string | undefined {
  const right = rightByKind[kind];
  if (!policy.allow.has(right)) return `${kind} needs --allow ${right}`;
  return policy.appendOnly && takingKinds.has(kind)
    ? `${kind} takes something away (--append-only)`
    : undefined;
}

/** Why a record of a request's body is refused; undefined when it isn't. */
export function findRecordFault(
  policy: Policy,
  kind: RequestKind,
  record: Readonly<Record<string, unknown>>,
): string | undefined {
  const fault = findPlaceFault(policy, schemaOf(kind).body ?? {}, record);
  if (fault !== undefined || isCut(kind) || kind === 'estimate') return fault;
  const { name, names, dataset } = record;
  const snapshots = [
    ...(typeof name === 'string' ? [name] : []),
    ...(Array.isArray(names)
      ? names.map((each) => (typeof dataset === 'string' ? `${dataset}@${each}` : String(each)))
      : []),
  ];
  return firstFault(snapshots, (snapshot) => findSnapshotFault(policy, snapshot));
}

/** Why a snapshot may not be sent, received, marked or destroyed; undefined when it may. @param snapshot its name, full or not */
export function findSnapshotFault({ streamlines }: Policy, snapshot: string): string | undefined {
  if (streamlines.length === 0) return undefined;
  const tag = findTagIn(snapshot);
  if (tag !== undefined && streamlines.some((pattern) => matchesGlob(pattern, tag.streamline))) {
    return undefined;
  }
  return `${snapshot} is no version of ${streamlines.join(', ')} (--streamline)`;
}

/** Why a dataset may not be touched; undefined when it may. */
export function findDatasetFault({ roots }: Policy, dataset: string): string | undefined {
  if (roots.some((root) => isWithin(dataset, root))) return undefined;
  return `${dataset} is not below ${roots.join(', ')} (--under)`;
}

function findPlaceFault(policy: Policy, fields: Fields, values: object): string | undefined {
  const named = Object.entries(fields).flatMap(
    ([name, field]) => field.places?.((values as Readonly<Record<string, unknown>>)[name]) ?? [],
  );
  return firstFault(named, (dataset) => findDatasetFault(policy, dataset));
}

/** What only some kinds have. */
function findOwnFault(policy: Policy, request: Request): string | undefined {
  const { kind } = request;
  if (kind === 'hold' || kind === 'release') return findPoolFault(policy, request.pools);
  if (kind !== 'send-lane' && kind !== 'receive-lane') return undefined;
  // Streams that are compressed can't be looked at; sshd can compress the connection.
  if (request.compress) return 'streams are not compressed at a gate';
  if (kind === 'receive-lane') return firstFault(request.legs, (leg) => findLandingFault(policy, leg));
  return firstFault(request.legs, ({ to }) => (to === undefined ? undefined : findSnapshotFault(policy, to)));
}

function findPoolFault({ roots }: Policy, asked: readonly string[]): string | undefined {
  const pools = roots.map(poolOf);
  const other = asked.find((pool) => !pools.includes(pool));
  return other === undefined ? undefined : `pool ${other} is not that of ${roots.join(', ')} (--under)`;
}

function findLandingFault(
  policy: Policy,
  { set, snapshot, parts, makesFilesystem, type, origin }: ReceivedStream,
): string | undefined {
  if (parts === 0 || parts > mostParts) return `a stream of ${parts} versions`;
  // Of a package, zfs would take another origin from anywhere in the pool.
  if (origin !== undefined && parts > 1) return 'a clone of several versions';
  if (makesFilesystem && type === 'volume') return 'a volume that is a filesystem';
  return (
    firstFault(set, findSettingFault) ??
    (snapshot === undefined ? undefined : findSnapshotFault(policy, snapshot))
  );
}

/** How many versions a stream may bring. */
export const mostParts = 100_000;

const settable = storageProperties.filter((name) => name !== 'checksum' && name !== 'copies');

/**
 * What may be set on what is received, as `NAME=VALUE`: how it is stored, that it doesn't mount, and what is the person's own. An extended
 * regular expression, for the gate that is a shell script, too.
 */
export const settingExpression = `^((${settable.join('|')})=|readonly=on$|canmount=(noauto|off)$|[^=]*:)`;

/** What isn't a person's own, though it has a colon. */
export const oursExpression = '^zfs-vm';

const [isSettable, isOurs] = [new RegExp(settingExpression, 'u'), new RegExp(oursExpression, 'u')];

function findSettingFault({ name, value }: Property): string | undefined {
  const setting = `${name}=${value}`;
  return isSettable.test(setting) && !isOurs.test(name) ? undefined : `${setting} is not set by a gate`;
}

function firstFault<T>(values: readonly T[], find: (value: T) => string | undefined): string | undefined {
  for (const value of values) {
    const fault = find(value);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
