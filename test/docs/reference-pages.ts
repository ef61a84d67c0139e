import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitStatuses } from '../../packaging/man/command-pages.js';
import { configTables } from '../../packaging/man/config-page.js';
import {
  describeCommand,
  describeGlobalOptions,
  type CommandDescription,
  type OptionDescription,
} from '../../src/command-line/describe-command.js';
import { groupOptions } from '../../src/command-line/option-groups.js';
import { commandClasses } from '../../src/commands/all-commands.js';
import { findPackageRoot } from '../lab/package-root.js';

/** A page that is made of the definitions. */
export interface ReferencePage {
  /** Its path from the root of the project. */
  readonly path: string;
  readonly text: string;
}

const folder = 'docs/reference';

const mark = '<!-- written by "npm run docs" from the definitions of the commands: do not edit -->';

/** What the commands are for: the order of the index. */
const purposes: readonly (readonly [title: string, names: readonly string[]])[] = [
  ['Versions', ['tag', 'list', 'show', 'diff', 'clone', 'restore', 'untag', 'rename', 'prune']],
  ['Other hosts', ['push', 'pull', 'copy', 'sync', 'status', 'abort']],
  ['Setup and upkeep', ['doctor', 'gate', 'config', 'log', 'completion', 'version']],
];

/** The page that says more about a command. */
const related: Readonly<Record<string, readonly (readonly [title: string, target: string])[]>> = {
  tag: [['Versions', '../image-versions.md']],
  list: [
    ['Versions', '../image-versions.md'],
    ['JSON and `-H`', 'json.md#list--h'],
  ],
  show: [['JSON', 'json.md#show---json']],
  diff: [
    ['Work on a copy', '../clones.md#see-what-changed'],
    ['JSON', 'json-plans.md#diff---json'],
  ],
  clone: [['Work on a copy', '../clones.md']],
  restore: [['Restore and failover', '../restore.md']],
  untag: [['Versions', '../image-versions.md#correct-a-version']],
  rename: [['Versions', '../image-versions.md#correct-a-version']],
  prune: [
    ['Retention', '../retention.md'],
    ['JSON', 'json-plans.md#prune---json'],
  ],
  push: [
    ['Transfers', '../transfers.md'],
    ['Properties and encryption', '../properties.md'],
    ['A fleet', '../fleet.md'],
    ['Conflicts', '../conflicts.md'],
    ['JSON', 'json-runs.md'],
  ],
  pull: [
    ['Transfers', '../transfers.md'],
    ['Properties and encryption', '../properties.md'],
    ['Conflicts', '../conflicts.md'],
    ['JSON', 'json-runs.md'],
  ],
  copy: [
    ['Transfers', '../transfers.md#from-one-host-to-another'],
    ['JSON', 'json-runs.md'],
  ],
  sync: [['Schedules', '../schedules.md']],
  status: [
    ['Monitoring', '../monitoring.md'],
    ['JSON', 'json.md#status---json'],
  ],
  abort: [['Transfers', '../transfers.md#interrupted']],
  doctor: [
    ['Connections', '../connections.md#examine-a-host'],
    ['JSON', 'json.md#doctor---json'],
  ],
  gate: [['Security', '../security.md']],
  config: [['zfs-vm.toml', 'zfs-vm.toml.md']],
  log: [
    ['Monitoring', '../monitoring.md#what-runs-did'],
    ['JSON', 'json.md#log---json'],
  ],
  completion: [['Install', '../install.md#completions']],
};

/** All pages that are made of the definitions. */
export function makeReference(): ReferencePage[] {
  const commands = commandClasses.map(({ definition }) => describeCommand(definition));
  return [
    { path: `${folder}/README.md`, text: formatIndex(commands) },
    { path: `${folder}/zfs-vm.toml.md`, text: formatConfig() },
    ...commands.map((command) => ({
      path: `${folder}/${fileOf(command.name)}`,
      text: formatCommand(command),
    })),
  ];
}

function fileOf(name: string): string {
  return `${name.replaceAll(' ', '-')}.md`;
}

/** The index, with what all commands have in common. @throws Error when a command has no place in it */
function formatIndex(commands: readonly CommandDescription[]): string {
  const places = purposes.flatMap(([, names]) => names);
  const missing = commands.filter(({ name }) => !places.includes(name));
  if (missing.length > 0) throw new Error(`no place in the index: ${missing.map(({ name }) => name).join()}`);
  return joinParts([
    mark,
    '# Reference',
    'Each command with its options. `zfs-vm COMMAND --help` prints the same.',
    ...purposes.flatMap(([title, names]) => [
      `## ${title}`,
      formatTable(
        ['command', 'what it does'],
        commands
          .filter(({ name }) => names.includes(name))
          .sort((one, other) => names.indexOf(one.name) - names.indexOf(other.name))
          .map(({ name, description }) => [`[${name}](${fileOf(name)})`, description]),
      ),
    ]),
    '`plan` before `push`, `pull`, `copy`, `sync`, `prune`, `restore`, `untag` and `rename` prints the plan and does nothing; `--dry-run` after the command does the same.',
    '## Options of every command',
    'They stand before the command or after it.',
    formatOptions(describeGlobalOptions()),
    '## Hosts',
    'A host is one of these:',
    [
      '- an SSH address: `b`, `root@b`, `ssh://root@b:2222`',
      '- a `Host` alias of the OpenSSH configuration',
      '- a remote of the [configuration](zfs-vm.toml.md); where a command takes several hosts, also a group',
      '- `local`: this machine',
    ].join('\n'),
    '## Exit codes',
    formatTable(
      ['code', 'meaning'],
      exitStatuses.map(([code, meaning]) => [String(code), meaning]),
    ),
    'Details: [exit codes](exit-codes.md).',
    '## More',
    [
      '- [zfs-vm.toml](zfs-vm.toml.md): the configuration file',
      '- [Exit codes and output](exit-codes.md)',
      '- JSON: [list, show, status, log, doctor](json.md), [push, pull, copy](json-runs.md), [plans, prune, diff](json-plans.md)',
      '- [Names, files and environment](names-and-files.md): snapshots, bookmarks, properties, GUIDs',
    ].join('\n'),
  ]);
}

function formatCommand(command: CommandDescription): string {
  const { name, names, synopsis, description, details, examples, options } = command;
  const others = names.filter((each) => each !== name);
  const own = options.filter(({ isGlobal }) => !isGlobal);
  const groups = groupOptions(options, 'Global options')
    .map((group) => ({ ...group, options: group.options.filter(({ isGlobal }) => !isGlobal) }))
    .filter((group) => group.options.length > 0);
  return joinParts([
    mark,
    `# zfs-vm ${name}`,
    `${description.charAt(0).toUpperCase()}${description.slice(1)}.`,
    `\`\`\`text\n${[synopsis, ...others.map((each) => `${each}${synopsis.slice(name.length)}`)]
      .map((each) => `zfs-vm ${each}`)
      .join('\n')}\n\`\`\``,
    joinLines(details),
    ...(own.length === 0 ? [] : ['## Options']),
    ...groups.flatMap((group) => [
      ...(groups.length === 1 ? [] : [`### ${group.title}`]),
      formatOptions(group.options),
    ]),
    `Also: the [options of every command](README.md#options-of-every-command).`,
    '## Examples',
    ...examples.map(({ purpose, line }) => `${purpose}:\n\n    zfs-vm ${line}`),
    ...(related[name] === undefined
      ? []
      : ['## See also', related[name].map(([title, target]) => `- [${title}](${target})`).join('\n')]),
  ]);
}

function formatConfig(): string {
  const example = readFileSync(join(findPackageRoot(), 'packaging/files/zfs-vm.toml'), 'utf8');
  return joinParts([
    mark,
    '# zfs-vm.toml',
    'No command needs a configuration file. With one, hosts have short names, and `prune` and `sync` have their rules.',
    'The file is `~/.config/zfs-vm/config.toml` (`$XDG_CONFIG_HOME/zfs-vm/config.toml` if that is set), or the one that `--config FILE` names. [`zfs-vm config`](config.md) writes an example, checks the file, and shows the effective configuration.',
    'Options of the command line take precedence over the file. A host that is named by its address gets nothing from the file. A key that is not known, a value that is not valid, and a group with a member that is no remote are errors with file and line (exit code 2): no command does anything until they are corrected.',
    ...configTables.flatMap(({ title, about, keys }) => [
      `## \`${title}\``,
      about,
      ...(keys.length === 0
        ? []
        : [
            formatTable(
              ['key', 'meaning'],
              keys.map(([key, meaning]) => [`\`${key}\``, meaning]),
            ),
          ]),
    ]),
    '## Which rules count',
    [
      '- `prune` uses the rules of its command line. Without any, it uses those of the file on this machine; `prune HOST` uses those of that remote, and\n  never those of the file, which are for this machine.',
      '- `sync` destroys versions on a remote only by the rules of that remote. On this machine it uses the rules of its command line, or else those of the file.',
      '- A streamline that no pattern fits is left alone.',
    ].join('\n'),
    'More about rules: [retention](../retention.md).',
    '## Example',
    `\`\`\`toml\n${example.trimEnd()}\n\`\`\``,
  ]);
}

function formatOptions(options: readonly OptionDescription[]): string {
  return formatTable(
    ['option', 'meaning'],
    options.map(({ names, value, help }) => [
      `\`${names.join(', ')}${value === undefined ? '' : ` ${value.name}`}\``,
      help,
    ]),
  );
}

function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}

/** Paragraphs, each in one line. */
function joinLines(details: string): string {
  return details
    .split(/\n{2,}/)
    .map((paragraph) => paragraph.replaceAll('\n', ' '))
    .join('\n\n');
}

function joinParts(parts: readonly string[]): string {
  return `${parts.join('\n\n')}\n`;
}
