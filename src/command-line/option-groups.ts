import type { OptionDescription } from './describe-command.js';

/** Options under a title. */
export interface OptionGroup {
  readonly title: string;
  readonly options: readonly OptionDescription[];
}

/** How many options a command may have of its own before its help groups them. */
const mostUngrouped = 12;

/** Titles, and the options under each, by one of their names. */
const groups: readonly (readonly [title: string, names: readonly string[]])[] = [
  ['Which versions', ['--name', '--latest', '--all-snapshots']],
  ['Where they go', ['--destination', '--direct']],
  ['Conflicts and deletions', ['--rollback', '--set-aside', '--replace', '--delete', '--yes']],
  [
    'Retention',
    [
      ...['--keep-last', '--keep-within', '--keep-hourly', '--keep-daily', '--keep-weekly'],
      ...['--keep-monthly', '--keep-yearly', '--keep', '--receiver'],
    ],
  ],
  ['Properties', ['-o', '-x', '--props']],
  [
    'How they are sent',
    [
      ...['--jobs', '--compress', '--bwlimit', '--retries', '--stall-timeout', '--bookmark', '--no-bookmark'],
      ...['--fan-out-lag', '--relay'],
    ],
  ],
  ['Plans and output', ['--dry-run', '--json', '--commands']],
];

/** The options of a command in groups, those of every command last. Where there are few, all of them are one group. */
export function groupOptions(options: readonly OptionDescription[], globalTitle: string): OptionGroup[] {
  const own = options.filter(({ isGlobal }) => !isGlobal);
  if (own.length <= mostUngrouped) return [{ title: 'Options', options }];
  const titleOf = (option: OptionDescription): string =>
    groups.find(([, names]) => option.names.some((name) => names.includes(name)))?.[0] ?? 'Other options';
  const titles = [...groups.map(([title]) => title), 'Other options'];
  const grouped = titles.map((title) => ({
    title,
    options: own.filter((option) => titleOf(option) === title),
  }));
  return [
    ...grouped.filter((group) => group.options.length > 0),
    { title: globalTitle, options: options.filter(({ isGlobal }) => isGlobal) },
  ];
}
