import type { Edition, PageFile } from './command-pages.js';
import {
  escapeRoff,
  formatExample,
  formatInline,
  formatPage,
  formatProse,
  formatSection,
  formatTerm,
} from './roff.js';

/** The page of the configuration file: zfs-vm.toml(5). */
export function formatConfigPage(example: string, edition: Edition): PageFile {
  const description = 'configuration of zfs-vm';
  const text = formatPage({ name: 'zfs-vm.toml', section: 5, description, ...edition }, [
    formatSection(
      'SYNOPSIS',
      '.I \\(ti/.config/zfs\\-vm/config.toml\n.br\n.B zfs\\-vm \\-\\-config\n.I FILE COMMAND',
    ),
    formatSection('DESCRIPTION', formatProse(overview)),
    ...configTables.map(({ title, about, keys }) =>
      formatSection(
        escapeRoff(title),
        [
          formatProse(about),
          ...keys.map(([key, meaning]) => formatTerm(`.B ${escapeRoff(key)}`, formatInline(meaning))),
        ].join('\n'),
      ),
    ),
    formatSection('EXAMPLE', formatExample(example.trimEnd())),
    formatSection('SEE ALSO', '.BR zfs\\-vm (1),\n.BR zfs\\-vm\\-prune (1),\n.BR zfs\\-vm\\-sync (1)'),
  ]);
  return { file: 'zfs-vm.toml.5', text };
}

const overview = `
The file is TOML. No command needs one. A key that is not known, a value that is not valid, and a group with a member that is no remote are
errors with file and line, and then no command does anything. Options of the command line take precedence over the file.
`;

/** A table of the file, and its keys; a test gives every one of them to the program. */
export interface ConfigTable {
  readonly title: string;
  readonly about: string;
  readonly keys: readonly (readonly [key: string, meaning: string])[];
}

const retentionKeys = [
  ['keep-last', 'A number: the newest versions are kept.'],
  ['keep-within', 'A duration, e.g. "30d" or "26h": versions that are younger are kept.'],
  ['keep-hourly', 'A number: of each of the last hours that have versions, the newest version is kept.'],
  ['keep-daily', 'The same by days.'],
  ['keep-weekly', 'The same by weeks, which begin on Monday.'],
  ['keep-monthly', 'The same by months.'],
  ['keep-yearly', 'The same by years.'],
  ['keep', 'A list of versions that are kept, e.g. ["debian-7:1"].'],
] as const;

export const configTables: readonly ConfigTable[] = [
  {
    title: '[remotes.NAME]',
    about: 'A host with a short name, which every command takes instead of an address.',
    keys: [
      ['host', 'The SSH address. The only key that is required.'],
      ['dest', 'The dataset on the host under which a push creates new datasets, as `-d` does.'],
      ['sudo', 'Whether zfs is run through sudo there, as `-s` does: true or false.'],
      [
        'gate',
        'Whether the key of the login opens a gate on the host (`zfs-vm gate`) and no shell: true or false.',
      ],
      ['transport', 'The SSH client, as `--transport` does: "ssh2" or "openssh".'],
      [
        'bwlimit',
        'The most bytes a second of all streams to and from the host, as `--bwlimit` does, e.g. "20M".',
      ],
      [
        'relay',
        'Whether the host may send to other hosts during `push --relay`: true (the default) or false.',
      ],
      [
        'retention',
        'What is kept on the host, as tables `[remotes.NAME.retention."PATTERN"]`. `sync` destroys versions only on remotes that have some.',
      ],
    ],
  },
  {
    title: '[groups]',
    about:
      'Each key is the name of a group, and its value is the list of its remotes. Commands that take several hosts take a group.',
    keys: [],
  },
  {
    title: '[retention."PATTERN"]',
    about:
      'Which versions `prune` and `sync` keep of the streamlines that fit the pattern, in which * stands for any characters and ? for one. Of several tables that fit, the first in the file counts. A version is kept when any of the rules keeps it.',
    keys: retentionKeys,
  },
];
