import type { ChalkInstance } from 'chalk';
import {
  describeCommand,
  describeGlobalOptions,
  type CommandDescription,
  type OptionDescription,
} from './describe-command.js';
import { splitSynopsis, wrapText, wrapWords } from '../report/terminal/wrap.js';
import type { CommandDefinition } from './command-definition.js';
import { groupOptions } from './option-groups.js';

/** How many characters fit into a line where nobody knows. */
const usualWidth = 80;

const indent = '      ';

/** What `zfs-vm --help` prints. */
export function formatGeneralHelp(
  definitions: readonly CommandDefinition[],
  colors: ChalkInstance,
  width = usualWidth,
): string {
  const list = [
    ...definitions.map(describeCommand).map(({ synopsis, description }) => [synopsis, description] as const),
    [
      `plan ${listPlanned(definitions).join('|')} ...`,
      'show what the command would do and why, without doing it',
    ] as const,
  ];
  const options = describeGlobalOptions();
  return [
    ...wrapText('zfs-vm distributes versioned VM and container images stored on ZFS.', width),
    '',
    ...formatUsage(`${formatFlags(options)} ${formatValues(options)} COMMAND ...`, colors, width),
    '',
    colors.bold('Commands'),
    ...list.flatMap(([synopsis, description]) => [
      ...wrapWords(splitSynopsis(synopsis), width - 2, indent).map((line) => `  ${colors.bold(line)}`),
      ...wrapWords(description.split(' '), width - indent.length).map((line) => `${indent}${line}`),
    ]),
    '',
    ...formatOptions('Global options', options, { colors, width, start: findStart(options, width) }),
    '',
    ...wrapText(
      'A host is an SSH address ([user@]host, ssh://user@host:port, or a Host alias from your OpenSSH configuration) or the name of a remote in the configuration file.',
      width,
    ),
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
export function formatCommandHelp(
  definition: CommandDefinition,
  colors: ChalkInstance,
  width = usualWidth,
): string {
  const command = describeCommand(definition);
  const start = findStart(command.options, width);
  return [
    ...wrapWords(`zfs-vm ${command.name}: ${command.description}`.split(' '), width, indent),
    '',
    ...formatUsage(`${formatFlags(command.options)} ${command.synopsis}`, colors, width),
    '',
    ...wrapText(command.details, width),
    '',
    ...groupOptions(command.options, 'Global options').flatMap(({ title, options }) => [
      ...formatOptions(title, options, { colors, width, start }),
      '',
    ]),
    colors.bold('Examples'),
    ...command.examples.flatMap(({ purpose, line }) => [
      ...wrapWords(`${purpose}:`.split(' '), width - 4).map(
        (words, index) => `${index === 0 ? '  ' : '    '}${words}`,
      ),
      `${indent}zfs-vm ${line}`,
    ]),
    '',
  ].join('\n');
}

/** How a help is called, on as many lines as it takes. */
function formatUsage(synopsis: string, colors: ChalkInstance, width: number): string[] {
  const title = 'usage:';
  const [first = '', ...others] = wrapWords([title, 'zfs-vm', ...splitSynopsis(synopsis)], width, indent);
  return [`${colors.bold(title)}${first.slice(title.length)}`, ...others];
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
  {
    colors,
    width,
    start,
  }: { readonly colors: ChalkInstance; readonly width: number; readonly start: number },
): string[] {
  const rows = options.map((option) => [formatOption(option), option.help] as const);
  return [
    colors.bold(title),
    ...rows.flatMap(([option, help]) => {
      const [first = '', ...others] = wrapWords(help.split(' '), width - start).map(
        (line) => `${' '.repeat(start)}${line}`,
      );
      const isLong = option.length + 4 > start;
      return isLong
        ? [`  ${option}`, first, ...others]
        : [`  ${option}`.padEnd(start) + first.slice(start), ...others];
    }),
  ];
}

/** Where the help of options begins in a line. What is longer than a third of it has a line of its own. */
function findStart(options: readonly OptionDescription[], width: number): number {
  const lengths = options.map((option) => formatOption(option).length);
  return Math.max(8, ...lengths.filter((length) => length <= width * 0.36)) + 4;
}

/** An option as its line in a help begins: short names stand in one column, and long ones in the next. */
function formatOption({ names, value }: OptionDescription): string {
  const indent = names[0]?.startsWith('--') === true ? '    ' : '';
  return `${indent}${names.join(', ')}${value === undefined ? '' : ` ${value.name}`}`;
}
