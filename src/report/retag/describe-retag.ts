import { nameHost } from '../../base/host-words.js';
import { localName } from '../../base/local-name.js';
import { showCommand } from '../../base/shell.js';
import type { RenameObstacle, Renaming } from '../../plan/plan-rename.js';
import type { UntagObstacle } from '../../plan/plan-untag.js';
import { fullNameOf } from '../../streamline/dataset.js';
import { formatTag } from '../../streamline/tag.js';

/** What keeps versions from being untagged: in words, with how to resolve that. */
export function describeUntagObstacle(
  obstacle: UntagObstacle,
  host: string,
): { summary: string; hint: string } {
  const snapshot = nameOn(host, obstacle.snapshot);
  const [dataset = ''] = obstacle.snapshot.split('@');
  const there = `on ${nameHost(host)}`;
  switch (obstacle.kind) {
    case 'clones':
      return {
        summary: `${snapshot} has clones: ${obstacle.clones.join(', ')}`,
        hint: 'destroy the clones first if they are not needed, or keep the version',
      };
    case 'held':
      return {
        summary: `${snapshot} is held`,
        hint: suggestHolds(obstacle.snapshot, host),
      };
    case 'partial-receive':
      return {
        summary: `an interrupted receive at ${nameOn(host, obstacle.at)} needs ${snapshot}`,
        hint: `finish it with the command that began it, or drop it with ${showCommand('zfs-vm', 'abort', ...(host === localName ? [] : [host]))}`,
      };
    case 'copy-written':
      return {
        summary: `${snapshot} is the newest snapshot of a copy that was written to since`,
        hint: `see what was written with ${showCommand('zfs', 'diff', obstacle.snapshot)} ${there}`,
      };
    case 'last-snapshot':
      return {
        summary: `without ${snapshot}, a copy would have no snapshot left`,
        hint: `if the copy is not needed, destroy it with ${showCommand('zfs', 'destroy', '-r', dataset)} ${there}`,
      };
    case 'newest-sent':
      return {
        summary: `${snapshot} is the newest version of its dataset and was sent; where its copy is, the next version of the same name would be a conflict`,
        hint: `if the copy is on another host, destroy the version there, too, with --also-on HOST, or create a newer version first with ${showCommand('zfs-vm', 'tag', dataset)} ${there}`,
      };
  }
}

/** What keeps a version from being renamed: in words, with how to resolve that. */
export function describeRenameObstacle(
  obstacle: RenameObstacle,
  host: string,
): { summary: string; hint: string } {
  const snapshot = nameOn(host, obstacle.snapshot);
  switch (obstacle.kind) {
    case 'exists':
      return {
        summary: `${snapshot} cannot get that name: ${nameOn(host, obstacle.by)} has it, and is another snapshot`,
        hint: 'choose a name that does not exist',
      };
    case 'other-image':
      return {
        summary: `${snapshot} cannot get that name: ${nameOn(host, obstacle.by)} is of another image, and both would become one streamline`,
        hint: 'choose a name that does not exist',
      };
    case 'order':
      return {
        summary: `${snapshot} comes ${obstacle.isAfter ? 'before' : 'after'} ${obstacle.neighbour}, and the new version would not`,
        hint: `choose a version ${obstacle.isAfter ? 'lower' : 'higher'} than that of ${obstacle.neighbour}`,
      };
    case 'held':
      return {
        summary: `${snapshot} is held`,
        hint: suggestHolds(obstacle.snapshot, host),
      };
    case 'name-too-long':
      return { summary: `the new name of ${snapshot} is too long for ZFS`, hint: 'choose a shorter name' };
  }
}

function suggestHolds(snapshot: string, host: string): string {
  return `see who holds it with ${showCommand('zfs', 'holds', snapshot)} on ${nameHost(host)}`;
}

/** A snapshot, and what it is called now. */
export function describeRenaming({ snapshot, tag }: Renaming, host: string): string {
  return `${nameOn(host, fullNameOf(snapshot))} to @${formatTag(tag)}`;
}

/** What something on a host is called: with the host, if it isn't this machine. */
export function nameOn(host: string, name: string): string {
  return host === localName ? name : `${host}:${name}`;
}
