import type { Mutation } from './mutations.js';

const rules = 'test/plan/find-copy.test.ts';
const owners = 'src/plan/copy-owners.ts';
const finder = 'src/plan/find-copy.ts';

/** Lines of the rules that say which dataset is the copy: without one of them, versions go into somebody else's dataset. */
export const identityMutations: readonly Mutation[] = [
  {
    name: 'forgotten-role',
    protects: 'a copy that was renamed or moved is found by its role',
    file: owners,
    text: "if (role?.kind === 'copy') for (const { guid } of role.sources) append(marked, guid, name);",
    replacement:
      "if (role?.kind === 'aside') for (const { guid } of role.sources) append(marked, guid, name);",
    tests: [rules],
  },
  {
    name: 'role-of-a-copy',
    protects:
      'a role means something only on the dataset that it was written for, not on copies that took it along',
    file: 'src/zfs/role.ts',
    text: 'selfGuid !== ownGuid) return undefined;',
    replacement: 'selfGuid === undefined) return undefined;',
    tests: ['test/zfs/role.test.ts'],
  },
  {
    name: 'member-anywhere',
    protects:
      'members of a tree go below the copy of its top, not below anything that has its newest version',
    file: finder,
    text: 'const isLeading = others.length === 0 && this.#owners.isOpen(dataset, first);',
    replacement: 'const isLeading = true;',
    tests: [rules],
  },
  {
    name: 'aside-as-copy',
    protects: 'what was set aside is continued no more',
    file: owners,
    text: "if (role?.kind === 'aside') return 'anothers';",
    replacement: "if (role?.kind === 'aside') return 'open';",
    tests: [rules],
  },
  {
    name: 'gone-on-as-another',
    protects: 'a dataset that has gone on as another one of the sender is the copy of that one',
    file: owners,
    text: "return owners === undefined || owners.includes(source.name) ? 'open' : 'anothers';",
    replacement: "return owners === undefined || owners.length > 0 ? 'open' : 'anothers';",
    tests: [rules],
  },
  {
    name: 'adopted-though-touched',
    protects: 'a dataset of which nothing tells whose it is goes on only if nobody has worked in it',
    file: finder,
    text: 'if (candidates.length > 1 || !this.#isUntouched(only.at)) return toUnclear(candidates);',
    replacement: 'if (candidates.length > 1) return toUnclear(candidates);',
    tests: [rules],
  },
  {
    name: 'one-of-several',
    protects: 'of several datasets that may be the copy, none is taken',
    file: finder,
    text: 'if (candidates.length > 1 || !this.#isUntouched(only.at)) return toUnclear(candidates);',
    replacement: 'if (!this.#isUntouched(only.at)) return toUnclear(candidates);',
    tests: [rules],
  },
  {
    name: 'found-for-another',
    protects: "what was found to be the copy of one dataset is no other one's",
    file: owners,
    text: "if (found !== undefined) return found === source.name ? 'own' : 'anothers';",
    replacement: "if (found !== undefined) return found === source.name ? 'own' : 'open';",
    tests: [rules],
  },
  {
    name: 'clone-as-promoted',
    protects: 'a clone that is younger than what it was cloned from has lost no past to it',
    file: finder,
    text: 'if (ageSeconds < 0 || (ageSeconds === 0 && isBegun)) return undefined;',
    replacement: 'if (copy.madeAtSeconds < 0) return undefined;',
    tests: [rules],
  },
  {
    name: 'one-sender-only',
    protects: 'a sender that is written down on a copy takes the place of no other one',
    file: 'src/plan/choose-role.ts',
    text: 'others.slice(0, mostSources - 1)',
    replacement: 'others.slice(0, 0)',
    tests: [rules],
  },
  {
    name: 'undone-for-another',
    protects: 'what another host may have sent to the same copy is not undone',
    file: 'src/plan/continue-copy.ts',
    text: '(owners.isShared(destination) && receiverOnly.length > 0)',
    replacement: '(owners.isShared(destination) && receiverOnly.length < 0)',
    tests: [rules],
  },
  {
    name: 'archive-of-another',
    protects: "what nobody has marked is not continued beside another's copy, of which it may be an archive",
    file: finder,
    text: 'const candidates = [...open, ...marked];',
    replacement: 'const candidates = [...open, ...marked.slice(0, 0)];',
    tests: [rules],
  },
  {
    name: 'archive-of-a-promoted-past',
    protects: 'nor beside the copy of a dataset that has lost its past by a promotion',
    file: finder,
    text: 'this.#owners.isAnothers(dataset, at.dataset)',
    replacement: 'this.#owners.isForeign(at.dataset)',
    tests: [rules],
  },
  {
    name: 'backup-as-heir',
    protects: 'a backup of a dataset that has lost its past by a promotion does not go on in its copy',
    file: 'src/plan/copy-owners.ts',
    text: 'return dataset?.snapshots.length === 0 && !hasOtherHeir(dataset);',
    replacement: 'return dataset?.snapshots.length === 0;',
    tests: [rules],
  },
  {
    name: 'conclusive-by-any-rule',
    protects: 'that a dataset is the only one which may be the copy is not told from a quick look',
    file: 'src/probe/questions/is-conclusive.ts',
    text: "return by === 'place';",
    replacement: 'return by !== undefined;',
    tests: ['test/probe/questions/is-conclusive.test.ts'],
  },
  {
    name: 'half-moved-continued',
    protects: 'a copy whose host stopped while it was moved aside is not continued under the other name',
    file: 'src/plan/find-copy.ts',
    text: "return findHalfMoved(dataset, known.at) ?? { kind: 'copy', ...known, by: 'role' };",
    replacement: "return { kind: 'copy', ...known, by: 'role' };",
    tests: ['test/plan/find-copy.test.ts'],
  },
];
