import { showCommand } from '../../base/shell.js';
import type { TaskEvent } from '../../tasks/event.js';

/** Warns of a copy that was written to as well as the dataset that got a version: a mere copy may have been mounted. */
export function describeWrittenCopy({
  copy,
  streamline,
  dataset,
}: Extract<TaskEvent, { kind: 'copy-written' }>): string {
  return `warning: ${streamline} continues in ${dataset}, but its copy ${copy} was written to as well; to continue it there, run ${showCommand('zfs-vm', 'tag', copy)}`;
}
