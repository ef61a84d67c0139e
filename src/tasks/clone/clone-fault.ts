import { ZfsVmError } from '../../base/errors.js';
import { localName } from '../../base/local-name.js';
import type { CloneFault } from '../../plan/plan-clone.js';
import { fullNameOf } from '../../streamline/dataset.js';
import { findTagIn, formatTagShort } from '../../streamline/tag.js';
import { poolOf } from '../../zfs/names.js';

/** Why there can't be a clone, as an error. */
export function describeCloneFault(fault: CloneFault, target: string): ZfsVmError {
  switch (fault.kind) {
    case 'exists': {
      const tag = fault.origin === undefined ? undefined : findTagIn(fault.origin);
      const what = tag === undefined ? '' : `, and is a clone of ${formatTagShort(tag)}`;
      return new ZfsVmError('usage', `${target} exists already${what}; nothing was changed`, {
        hint:
          tag === undefined
            ? 'name a dataset that is not there yet'
            : 'go on with it, or name another dataset',
      });
    }
    case 'no-pool':
      return new ZfsVmError('usage', `there is no pool "${poolOf(target)}", so there can be no ${target}`, {
        hint: `name a dataset in one of the pools: ${fault.pools.join(', ')}`,
      });
    case 'no-parent':
      return new ZfsVmError('usage', `there is no ${fault.parent}, so there can be no ${target}`, {
        hint: 'add -p to have it made, or name a dataset below one that is there',
      });
    case 'parent-is-volume':
      return new ZfsVmError('usage', `${fault.parent} is a volume: nothing can be below it`, {
        hint: 'name a dataset below a filesystem',
      });
    case 'other-pool':
      return new ZfsVmError(
        'usage',
        `the version is in ${fault.pools.join(', ')}, and a clone has to be in the same pool`,
        {
          hint: `name a dataset there, or bring a copy to ${poolOf(target)} with "zfs-vm push -n NAME -d ${poolOf(target)}/PLACE ${localName}" first`,
        },
      );
    case 'ambiguous':
      return new ZfsVmError('usage', 'there are several versions of that name, with different content', {
        details: fault.candidates.map(fullNameOf),
        hint: `clone the one you mean by "zfs clone SNAPSHOT ${target}"`,
      });
    case 'bad-name':
      return new ZfsVmError(
        'usage',
        `a member would become ${fault.destination}, and that can't be: ${fault.fault}`,
        { hint: 'name a dataset with a shorter name' },
      );
  }
}
