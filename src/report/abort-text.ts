import { nameHost, qualify } from '../base/host-words.js';
import { formatTagShort } from '../streamline/tag.js';
import type { TaskEvent } from '../tasks/event.js';

/** What an interrupted receive had left, and is gone. */
export function describeDropped({
  host,
  dataset,
  tag,
}: Pick<Extract<TaskEvent, { kind: 'partial-dropped' }>, 'host' | 'dataset' | 'tag'>): string {
  return `discarded the interrupted receive of ${formatTagShort(tag)} in ${qualify(host, dataset)}`;
}

/** That there was nothing to drop. */
export function describeNoneInterrupted(hostName: string): string {
  return `no interrupted receives on ${nameHost(hostName)}`;
}
