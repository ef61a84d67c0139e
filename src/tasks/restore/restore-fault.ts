import { ZfsVmError } from '../../base/errors.js';
import { quoteCommand, showCommand } from '../../base/shell.js';
import type { RestoreFault } from '../../plan/plan-restore.js';

/** Why a version can't be brought back, as an error. @param version as people call it */
export function describeRestoreFault(fault: RestoreFault, version: string): ZfsVmError {
  switch (fault.kind) {
    case 'ambiguous':
      return new ZfsVmError(
        'usage',
        fault.candidates.length === 0
          ? `no dataset contains a later state of ${version}, so there is nothing to restore in place`
          : `${fault.candidates.length} datasets come from ${version}; nothing was restored`,
        {
          details: fault.candidates,
          hint:
            fault.candidates.length === 0
              ? `name a new dataset: ${showCommand('zfs-vm', 'restore', version, 'DATASET')}`
              : `name the dataset: ${showCommand('zfs-vm', 'restore', version, fault.candidates[0] ?? '')}`,
        },
      );
    case 'unrelated':
      return new ZfsVmError('usage', `dataset ${fault.dataset} exists and does not come from ${version}`, {
        hint: `name a dataset that does not exist yet, or omit it to restore in place: ${showCommand('zfs-vm', 'restore', version)}`,
      });
    case 'pool-root':
      return new ZfsVmError('usage', `${fault.dataset} is the root of a pool and cannot be set aside`, {
        hint: `restore to a new dataset: ${showCommand('zfs-vm', 'restore', version, `${fault.dataset}/restored`)}`,
      });
    case 'receiving':
      return new ZfsVmError('usage', `${fault.dataset} has an interrupted receive`, {
        hint: 'finish it with the command that began it, or drop it with "zfs-vm abort"',
      });
    case 'locked':
      return new ZfsVmError('failed', `${fault.dataset} is encrypted and its key is not loaded`, {
        hint: quoteCommand(['zfs', 'load-key', fault.root]),
      });
    case 'encryption-root':
      return new ZfsVmError(
        'usage',
        `${fault.dataset} cannot be set aside: ZFS does not rename it away from ${fault.root}, whose key it has`,
        { hint: `restore to a new dataset below ${fault.root}` },
      );
    case 'name-too-long':
      return new ZfsVmError('usage', `no name beside ${fault.dataset} is short enough to set it aside`, {
        hint: 'rename it to a shorter name first, or restore to a new dataset',
      });
  }
}
