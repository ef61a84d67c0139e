import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { localName } from '../base/local-name.js';
import { listQuickly } from '../host/list-quickly.js';
import {
  listContainers,
  listDatasets,
  listHosts,
  listProperties,
  listPropertyLists,
  listVersions,
  type Candidate,
} from './list-values.js';
import { scanConfig, scanSshConfig, type HostName } from './scan-config.js';
import { isListed, type ListedKind } from './words.js';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * What a completion script asks for: the values of a kind that begin like a word, a line each, with a description after a tab. Whatever
 * can't be found out is left out, and nothing is said of it: somebody is typing.
 * @param words the kind, the beginning of the word, and the words before it
 */
export function formatValues(words: readonly string[], env: Env): string {
  const [kind = '', word = '', ...before] = words;
  if (!isListed(kind)) return '';
  return listCandidates(kind, word, before, env)
    .filter(({ value, description }) => !/[\t\n]/.test(`${value}${description}`))
    .map(({ value, description }) => `${value}\t${description}\n`)
    .join('');
}

function listCandidates(kind: ListedKind, word: string, before: readonly string[], env: Env): Candidate[] {
  switch (kind) {
    case 'container':
      return listContainers(readDatasets(env), word);
    case 'dataset':
      return listDatasets(readDatasets(env), word);
    case 'host':
      return listHosts(readHosts(before, env), word);
    case 'pattern':
    case 'version':
      return listVersions(listQuickly(['zfs', 'list', '-H', '-t', 'snapshot', '-o', 'name'], env), word);
    case 'property':
      return listProperties(word, '');
    case 'property-value':
      return listProperties(word, '=');
    case 'property-list':
      return listPropertyLists(word);
  }
}

function readDatasets(env: Env): string[] {
  return listQuickly(['zfs', 'list', '-H', '-t', 'filesystem,volume', '-o', 'name'], env);
}

function readHosts(before: readonly string[], env: Env): HostName[] {
  const home = env['HOME'] ?? homedir();
  const given = env['XDG_CONFIG_HOME'] ?? '';
  const folder = isAbsolute(given) ? given : join(home, '.config');
  const path = findConfigOption(before) ?? join(folder, 'zfs-vm', 'config.toml');
  return [
    ...scanConfig(readText(path)),
    { name: localName, description: 'this machine' },
    ...scanSshConfig(readText(join(home, '.ssh', 'config'))),
  ];
}

/** The configuration that the words before name. */
function findConfigOption(words: readonly string[]): string | undefined {
  const attached = words.findLast((word) => word.startsWith('--config='));
  return attached?.slice('--config='.length) ?? words.find((_, index) => words[index - 1] === '--config');
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
