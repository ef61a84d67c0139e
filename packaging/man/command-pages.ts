import type { CommandDescription, OptionDescription } from '../../src/command-line/describe-command.js';
import {
  escapeRoff,
  formatExample,
  formatInline,
  formatPage,
  formatProse,
  formatSection,
  formatTerm,
} from './roff.js';

/** What all pages have in common. */
export interface Edition {
  readonly version: string;
  readonly date: Date;
}

/** A page of the manual as a file. */
export interface PageFile {
  /** e.g. `zfs-vm-push.1`. */
  readonly file: string;
  readonly text: string;
}

/** The page of a command: zfs-vm-push(1). */
export function formatCommandPage(command: CommandDescription, edition: Edition): PageFile {
  const name = `zfs-vm-${command.name.replaceAll(' ', '-')}`;
  const own = command.options.filter(({ isGlobal }) => !isGlobal);
  const global = command.options.filter(({ isGlobal }) => isGlobal);
  const others = command.names.filter((each) => each !== command.name);
  const text = formatPage({ name, section: 1, description: command.description, ...edition }, [
    formatSection(
      'SYNOPSIS',
      [command.name, ...others].map((each) => formatSynopsis(command, each)).join('\n.br\n'),
    ),
    formatSection('DESCRIPTION', formatProse(command.details)),
    ...(own.length === 0 ? [] : [formatSection('OPTIONS', own.map(formatOption).join('\n'))]),
    formatSection('OPTIONS OF EVERY COMMAND', global.map(formatOption).join('\n')),
    formatSection(
      'EXAMPLES',
      command.examples
        .map(({ purpose, line }) => `${formatInline(purpose)}:\n${formatExample(`zfs-vm ${line}`)}`)
        .join('\n.PP\n'),
    ),
    formatSection('EXIT STATUS', 'See\n.BR zfs\\-vm (1).'),
    formatSection('SEE ALSO', '.BR zfs\\-vm (1),\n.BR zfs\\-vm.toml (5)'),
  ]);
  return { file: `${name}.1`, text };
}

/** The page of the program: zfs-vm(1). */
export function formatMainPage(
  commands: readonly CommandDescription[],
  globals: readonly OptionDescription[],
  edition: Edition,
): PageFile {
  const description = 'distribute versioned VM and container images that live on ZFS';
  const text = formatPage({ name: 'zfs-vm', section: 1, description, ...edition }, [
    formatSection(
      'SYNOPSIS',
      '.B zfs\\-vm\n[\\fIOPTION\\fP]... \\fICOMMAND\\fP ...\n.br\n.B zfs\\-vm\n\\fICOMMAND\\fP \\fB\\-\\-help\\fP',
    ),
    formatSection('DESCRIPTION', formatProse(overview)),
    formatSection(
      'COMMANDS',
      commands
        .map(({ name, description: what }) =>
          formatTerm(`.BR zfs\\-vm\\-${escapeRoff(name.replaceAll(' ', '-'))} (1)`, formatInline(what)),
        )
        .join('\n'),
    ),
    formatSection(
      'OPTIONS',
      `${formatProse('These may stand before the command or after it.')}\n${globals.map(formatOption).join('\n')}`,
    ),
    formatSection('HOSTS', formatProse(hosts)),
    formatSection(
      'EXIT STATUS',
      exitStatuses.map(([code, meaning]) => formatTerm(`.B ${code}`, formatInline(meaning))).join('\n'),
    ),
    formatSection(
      'FILES',
      [
        formatTerm('.I \\(ti/.config/zfs\\-vm/config.toml', `The configuration; see\n.BR zfs\\-vm.toml (5).`),
        formatTerm(
          '.I \\(ti/.ssh/config, \\(ti/.ssh/known_hosts',
          'The OpenSSH client configuration and the known host keys.',
        ),
      ].join('\n'),
    ),
    formatSection(
      'ENVIRONMENT',
      [
        formatTerm('.B XDG_CONFIG_HOME', 'The folder of the configuration, instead of \\(ti/.config.'),
        formatTerm('.B NO_COLOR', 'No colours, whatever its value.'),
      ].join('\n'),
    ),
    formatSection(
      'SEE ALSO',
      [
        ...commands.map(({ name }) => `.BR zfs\\-vm\\-${escapeRoff(name.replaceAll(' ', '-'))} (1),`),
        '.BR zfs\\-vm.toml (5),',
        '.BR zfs (8),',
        '.BR ssh_config (5)',
      ].join('\n'),
    ),
  ]);
  return { file: 'zfs-vm.1', text };
}

const overview = `
An image of a VM or container is a ZFS dataset. Its history is a streamline, and each version of it is a snapshot named
\`@zfs-vm:STREAMLINE:VERSION\`. \`tag\` makes versions, \`list\` shows them, and \`push\` and \`pull\` send the missing ones to or from another
host over SSH, by the smallest chain of increments. The other host needs nothing but sshd and zfs. Clones stay clones. Nothing on a
receiver is rolled back, destroyed or mounted unless an option asks for it by name.
`;

const hosts = `
A host is an SSH address (\`[user@]host\`, \`ssh://user@host:port\`, a Host alias of the OpenSSH configuration), the name of a remote or group of
the configuration, or \`local\` for this machine.
`;

/** As docs/reference/exit-codes.md has them; a test compares the codes with the program's. */
export const exitStatuses: readonly (readonly [code: number, meaning: string])[] = [
  [0, 'Done, or nothing to do. Every chosen version is on the receiver.'],
  [1, 'A command failed on a host.'],
  [2, 'The command line or the configuration has an error.'],
  [3, 'Done but for conflicts, which are printed with how to resolve them.'],
  [4, 'A host was not reached or was lost, or refused the login or the use of zfs.'],
  [130, 'Interrupted.'],
];

function formatSynopsis(command: CommandDescription, name: string): string {
  const rest = command.synopsis.slice(command.name.length).trim();
  return `.B zfs\\-vm ${escapeRoff(name)}\n${escapeRoff(rest)}`;
}

function formatOption({ names, value, help }: OptionDescription): string {
  const bold = names.map((name) => `\\fB${escapeRoff(name)}\\fP`).join(', ');
  const term = value === undefined ? bold : `${bold} \\fI${escapeRoff(value.name)}\\fP`;
  return formatTerm(term, formatInline(help));
}
