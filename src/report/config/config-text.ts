import { parseAddress } from '../../base/address.js';
import { resolveRemote, type ResolvedRemote } from '../../config/resolve-remote.js';
import type { Config, StreamlineRetention } from '../../config/config.js';
import type { Retention } from '../../plan/retention.js';
import { formatTagShort } from '../../streamline/tag.js';
import { formatBytes } from '../quantities.js';

/** What a remote comes to, for people. */
export function formatRemote(remote: ResolvedRemote, config: Config): string {
  return joinBlocks([listRemote(remote, config)]);
}

/** What a configuration comes to, for people: its remotes and groups, and what is kept on this machine. */
export function formatConfig(config: Config): string {
  const blocks = [
    ...Array.from(config.remotes.keys(), (name) => listRemote(resolveRemote(config, name), config)),
    ...Array.from(config.groups, ([name, members]) => [
      `group ${name}`,
      `  ${'remotes'.padEnd(titleWidth)}${members.join(', ')}`,
    ]),
    [
      'this machine',
      ...(config.retentions.length > 0
        ? formatRetentions('prune, sync', config.retentions)
        : ['  prune, sync  only with --keep-... on the command line']),
    ],
  ];
  return joinBlocks(blocks);
}

function joinBlocks(blocks: readonly (readonly string[])[]): string {
  return blocks.map((lines) => lines.map((line) => `${line}\n`).join('')).join('\n');
}

function listRemote(remote: ResolvedRemote, config: Config): string[] {
  const { name, address, destination, sudo, transport, bytesPerSecond, mayRelay, retentions } = remote;
  const { user, host, port } = parseAddress(address);
  const rows = [
    ['host', host],
    ['user', user ?? 'as your SSH configuration says'],
    ['port', port === undefined ? 'as your SSH configuration says' : String(port)],
    ['dest', destination ?? 'none: new datasets keep their names'],
    ['sudo', sudo ? 'yes' : 'no'],
    ['transport', transport ?? 'ssh2 where possible'],
    ['bwlimit', bytesPerSecond === undefined ? 'none' : `${formatBytes(bytesPerSecond)}/s`],
    ['relay', mayRelay ? 'yes: it may send to other hosts (push --relay)' : 'no'],
  ];
  return [
    `remote ${name}`,
    ...rows.map(([key = '', value = '']) => `  ${key.padEnd(titleWidth)}${value}`),
    ...(retentions.length > 0
      ? formatRetentions('prune, sync', retentions)
      : [
          ...(config.retentions.length > 0
            ? formatRetentions('prune', config.retentions)
            : ['  prune        only with --keep-... on the command line']),
          '  sync         destroys nothing there: the remote has no retention of its own',
        ]),
  ];
}

/** How wide the titles of rows are, with what stands behind them. */
const titleWidth = 13;

function formatRetentions(title: string, retentions: readonly StreamlineRetention[]): string[] {
  return retentions.map(({ pattern, retention }, index) => {
    const start = index === 0 ? title : '';
    return `  ${start.padEnd(titleWidth)}${pattern}: keep ${describeRetention(retention)}`;
  });
}

/** What a retention keeps, in words. */
function describeRetention(retention: Retention): string {
  const { last, withinSeconds, hourly, daily, weekly, monthly, yearly, versions = [] } = retention;
  const count = (number: number | undefined, noun: string): string[] =>
    number === undefined ? [] : [`${number} ${noun}`];
  return [
    ...(last === undefined ? [] : [`the last ${last}`]),
    ...(withinSeconds === undefined ? [] : [`those of the last ${describeSpan(withinSeconds)}`]),
    ...count(hourly, 'hourly'),
    ...count(daily, 'daily'),
    ...count(weekly, 'weekly'),
    ...count(monthly, 'monthly'),
    ...count(yearly, 'yearly'),
    ...versions.map(formatTagShort),
  ].join(', ');
}

function describeSpan(seconds: number): string {
  const [size, unit] = [[86_400, 'd'] as const, [3600, 'h'] as const, [60, 'm'] as const].find(
    ([unitSeconds]) => seconds % unitSeconds === 0,
  ) ?? [1, 's'];
  return `${seconds / size}${unit}`;
}
