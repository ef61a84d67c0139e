import type { KeepReason } from '../../plan/plan-prune.js';
import type { RetentionRule } from '../../plan/retention.js';
import { datasetOf } from '../../streamline/lineage.js';

/** Why a version stays, in words. */
export function describeKeepReason(reason: KeepReason): string {
  switch (reason.kind) {
    case 'rule':
      return describeRule(reason.rule);
    case 'not-chosen':
      return 'not selected by -n';
    case 'partial-elsewhere':
      return `${reason.receivers.join(' and ')} has an interrupted receive of ${reason.snapshot}`;
    case 'last-common':
      return `${reason.receivers.join(' and ')} needs ${reason.snapshot} as a base, and no bookmark can replace it`;
    case 'sender-common':
      return `the last common version of ${datasetOf(reason.snapshot)} with ${reason.senders.join(' and ')}, needed to resolve a conflict`;
    case 'copy-of-another':
      return `${datasetOf(reason.snapshot)} is the copy of a dataset on another host`;
    case 'set-aside':
      return `${datasetOf(reason.snapshot)} was set aside`;
    case 'newest-of-streamline':
      return 'the newest';
    case 'newest-of-dataset': {
      const [dataset = ''] = reason.snapshot.split('@');
      return `the newest of ${dataset}`;
    }
    case 'clones':
      return `${reason.snapshot} has clones: ${reason.clones.join(', ')}`;
    case 'held':
      return `${reason.snapshot} is held (zfs holds)`;
    case 'partial-receive':
      return `an interrupted receive at ${reason.at} needs ${reason.snapshot}`;
  }
}

function describeRule(rule: RetentionRule): string {
  switch (rule) {
    case 'last':
    case 'within':
    case 'hourly':
    case 'daily':
    case 'weekly':
    case 'monthly':
    case 'yearly':
      return `--keep-${rule}`;
    case 'named':
      return '--keep';
  }
}
