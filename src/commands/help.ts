import type { CommandClass } from 'clipanion';
import type { ChalkInstance } from 'chalk';
import type { CommandContext } from './base-command.js';

/** A command as help shows it. */
export interface DocumentedCommand extends CommandClass<CommandContext> {
  /** What it is called, a list of words for each, e.g. `push` and `plan push`. */
  readonly names: readonly (readonly string[])[];
  /** How it is called, in the style of a manual page, e.g. `list [[user@]host]`. */
  readonly synopsis: string;
  /** Its own options with what they mean; the global ones go without saying. */
  readonly optionHelp: readonly (readonly [option: string, meaning: string])[];
}

const globalOptions = [
  ['-s, --sudo', 'run zfs through sudo on the remote side'],
  [
    '    --transport NAME',
    'what speaks SSH: ssh2, built in, or openssh, the ssh of this machine (ssh2 where it can)',
  ],
  ['    --no-sudo', 'do not, whatever the configuration says'],
  ['    --config FILE', 'the configuration, instead of ~/.config/zfs-vm/config.toml'],
  ['-v, --verbose', 'say more'],
  ['-d, --debug', 'say everything; -d only before the command'],
  ['-h, --help', 'show help, of a command after its name'],
] as const;

/** What `zfs-vm --help` prints. */
export function formatGeneralHelp(commands: readonly DocumentedCommand[], colors: ChalkInstance): string {
  const list = [
    ...commands.map(({ synopsis, usage }) => [synopsis, usage?.description ?? ''] as const),
    [`plan ${listPlanned(commands).join('|')} ...`, 'show what it would do and why, and do nothing'] as const,
  ];
  return [
    'zfs-vm distributes versioned VM and container images that live on ZFS.',
    '',
    `${colors.bold('usage:')} zfs-vm [-dsv] [--transport NAME] [--config FILE] COMMAND ...`,
    '',
    colors.bold('Commands'),
    ...list.map(([synopsis, description]) => `  ${colors.bold(synopsis)}\n      ${description}`),
    '',
    ...formatOptions('Options of every command', globalOptions, colors),
    '',
    'A host is an SSH address ([user@]host, ssh://user@host:port, an alias of your OpenSSH configuration), or the short name of',
    'a remote in the configuration.',
    '',
  ].join('\n');
}

/** The commands that "plan" may stand before. */
export function listPlanned(commands: readonly DocumentedCommand[]): string[] {
  return commands.flatMap(({ names }) => names.flatMap(([first, ...rest]) => (first === 'plan' ? rest : [])));
}

/** The options that a command takes, each by its names, e.g. `-j` and `--jobs`; the long one is the last. */
export function listOptionNames({ optionHelp }: DocumentedCommand): string[][] {
  return [...optionHelp, ...globalOptions].map(([option]) => option.match(/(?<![a-z-])--?[a-z-]+/g) ?? []);
}

/** What `zfs-vm COMMAND --help` prints. */
export function formatCommandHelp(command: DocumentedCommand, colors: ChalkInstance): string {
  const { description = '', details = '', examples = [] } = command.usage ?? {};
  return [
    `zfs-vm ${command.synopsis.split(' ')[0] ?? ''}: ${description}`,
    '',
    `${colors.bold('usage:')} zfs-vm [-dsv] ${command.synopsis}`,
    '',
    trimIndent(details),
    '',
    ...formatOptions('Options', [...command.optionHelp, ...globalOptions], colors),
    '',
    colors.bold('Examples'),
    ...examples.map(([what, line]) => `  ${what}:\n      ${line.replace('$0', 'zfs-vm')}`),
    '',
  ].join('\n');
}

function formatOptions(
  title: string,
  options: readonly (readonly [option: string, meaning: string])[],
  colors: ChalkInstance,
): string[] {
  const width = Math.max(...options.map(([option]) => option.length));
  return [colors.bold(title), ...options.map(([option, meaning]) => `  ${option.padEnd(width)}  ${meaning}`)];
}

function trimIndent(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .join('\n')
    .trim();
}
