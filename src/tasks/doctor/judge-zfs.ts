import { toCommandError } from '../../host/command-error.js';
import type { Finding } from './finding.js';
import type { HostReading, PoolReading, SectionReading, SpaceReading } from './host-reading.js';
import { isAtLeast, parseZfsVersion } from './zfs-version.js';

/** Older ones aren't tested with. */
const oldestVersion = [2, 0, 0] as const;

/** What pools need to take streams as they are sent: large and embedded blocks, compressed ones, raw ones, `zfs receive -s`, bookmarks. */
const streamFeatures = [
  ...['extensible_dataset', 'large_blocks', 'embedded_data', 'lz4_compress', 'zstd_compress'],
  ...['large_dnode', 'encryption', 'bookmarks', 'bookmark_v2'],
] as const;

/** How full a pool may be, in percent. */
const fullPercent = { warning: 90, fault: 98 };

/** What part of a quota has to be left. */
const leastQuotaPart = 0.05;

/** Whether zfs can be used there at all. @param host for messages */
export function judgeUse(host: string, { status, output }: SectionReading): Finding[] {
  if (status === 0) return [];
  const result = { exit: { kind: 'exited', code: status }, stderr: output } as const;
  return [{ kind: 'zfs-unusable', level: 'fault', error: toCommandError(host, 'zfs list', result) }];
}

/** What is to be said of the version of OpenZFS. */
export function judgeVersion({
  version: { output, status },
  system,
}: Pick<HostReading, 'version' | 'system'>): Finding[] {
  const version = parseZfsVersion(output);
  if (status !== 0 || version === undefined) {
    // The zfs of illumos is no OpenZFS, and has no versions. Before 0.8, OpenZFS couldn't tell its own.
    const [level, told] =
      system === 'SunOS' ? (['ok', undefined] as const) : (['warning', 'older than 0.8'] as const);
    return [{ kind: 'zfs-version', level, version: told, kernelVersion: undefined }];
  }
  const { program, kernel } = version;
  const isMixed = kernel !== undefined && kernel.text !== program.text;
  const isOld = !isAtLeast(program, oldestVersion);
  return [
    {
      ...{ kind: 'zfs-version', level: isMixed || isOld ? 'warning' : 'ok' },
      ...{ version: program.text, kernelVersion: isMixed ? kernel.text : undefined },
    },
  ];
}

/** What is to be said of the pools, and how full they are. */
export function judgePools({ pools, space }: Pick<HostReading, 'pools' | 'space'>): Finding[] {
  const names = pools.map(({ name }) => name);
  return [
    { kind: 'pools', level: names.length === 0 ? 'fault' : 'ok', names },
    ...pools.flatMap(judgePool),
    ...judgeQuotas(space),
  ];
}

function judgePool({
  name: pool,
  health,
  isReadonly,
  features,
  freeBytes,
  percentUsed,
}: PoolReading): Finding[] {
  const disabled = streamFeatures.filter((feature) => features.get(feature) === 'disabled');
  const { warning, fault } = fullPercent;
  return [
    {
      ...{ kind: 'pool-health', pool, health },
      level: health === 'ONLINE' ? 'ok' : health === 'DEGRADED' ? 'warning' : 'fault',
    },
    ...(isReadonly ? [{ kind: 'pool-readonly', level: 'fault', pool } as const] : []),
    { kind: 'pool-features', level: disabled.length === 0 ? 'ok' : 'warning', pool, disabled },
    {
      ...{ kind: 'pool-space', pool, freeBytes, percentUsed },
      level: percentUsed >= fault ? 'fault' : percentUsed >= warning ? 'warning' : 'ok',
    },
  ];
}

function judgeQuotas(space: readonly SpaceReading[]): Finding[] {
  return space.flatMap(({ name, quotaBytes, availableBytes }): Finding[] => {
    if (quotaBytes === 0 || availableBytes >= quotaBytes * leastQuotaPart) return [];
    const level = availableBytes === 0 ? 'fault' : 'warning';
    return [{ kind: 'quota', level, dataset: name, quotaBytes, availableBytes }];
  });
}
