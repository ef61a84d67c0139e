import {
  isWholeNumber,
  lastSecond,
  largestGuid,
  readDoubledValue,
  splitLines,
  unlessDash,
  UnreadableOutput,
} from './list-fields.js';
import { findDatasetNameFault, isSnapshotName } from './names.js';
import { groundRole, parseRole, roleProperty, type Role } from './role.js';
import { scanSnapshots } from './snapshot-scanner.js';
import { noteProperty } from './snapshot.js';

/** A filesystem or a volume, as `zfs list` tells it. */
export interface DatasetRow {
  readonly name: string;
  readonly type: 'filesystem' | 'volume';
  /** The snapshot it was cloned from, by full name. */
  readonly origin: string | undefined;
  readonly encrypted: boolean;
  /** What was written to it since its newest snapshot; 0 for a received dataset that nobody has touched. */
  readonly writtenBytes: number;
  /** When it was made on this host, in seconds since 1970: what was received is as old as its first receive here. */
  readonly madeAtSeconds: number;
  /** The newest snapshot of its own, by the part of its name after `@`. */
  readonly newestSnapshot: string | undefined;
  /** The token of a receive that was interrupted and can be resumed. */
  readonly resumeToken: string | undefined;
  /** What it is, however it is called: stays when it is renamed. Undefined where the host's zfs wasn't asked. */
  readonly guid: bigint | undefined;
  /** The dataset at or above it whose key opens it; undefined where it isn't encrypted. */
  readonly encryptionRoot: string | undefined;
  /** Whether the key of an encrypted dataset is loaded; undefined where it isn't encrypted. */
  readonly keyStatus: 'available' | 'unavailable' | undefined;
  /** What was written down on it about what it is. */
  readonly role: Role | undefined;
  /** Whether it, or what it inherits that from, was only made to give others a place, without the encryption of what is above it. */
  readonly isGround: boolean;
}

/** A snapshot or bookmark, as `zfs list` tells it. */
export interface SnapshotRow {
  readonly kind: 'snapshot' | 'bookmark';
  readonly dataset: string;
  /** The part of its name after `@` or `#`. */
  readonly name: string;
  /** What the snapshot is, wherever it was sent and however it is called; a bookmark has the one of its snapshot. */
  readonly guid: bigint;
  /** When it was made, as the pool's transaction group: orders the snapshots of one pool. */
  readonly createtxg: number;
}

/** What only people want to know of a snapshot. It makes listing several times slower. */
export interface SnapshotDetails {
  readonly createdAtSeconds: number;
  readonly referencedBytes: number;
  /** What was written down with it; undefined for nothing, or where that wasn't asked for. */
  readonly note: string | undefined;
}

const oldColumns = ['name', 'type', 'origin', 'written', 'creation'] as const;

const plainColumns = [...oldColumns, 'encryption', 'prevsnap', 'receive_resume_token'] as const;

/**
 * Arguments of zfs that list all filesystems and volumes, or those whose names follow, for `parseDatasets`. `prevsnap` is hidden from
 * `zfs get all`, and as old as resume tokens; of a clone without snapshots it names the origin (seen on OpenZFS 2.1.11 and 2.3.2).
 */
export const listDatasetsArguments = listWithColumns([
  ...plainColumns,
  ...['guid', 'encryptionroot', 'keystatus', roleProperty, roleProperty],
]);

/** The same without what anybody may have written, for where that makes the list unreadable. */
export const listDatasetsPlainArguments = listWithColumns(plainColumns);

/** Which column of `listDatasetsArguments` has the full name of the newest snapshot, counted from 1. */
export const newestSnapshotColumn = plainColumns.indexOf('prevsnap') + 1;

/** Arguments of zfs that tell the GUIDs of the datasets whose names follow, for `parseGuids`. */
export const listGuidsArguments = ['list', '-Hp', '-t', 'filesystem,volume', '-o', 'name,guid'] as const;

/** The same for a zfs that lacks the newer columns (before 0.8). */
export const listDatasetsOldArguments = listWithColumns(oldColumns);

/** Arguments of zfs that list the datasets whose names follow, and all below them, for `parseDatasets`; it goes on after one that isn't there. */
export const listWithinArguments = [...listDatasetsOldArguments, '-r'];

/**
 * Arguments of zfs that tell how datasets are encrypted, a line each with name, `encryption` and the value. A zfs that knows no encryption ends
 * with 2, as for any property that it doesn't know.
 */
export const getEncryptionArguments = [
  ...['get', '-Hp', '-t', 'filesystem,volume', '-o', 'name,property,value'],
  'encryption',
] as const;

/** Stands for what a zfs that was asked for it didn't tell: such a dataset is taken for encrypted. */
export const untoldEncryption = 'not-told';

/** Which column of `listDatasetsArguments` has the token of an interrupted receive, counted from 1. */
export const resumeTokenColumn = plainColumns.length;

/**
 * Arguments of zfs that list all snapshots and bookmarks, for `parseSnapshots`. With these three columns, and sorted by one of them,
 * zfs takes its quick way: about a third of the time of any richer list (`zfs_iter.c`; measured on OpenZFS 2.3.2).
 */
export const listSnapshotsArguments = [
  ...['list', '-Hp', '-t', 'snapshot,bookmark', '-s', 'name', '-o'],
  'name,guid,createtxg',
] as const;

/** Arguments of zfs that list snapshots whose full names follow; it goes on after one that isn't there, and exits with 1. */
export const listNamedSnapshotsArguments = [
  'list',
  '-Hp',
  '-t',
  'snapshot',
  '-o',
  'name,guid,createtxg',
] as const;

/** Arguments of zfs that tell how much the datasets refer to whose names follow; it goes on after one that isn't there. */
export const listReferencedArguments = ['list', '-Hp', '-o', 'name,referenced'] as const;

/** Reads the output of `listReferencedArguments`: bytes by name. Lines that are something else, as those of errors, are passed over. */
export function parseReferenced(output: string): Map<string, number> {
  const lines = output.split('\n').map((line) => line.split('\t'));
  return new Map(
    lines.flatMap(([name = '', bytes, ...rest]) =>
      isWholeNumber(bytes) && rest.length === 0 ? [[name, Number(bytes)] as const] : [],
    ),
  );
}

/** Arguments of zfs that list the snapshots and bookmarks of the datasets whose names follow, and of none below them. */
export const listSnapshotsOfArguments = [
  ...['list', '-Hp', '-d', '1', '-t', 'snapshot,bookmark', '-s', 'name', '-o'],
  'name,guid,createtxg',
] as const;

/** Whether the notes of snapshots are listed, too. */
export interface DetailOptions {
  readonly withNotes: boolean;
}

/**
 * Arguments of zfs that list all snapshots and bookmarks with what people want to know, for `scanDetailedSnapshots`. A snapshot
 * without a note of its own has the one that somebody may have given to its dataset, as zfs has it.
 */
export function listDetailedSnapshotsArguments({ withNotes }: DetailOptions): string[] {
  const columns = ['name,guid,createtxg,creation,referenced', ...(withNotes ? doubledNote : [])].join(',');
  return ['list', '-Hp', '-t', 'snapshot,bookmark', '-s', 'name', '-o', columns];
}

/** For `readDoubledValue`. */
const doubledNote = [noteProperty, noteProperty];

/** Arguments of zfs that list how often snapshots whose full names follow are held, for `parseHolds`. */
export const listHoldsArguments = ['list', '-Hp', '-t', 'snapshot', '-o', 'name,userrefs'] as const;

/** Arguments of zfs that tell when snapshots and bookmarks were made whose full names follow, for `parseCreationTimes`. */
export const listCreationArguments = [
  ...['list', '-Hp', '-t', 'snapshot,bookmark', '-o'],
  'guid,creation',
] as const;

function listWithColumns(columns: readonly string[]): string[] {
  return ['list', '-Hp', '-t', 'filesystem,volume', '-o', columns.join(',')];
}

/**
 * Reads the output of `listDatasetsArguments`, or of one of its shorter forms.
 * @throws UnreadableOutput at the first line that isn't a dataset, or has another number of columns than the first
 */
export function parseDatasets(output: string): DatasetRow[] {
  const lines = splitLines(output).map((line) => line.split('\t'));
  const count = lines[0]?.length ?? 0;
  const columns = shorterForms.includes(count) ? count : allColumns;
  return lines.map((fields) => {
    const [name = '', type, origin = '', written, creation, ...newer] = fields;
    const [encryption = '-', newest = '-', resumeToken = '-'] = newer;
    const isReadable =
      fields.length === columns &&
      findDatasetNameFault(name) === undefined &&
      (origin === '-' || origin === '' || isSnapshotName(origin)) &&
      (newest === '-' || isSnapshotName(newest)) &&
      /^(-|on|off|[a-z0-9]+(-[a-z0-9]+)+)$/.test(encryption) &&
      /^[!-~]+$/.test(resumeToken);
    const areNumbers = isWholeNumber(written) && isWholeNumber(creation) && Number(creation) <= lastSecond;
    if (!isReadable || !areNumbers || (type !== 'filesystem' && type !== 'volume')) {
      throw new UnreadableOutput(fields.join('\t'));
    }
    return {
      name,
      type,
      origin: unlessDash(origin),
      encrypted: encryption !== 'off' && encryption !== '-',
      writtenBytes: Number(written),
      madeAtSeconds: Number(creation),
      newestSnapshot: newest.startsWith(`${name}@`) ? newest.slice(name.length + 1) : undefined,
      resumeToken: unlessDash(resumeToken),
      ...(columns === allColumns ? readIdentity(fields) : unknownIdentity),
    };
  });
}

const allColumns = plainColumns.length + 5;

/** The second is that of a zfs that lacks newer columns, and was asked for encryption by itself. */
const shorterForms: readonly number[] = [oldColumns.length, oldColumns.length + 1, plainColumns.length];

type Identity = Pick<DatasetRow, 'guid' | 'encryptionRoot' | 'keyStatus' | 'role' | 'isGround'>;

const unknownIdentity: Identity = {
  ...{ guid: undefined, encryptionRoot: undefined, keyStatus: undefined, role: undefined },
  isGround: false,
};

/** Reads the columns that follow the plain ones. */
function readIdentity(fields: readonly string[]): Identity {
  const [guidText, encryptionRoot = '-', keyStatus = '-'] = fields.slice(plainColumns.length);
  const role = readDoubledValue(fields, allColumns - 2);
  const isReadable =
    isWholeNumber(guidText) &&
    BigInt(guidText) <= largestGuid &&
    (encryptionRoot === '-' || findDatasetNameFault(encryptionRoot) === undefined);
  if (!isReadable) throw new UnreadableOutput(fields.join('\t'));
  const guid = BigInt(guidText);
  return {
    guid,
    encryptionRoot: unlessDash(encryptionRoot),
    keyStatus: keyStatus === 'available' || keyStatus === 'unavailable' ? keyStatus : undefined,
    role: parseRole(role, guid),
    isGround: role === groundRole,
  };
}

/**
 * Reads the output of `listSnapshotsArguments`.
 * @throws UnreadableOutput at the first line that isn't a snapshot
 */
export function parseSnapshots(output: string): SnapshotRow[] {
  const rows: SnapshotRow[] = [];
  scanSnapshots(output, {
    add: ({ kind, dataset, name, guid, createtxg }) => {
      rows.push({ kind, dataset, name, guid, createtxg });
    },
  });
  return rows;
}

/**
 * Reads the output of `listCreationArguments`: GUIDs with seconds since 1970. A snapshot that was received keeps the time at which it was
 * made on its first host, and its bookmark has it too (seen on OpenZFS 2.3.2).
 * @throws UnreadableOutput at the first line that isn't both
 */
export function parseCreationTimes(output: string): [guid: bigint, createdAtSeconds: number][] {
  return splitLines(output).map((line) => {
    const [guid, creation, ...rest] = line.split('\t');
    const isReadable = isWholeNumber(guid) && isWholeNumber(creation) && rest.length === 0;
    if (!isReadable || BigInt(guid) > largestGuid || Number(creation) > lastSecond) {
      throw new UnreadableOutput(line);
    }
    return [BigInt(guid), Number(creation)];
  });
}

/**
 * Reads the output of `listGuidsArguments`: the GUIDs of datasets, by name.
 * @throws UnreadableOutput at the first line that isn't a dataset with its GUID
 */
export function parseGuids(output: string): [name: string, guid: bigint][] {
  return splitLines(output).map((line) => {
    const [name = '', guid, ...others] = line.split('\t');
    const isName = findDatasetNameFault(name) === undefined;
    if (!isName || !isWholeNumber(guid) || BigInt(guid) > largestGuid || others.length > 0) {
      throw new UnreadableOutput(line);
    }
    return [name, BigInt(guid)];
  });
}

/**
 * Reads the output of `listHoldsArguments`: how many holds each snapshot has, by its full name.
 * @throws UnreadableOutput at the first line that isn't a snapshot with its holds
 */
export function parseHolds(output: string): [name: string, holds: number][] {
  return splitLines(output).map((line) => {
    const [name = '', holds, ...others] = line.split('\t');
    if (!isSnapshotName(name) || !isWholeNumber(holds) || others.length > 0) throw new UnreadableOutput(line);
    return [name, Number(holds)];
  });
}
