import {
  isWholeNumber,
  lastSecond,
  readDoubledValue,
  splitLines,
  unlessDash,
  UnreadableOutput,
} from './list-fields.js';
import { isSnapshotName } from './names.js';
import { noteProperty } from './snapshot.js';

/** What there is to know of a snapshot, besides which it is. */
export interface SnapshotFacts {
  readonly createdAtSeconds: number;
  readonly referencedBytes: number;
  /** What nothing else refers to: what destroying it alone would free. */
  readonly usedBytes: number;
  /** How many holds it has. */
  readonly holdCount: number;
  /** What was written down with it; undefined for nothing, or where that wasn't asked for. */
  readonly note: string | undefined;
}

/** Arguments of zfs that tell what there is to know of the snapshots whose full names follow, for `parseSnapshotFacts`. */
export function listSnapshotFactsArguments({ withNotes }: { readonly withNotes: boolean }): string[] {
  const columns = [
    'name,creation,referenced,used,userrefs',
    ...(withNotes ? [noteProperty, noteProperty] : []),
  ];
  return ['list', '-Hp', '-t', 'snapshot', '-o', columns.join(',')];
}

/**
 * Reads the output of `listSnapshotFactsArguments`, by full name.
 * @throws UnreadableOutput at the first line that isn't a snapshot with its facts
 */
export function parseSnapshotFacts(
  output: string,
  { withNotes }: { readonly withNotes: boolean },
): [name: string, facts: SnapshotFacts][] {
  // A note may have any printable character.
  const lines = withNotes ? output.split('\n').filter((line) => line !== '') : splitLines(output);
  return lines.map((line) => {
    const fields = line.split('\t');
    const [name = '', creation, referenced, used, holds] = fields;
    const note = withNotes ? unlessDash(readDoubledValue(fields, 5)) : undefined;
    const areNumbers =
      isWholeNumber(creation) && isWholeNumber(referenced) && isWholeNumber(used) && isWholeNumber(holds);
    const isReadable = areNumbers && isSnapshotName(name) && Number(creation) <= lastSecond;
    if (!isReadable || (!withNotes && fields.length !== 5)) throw new UnreadableOutput(line);
    return [
      name,
      {
        createdAtSeconds: Number(creation),
        referencedBytes: Number(referenced),
        usedBytes: Number(used),
        holdCount: Number(holds),
        note,
      },
    ];
  });
}

/** Arguments of zfs that tell by which tags the snapshots are held whose full names follow, for `parseHoldTags`. */
export const listHoldTagsArguments = ['holds', '-H'] as const;

/**
 * Reads the output of `listHoldTagsArguments`: a line for each hold, with its snapshot, tag, and when it was made, which is in the
 * words of the host's locale.
 * @throws UnreadableOutput at the first line that is no hold
 */
export function parseHoldTags(output: string): [name: string, tag: string][] {
  return splitLines(output).map((line) => {
    const [name = '', tag = '', ...rest] = line.split('\t');
    if (!isSnapshotName(name) || tag === '' || rest.length !== 1) throw new UnreadableOutput(line);
    return [name, tag];
  });
}
