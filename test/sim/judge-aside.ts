import { isKeptByClone } from '../../src/zfs/properties.js';
import type { DatasetState, HostState } from './capture.js';
import { expectThat } from './violation.js';

/** Which datasets a command may move aside, as its options say. */
export interface AsideRights {
  readonly setAside: boolean;
  readonly replaces: boolean;
}

/** What a host had before, as it has to be seen after some of its datasets were moved aside. */
export interface Followed {
  /** Each under the name that it has now; what a promotion has handed over is its successor's. */
  readonly state: HostState;
  /** The GUIDs of those that were moved aside, with that of the clone that took over the past of one, if it has one. */
  readonly moved: ReadonlyMap<bigint, bigint | undefined>;
}

/** Reads what the words of a command allow. */
export function readAsideRights(words: string): AsideRights {
  return { setAside: words.includes('--set-aside'), replaces: words.includes('--replace') };
}

/**
 * Follows the datasets of a host that were moved aside: by their own GUIDs, with their content. What may not be moved aside stays what it
 * was, so that whoever compares sees that it has another name.
 */
export function followAsides(before: HostState, after: HostState, rights: AsideRights): Followed {
  const state = new Map<bigint, DatasetState>();
  const moved = new Map<bigint, bigint | undefined>();
  const byName = new Map([...after.values()].map((dataset) => [dataset.name, dataset]));
  for (const dataset of before.values()) {
    const now = after.get(dataset.guid);
    const aside = now && readAsideName(now.name);
    const isAllowed = aside?.isKept === true ? rights.setAside : rights.replaces;
    if (now === undefined || aside === undefined || !isAllowed) {
      // A clone that has its past by now is there already.
      if (!state.has(dataset.guid)) state.set(dataset.guid, dataset);
      continue;
    }
    const isRenamed = now.name !== dataset.name;
    if (isRenamed && aside.of !== dataset.name) {
      state.set(dataset.guid, dataset);
      continue;
    }
    const heir = byName.get(aside.isKept ? aside.of : `${now.name}-x`);
    const has = (holder: DatasetState | undefined, guid: bigint): boolean =>
      holder?.snapshots.some((each) => each.guid === guid) === true;
    const index = dataset.snapshots.findLastIndex(({ guid }) => !has(now, guid) && has(heir, guid));
    // Those before it were handed over, too, whatever has become of them since.
    const handed = dataset.snapshots.slice(0, index + 1);
    const last = handed.at(-1);
    const isHanded = ([bookmark, guid]: [string, bigint]): boolean =>
      now.bookmarks.get(bookmark) !== guid && heir?.bookmarks.get(bookmark) === guid;
    if (isRenamed) moved.set(dataset.guid, undefined);
    const properties = aside.isKept ? dataset.properties : withCanmountOf(now, dataset);
    if (heir === undefined || last === undefined) {
      state.set(dataset.guid, { ...dataset, name: now.name, properties });
      continue;
    }
    moved.set(dataset.guid, heir.guid);
    const snapshots = dataset.snapshots.filter((each) => !handed.includes(each));
    const bookmarks = new Map([...dataset.bookmarks].filter((each) => !isHanded(each)));
    state.set(dataset.guid, {
      ...dataset,
      name: now.name,
      properties,
      snapshots,
      bookmarks,
      origin: last.guid,
    });
    state.set(heir.guid, {
      ...dataset,
      ...{ name: heir.name, guid: heir.guid, properties: heir.properties, isAside: false },
      ...{ snapshots: handed, content: last.content, bookmarkTxgs: new Map() },
      bookmarks: new Map([...dataset.bookmarks].filter(isHanded)),
      ...{ partial: undefined, isInconsistent: false },
    });
  }
  return { state, moved };
}

/**
 * Expects of a run that nothing disturbed that it told what it set aside, wrote down what that is, and gave its successor what was set on it.
 * @param changes a property that was to be set where something is there already
 * @throws Violation
 */
export function judgeSetAside(before: HostState, after: HostState, stdout: string, changes: string): void {
  for (const { guid, name, properties } of before.values()) {
    const now = after.get(guid);
    if (now === undefined || now.name === name || readAsideName(now.name)?.isKept !== true) continue;
    expectThat(
      new RegExp(`^set aside (?:[a-z@]+:)?${name} as ${now.name}, with `, 'm').test(stdout),
      `nothing tells that ${name} is ${now.name}`,
    );
    expectThat(now.isAside, `${now.name} has no role that says what it is`);
    const successor = [...after.values()].find((each) => each.name === name);
    expectThat(successor !== undefined, `nothing has taken the place of ${now.name}`);
    const its = successor.properties.split(', ');
    for (const text of properties.split(', ')) {
      const [, property = '', value = ''] = /^([^=]+)=(.*) local$/.exec(text) ?? [];
      if (property === '' || property === changes || !isKeptByClone(property, value)) continue;
      expectThat(its.includes(text), `${name} has lost ${text} as ${now.name} was set aside`);
    }
  }
}

/** What a name of something that was moved aside says; undefined for another one. */
export function readAsideName(name: string): { readonly of: string; readonly isKept: boolean } | undefined {
  const [, of, word] = /^(.+)-(set-aside|replaced)-[0-9]{8}T[0-9]{6}Z(?:-[0-9]+)?$/.exec(name) ?? [];
  return of === undefined ? undefined : { of, isKept: word === 'set-aside' };
}

/** What is to be destroyed mounts no more by itself. */
function withCanmountOf(now: DatasetState, { properties }: DatasetState): string {
  const isCanmount = (text: string): boolean => text.startsWith('canmount=');
  const others = properties.split(', ').filter((text) => text !== '' && !isCanmount(text));
  const canmount = now.properties.split(', ').filter((text) => text === 'canmount=noauto local');
  const old = properties.split(', ').filter(isCanmount);
  return [...others, ...(canmount.length > 0 ? canmount : old)].sort().join(', ');
}
