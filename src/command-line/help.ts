import type { ChalkInstance } from 'chalk';
import {
  describeCommand,
  describeGlobalOptions,
  type CommandDescription,
  type OptionDescription,
} from './describe-command.js';
import type { CommandDefinition } from './command-definition.js';

/** What `zfs-vm --help` prints. */
export function formatGeneralHelp(definitions: readonly CommandDefinition[], colors: ChalkInstance): string {
  const list = [
    ...definitions.map(describeCommand).map(({ synopsis, description }) => [synopsis, description] as const),
    [
      `plan ${listPlanned(definitions).join('|')} ...`,
      'show what it would do and why, and do nothing',
    ] as const,
  ];
  const options = describeGlobalOptions();
  return [
    'zfs-vm distributes versioned VM and container images that live on ZFS.',
    '',
    `${colors.bold('usage:')} zfs-vm ${formatFlags(options)} ${formatValues(options)} COMMAND ...`,
    '',
    colors.bold('Commands'),
    ...list.map(([synopsis, description]) => `  ${colors.bold(synopsis)}\n      ${description}`),
    '',
    ...formatOptions('Options of every command', options, colors),
    '',
    'A host is an SSH address ([user@]host, ssh://user@host:port, an alias of your OpenSSH configuration), or the short name of',
    'a remote in the configuration.',
    '',
  ].join('\n');
}

/** The commands that "plan" may stand before. */
export function listPlanned(definitions: readonly Pick<CommandDefinition, 'names'>[]): string[] {
  return definitions.flatMap(({ names }) =>
    names.flatMap(([first, ...rest]) => (first === 'plan' ? rest : [])),
  );
}

/** What `zfs-vm COMMAND --help` prints. */
export function formatCommandHelp(definition: CommandDefinition, colors: ChalkInstance): string {
  const command = describeCommand(definition);
  return [
    `zfs-vm ${command.name}: ${command.description}`,
    '',
    `${colors.bold('usage:')} zfs-vm ${formatFlags(command.options)} ${command.synopsis}`,
    '',
    command.details,
    '',
    ...formatOptions('Options', command.options, colors),
    '',
    colors.bold('Examples'),
    ...command.examples.map(({ purpose, line }) => `  ${purpose}:\n      zfs-vm ${line}`),
    '',
  ].join('\n');
}

/** The short names of what may stand before the command, e.g. `[-dsv]`. */
function formatFlags(options: CommandDescription['options']): string {
  const letters = options
    .filter(({ isGlobal, value, names }) => isGlobal && value === undefined && !names.includes('--help'))
    .flatMap(({ names }) => names.filter((name) => !name.startsWith('--')).map((name) => name.slice(1)));
  return `[-${letters.sort().join('')}]`;
}

function formatValues(options: readonly OptionDescription[]): string {
  return options
    .flatMap(({ names, value }) => (value === undefined ? [] : [`[${names.at(-1) ?? ''} ${value.name}]`]))
    .join(' ');
}

function formatOptions(
  title: string,
  options: readonly OptionDescription[],
  colors: ChalkInstance,
): string[] {
  const rows = options.map((option) => [formatOption(option), option.help] as const);
  const width = Math.max(...rows.map(([option]) => option.length));
  return [colors.bold(title), ...rows.map(([option, help]) => `  ${option.padEnd(width)}  ${help}`)];
}

/** An option as its line in a help begins: short names stand in one column, and long ones in the next. */
function formatOption({ names, value }: OptionDescription): string {
  const indent = names[0]?.startsWith('--') === true ? '    ' : '';
  return `${indent}${names.join(', ')}${value === undefined ? '' : ` ${value.name}`}`;
}
