import { complain, say, type Call } from './call.js';
import { readOptions } from './options.js';
import { findProperty, isKnownProperty, type Listed } from './properties.js';
import type { Pools } from './pools.js';
import { ZfsRefusal } from './refusal.js';

/** `zfs list`: with -H and -p only. Gives the exit status. */
export async function runList(call: Call, words: readonly string[], pools: Pools): Promise<number> {
  const options = readOptions(words, 'Hprd:o:t:s:');
  if (!options.has('H') || !options.has('p')) throw new Error('a simulated zfs list wants -H and -p');
  const columns = (options.value('o') ?? 'name,used,available,referenced,mountpoint').split(',');
  checkProperties(columns);
  const sort = options.value('s');
  if (sort !== undefined && sort !== 'name') throw new Error(`a simulated zfs list doesn't sort by ${sort}`);
  const { found, missing } = findListed(pools, options.operands, {
    types: options.value('t')?.split(','),
    depth: options.has('d') ? Number(options.value('d')) : options.has('r') ? Infinity : undefined,
  });
  for (const name of missing) await complain(call, `cannot open '${name}': dataset does not exist`);
  found.sort(sort === 'name' ? byFullName : inDefaultOrder);
  const lines = found.map((listed) =>
    columns.map((column) => findProperty(pools, listed, column)?.value ?? '-').join('\t'),
  );
  await say(call, lines.map((line) => `${line}\n`).join(''));
  return missing.length > 0 ? 1 : 0;
}

/** `zfs get`. Gives the exit status. */
export async function runGet(call: Call, words: readonly string[], pools: Pools): Promise<number> {
  const options = readOptions(words, 'Hpro:t:s:');
  const [list = '', ...names] = options.operands;
  const asked = list === 'all' ? [] : list.split(',');
  checkProperties(asked);
  const sources = options.value('s')?.split(',');
  const fields = (options.value('o') ?? 'name,property,value,source').split(',');
  const { found, missing } = findListed(pools, names, {
    types: options.value('t')?.split(','),
    depth: options.has('r') ? Infinity : undefined,
  });
  for (const name of missing) await complain(call, `cannot open '${name}': dataset does not exist`);
  found.sort(inDefaultOrder);
  if (list === 'all' && sources?.join() !== 'local') {
    throw new Error('a simulated zfs get knows "all" only of those that are set');
  }
  const lines = found.flatMap((listed) => {
    const properties = list === 'all' ? [...listed.dataset.properties.keys()] : asked;
    return properties.flatMap((property) => {
      const { value = '-', source = '-' } = findProperty(pools, listed, property) ?? {};
      if (sources !== undefined && !sources.includes(source)) return [];
      const texts: Readonly<Record<string, string>> = { name: listed.name, property, value, source };
      return [fields.map((field) => texts[field] ?? '-').join('\t')];
    });
  });
  await say(call, lines.map((line) => `${line}\n`).join(''));
  return missing.length > 0 ? 1 : 0;
}

function checkProperties(names: readonly string[]): void {
  const unknown = names.find((name) => !isKnownProperty(name));
  if (unknown === undefined) return;
  throw new ZfsRefusal(`bad property list: invalid property '${unknown}'\nusage:\n\tand so on`, 2);
}

interface Range {
  readonly types: readonly string[] | undefined;
  /** How far below the named datasets; what zfs does by itself when left out. */
  readonly depth: number | undefined;
}

function findListed(
  pools: Pools,
  names: readonly string[],
  { types, depth }: Range,
): { found: Listed[]; missing: string[] } {
  const wanted = new Set(types ?? ['filesystem', 'volume']);
  if (wanted.has('all')) {
    for (const type of ['filesystem', 'volume', 'snapshot', 'bookmark']) wanted.add(type);
  }
  const found: Listed[] = [];
  const missing: string[] = [];
  const addDataset = (name: string, levels: number): void => {
    const dataset = pools.open(name);
    if (wanted.has(dataset.type)) found.push({ kind: dataset.type, name, dataset });
    if (levels < 1) return;
    if (wanted.has('snapshot')) {
      for (const snapshot of dataset.snapshots) {
        found.push({ kind: 'snapshot', name: snapshot.fullName, dataset, snapshot });
      }
    }
    if (!wanted.has('bookmark')) return;
    for (const bookmark of dataset.bookmarks) {
      found.push({ kind: 'bookmark', name: `${name}#${bookmark.name}`, dataset, bookmark });
    }
  };
  if (names.length === 0) {
    for (const name of pools.datasets.keys()) addDataset(name, Infinity);
    return { found, missing };
  }
  const listsPoints = wanted.has('snapshot') || wanted.has('bookmark');
  for (const name of names) {
    const snapshot = name.includes('@') ? pools.findSnapshot(name) : undefined;
    const bookmark = name.includes('#') ? pools.findBookmark(name) : undefined;
    if (snapshot !== undefined) {
      found.push({ kind: 'snapshot', name, dataset: snapshot.dataset, snapshot });
    } else if (bookmark !== undefined) {
      found.push({ kind: 'bookmark', name, dataset: pools.open(name.replace(/#.*/, '')), bookmark });
    } else if (!pools.datasets.has(name)) {
      missing.push(name);
    } else {
      const levels = depth ?? (listsPoints ? 1 : 0);
      addDataset(name, levels);
      for (const below of pools.below(name)) {
        const distance = below.name.slice(name.length).split('/').length - 1;
        if (distance <= levels && depth !== undefined) addDataset(below.name, levels - distance);
      }
    }
  }
  return { found, missing };
}

function byFullName(a: Listed, b: Listed): number {
  return compareTexts(a.name, b.name);
}

/** A dataset before its snapshots, these by their creation, and after them its bookmarks. */
function inDefaultOrder(a: Listed, b: Listed): number {
  const [nameA, nameB] = [a, b].map(({ name }) => name.replace(/@.*/, ''));
  const order = compareTexts(nameA ?? '', nameB ?? '');
  if (order !== 0) return order;
  if (a.kind === 'snapshot' && b.kind === 'snapshot') return a.snapshot.createtxg - b.snapshot.createtxg;
  return Number(a.kind === 'snapshot') - Number(b.kind === 'snapshot');
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
