import { nameHost } from '../base/host-words.js';
import { formatTagShort } from '../streamline/tag.js';
import type { TaskEvent } from '../tasks/event.js';

/** What an interrupted receive had left, and is gone. */
export function describeDropped({
  dataset,
  tag,
}: Pick<Extract<TaskEvent, { kind: 'partial-dropped' }>, 'dataset' | 'tag'>): string {
  return `discarded the interrupted receive of ${formatTagShort(tag)} in ${dataset}`;
}

/** That there was nothing to drop. */
export function describeNoneInterrupted(hostName: string): string {
  return `no interrupted receives on ${nameHost(hostName)}`;
}
