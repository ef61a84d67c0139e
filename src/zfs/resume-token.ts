import { isSnapshotName } from './names.js';

/** What an interrupted receive was about, from its resume token. */
export interface ResumeTokenContent {
  /** The sender's full name of the snapshot that was being received. */
  readonly toName: string;
  /** The snapshot's GUID. */
  readonly toGuid: bigint;
  /** The GUID of the base; undefined for a full stream. */
  readonly fromGuid: bigint | undefined;
  /** Whether the stream was raw (`zfs send -w`): `zfs send -t` goes on as it was begun, and takes no `-w` (seen on 2.1 and 2.3). */
  readonly isRaw: boolean;
}

/**
 * Arguments of zfs that tell what a resume token is about, for `parseResumeToken`. Any host can tell, also one that has neither
 * of the snapshots; it then ends with a status other than 0 (seen on OpenZFS 2.3.2).
 */
export function explainTokenArguments(token: string): string[] {
  return ['send', '-n', '-v', '-P', '-t', token];
}

/** Reads the output of `explainTokenArguments`, both streams; undefined for a token that zfs can't make sense of. */
export function parseResumeToken(output: string): ResumeTokenContent | undefined {
  const toGuid = /(?:^|[\t ])toguid = 0x([0-9a-f]{1,16})$/m.exec(output)?.[1];
  const toName = /(?:^|[\t ])toname = (.+)$/m.exec(output)?.[1];
  if (toGuid === undefined || toName === undefined || !isSnapshotName(toName)) return undefined;
  const fromGuid = /(?:^|[\t ])fromguid = 0x([0-9a-f]{1,16})$/m.exec(output)?.[1];
  return {
    toName,
    toGuid: BigInt(`0x${toGuid}`),
    fromGuid: fromGuid === undefined ? undefined : BigInt(`0x${fromGuid}`),
    isRaw: /^\trawok = 1$/m.test(output),
  };
}
