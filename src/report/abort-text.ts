import { formatTagShort } from '../streamline/tag.js';
import type { TaskEvent } from '../tasks/event.js';

/** What an interrupted receive had left, and is gone. */
export function describeDropped({
  dataset,
  tag,
}: Pick<Extract<TaskEvent, { kind: 'partial-dropped' }>, 'dataset' | 'tag'>): string {
  return `dropped ${formatTagShort(tag)} at ${dataset}`;
}

/** That there was nothing to drop. */
export function describeNoneInterrupted(hostName: string): string {
  return `${hostName} has no interrupted receive of that kind`;
}
