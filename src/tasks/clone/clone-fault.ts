import { ZfsVmError } from '../../base/errors.js';
import { localName } from '../../base/local-name.js';
import { showCommand } from '../../base/shell.js';
import type { CloneFault } from '../../plan/plan-clone.js';
import { fullNameOf } from '../../streamline/dataset.js';
import { findTagIn, formatTagShort } from '../../streamline/tag.js';
import { poolOf } from '../../zfs/names.js';

/** Why there can't be a clone, as an error. */
export function describeCloneFault(fault: CloneFault, target: string): ZfsVmError {
  switch (fault.kind) {
    case 'exists': {
      const tag = fault.origin === undefined ? undefined : findTagIn(fault.origin);
      const what = tag === undefined ? '' : ` (a clone of ${formatTagShort(tag)})`;
      return new ZfsVmError('usage', `${target} already exists${what}; nothing was changed`, {
        hint:
          tag === undefined
            ? 'choose the name of a dataset that does not exist'
            : 'use the existing clone, or choose another name',
      });
    }
    case 'no-pool':
      return new ZfsVmError('usage', `cannot create ${target}: no pool "${poolOf(target)}" on this machine`, {
        hint: `existing pools: ${fault.pools.join(', ')}`,
      });
    case 'no-parent':
      return new ZfsVmError(
        'usage',
        `cannot create ${target}: parent dataset ${fault.parent} does not exist`,
        {
          hint: 'add -p to create the parent, or choose a name below an existing dataset',
        },
      );
    case 'parent-is-volume':
      return new ZfsVmError('usage', `cannot create ${target}: parent ${fault.parent} is a volume`, {
        hint: 'choose a name below a filesystem',
      });
    case 'other-pool':
      return new ZfsVmError(
        'usage',
        `cannot clone to ${target}: a clone must be in the same pool as its version (${fault.pools.join(', ')})`,
        {
          hint: `choose a name in that pool, or first copy the version to ${poolOf(target)} with ${showCommand('zfs-vm', 'push', '-n', 'STREAMLINE', '-d', `${poolOf(target)}/PARENT`, localName)}`,
        },
      );
    case 'ambiguous':
      return new ZfsVmError('usage', 'several snapshots with different content have this version name', {
        details: fault.candidates.map(fullNameOf),
        hint: `clone one of them with ${showCommand('zfs', 'clone', 'SNAPSHOT', target)}`,
      });
    case 'bad-name':
      return new ZfsVmError(
        'usage',
        `cannot clone a member of the tree to ${fault.destination}: ${fault.fault}`,
        { hint: 'choose a shorter name' },
      );
  }
}
