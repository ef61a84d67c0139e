import { quoteCommand } from '../../base/shell.js';
import { findDatasetNameFault } from '../../zfs/names.js';
import type { HostReading, PoolReading, SectionReading, SpaceReading } from './host-reading.js';
import type { Sections } from './sections.js';

/** What users and groups are called on all systems that have ZFS; what is told is pasted into commands. */
const accountName = /^[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,63}$/;

/** Programs that our commands call on hosts, besides zfs. */
export const neededPrograms = ['awk', 'cat', 'head', 'ls', 'sed', 'tr', 'xargs'] as const;

/** What a host is asked, by the names that `parseHost` knows. In it, `"$@"` calls zfs. @param sudo the words that call sudo, if zfs is run by it */
export function hostCommands(sudo: readonly string[] | undefined): Readonly<Record<string, string>> {
  return {
    user: 'id -un; id -u; id -Gn',
    shell: 'echo "$SHELL"',
    programs: neededPrograms.map((name) => `command -v ${name} >/dev/null || echo ${name}`).join('; '),
    zstd: 'zstd -V',
    clock: 'date -u +%s',
    ...(sudo === undefined ? {} : { sudo: quoteCommand([...sudo, '-l']) }),
    version: '"$@" version',
    system: 'uname -s',
    pools: 'zpool list -Hp -o name,free,capacity,health,readonly',
    features: 'zpool get -Hp -o name,property,value all',
    space: '"$@" list -Hp -t filesystem,volume -o name,available,quota',
  };
}

const nothing: SectionReading = { status: 127, output: '' };

/** Makes a reading of what `hostCommands` have printed. What isn't there, or can't be read, is as good as nothing. */
export function parseHost({ before, ended }: Sections): HostReading {
  const find = (name: string): SectionReading => ended.get(name) ?? nothing;
  const [user = '', userId = '', groups = ''] = linesOf(find('user'));
  const [shell = ''] = linesOf(find('shell'));
  const [clock = ''] = linesOf(find('clock'));
  const [system = ''] = linesOf(find('system'));
  return {
    ...{ user: accountName.test(user) ? user : 'USER', userId: Number(userId) },
    ...{ groups: groups.split(' '), shell, banner: before },
    missingPrograms: neededPrograms.filter((name) => linesOf(find('programs')).includes(name)),
    hasZstd: find('zstd').status === 0,
    clockSeconds: /^[0-9]{1,12}$/.test(clock) ? Number(clock) : undefined,
    ...{ sudo: ended.get('sudo'), version: find('version'), use: find('space') },
    system,
    pools: parsePools(find('pools'), find('features')),
    space: parseSpace(find('space')),
  };
}

function linesOf({ output }: SectionReading): string[] {
  return output.split('\n').filter((line) => line !== '');
}

function parsePools(pools: SectionReading, properties: SectionReading): PoolReading[] {
  const features = new Map<string, Map<string, string>>();
  for (const line of linesOf(properties)) {
    const [pool = '', property = '', value = ''] = line.split('\t');
    if (!property.startsWith('feature@')) continue;
    const ofPool = features.get(pool) ?? new Map<string, string>();
    features.set(pool, ofPool.set(property.slice('feature@'.length), value));
  }
  if (pools.status !== 0) return [];
  return linesOf(pools).flatMap((line) => {
    const [name = '', free, capacity, health, readonly] = line.split('\t');
    if (health === undefined || findDatasetNameFault(name) !== undefined) return [];
    return {
      ...{ name, health, isReadonly: readonly === 'on' },
      ...{ freeBytes: Number(free), percentUsed: Number(capacity?.replace('%', '')) },
      features: features.get(name) ?? new Map<string, string>(),
    };
  });
}

function parseSpace(space: SectionReading): SpaceReading[] {
  if (space.status !== 0) return [];
  return linesOf(space).flatMap((line) => {
    const [name = '', available, quota] = line.split('\t');
    return quota === undefined || findDatasetNameFault(name) !== undefined
      ? []
      : { name, availableBytes: Number(available), quotaBytes: Number(quota) || 0 };
  });
}
