/*
 * What somebody might try who has stolen a key that may list and receive below tank/backup, append-only. Each is refused.
 */

/** Something that is tried. */
export interface Attack {
  readonly what: string;
  /** What sshd gives to the gate; undefined for a shell. */
  readonly command: string | undefined;
  /** What comes after it. */
  readonly stdin?: string | Buffer;
  /** What the key may do, where that is something else. */
  readonly policy?: readonly string[];
  /** Variables that a client has sent. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The gate of a backup host. */
export const backupPolicy = [
  '--allow',
  'list',
  '--allow',
  'receive',
  '--under',
  'tank/backup',
  '--append-only',
];

const everything = ['list', 'send', 'receive', 'prune'].flatMap((right) => ['--allow', right]);
const all = [...everything, '--under', 'tank/backup'];
const sender = ['--allow', 'list', '--allow', 'send', '--under', 'tank/vm'];
const request = 'zfs-vm-gate/1';
const leg = 'destination=tank/backup/vm type=filesystem makesFilesystem=yes parts=1';
const lane = `${request} receive-lane +`;

function command(
  what: string,
  line: string | undefined,
  more: Omit<Attack, 'what' | 'command'> = {},
): Attack {
  return { what, command: line, ...more };
}

const shells: readonly Attack[] = [
  command('a shell', undefined),
  command('an empty command', ''),
  command('a space', ' '),
  ...[
    ...[
      'id',
      'sh',
      'bash -i',
      '/bin/sh -c id',
      'exec sh',
      'cat /etc/shadow',
      'rm -rf /',
      'sudo -n sh',
      'true',
    ],
    ...['zfs list', 'zfs destroy -r tank', 'zfs rollback -r tank/backup/vm@a', 'sudo -n zfs destroy -r tank'],
    ...['zfs rename tank/backup tank/gone', 'zfs mount -a', 'zfs send tank/secret@a', 'zpool destroy tank'],
    ...[
      'zfs receive -F tank/backup',
      'zfs set mountpoint=/etc tank/backup',
      'zfs program tank -',
      'zfs allow everybody destroy tank',
    ],
    ...[
      'internal-sftp',
      'sftp-server',
      '/usr/lib/openssh/sftp-server',
      'scp -t /etc',
      'rsync --server . /',
      'git-upload-pack x',
    ],
    ...[
      'zfs-vm gate --allow prune --under tank',
      'zfs-vm-gate',
      'nc -l 22',
      'env',
      'printenv',
      'logger -t zfs-vm-gate fine',
    ],
    ...['exec /bin/sh -c \'exec "$@"\' sh zfs list', 'ssh root@localhost', 'export PATH=/tmp; zfs list'],
  ].map((line) => command(`the command ${line}`, line)),
];

const garbage: readonly Attack[] = [
  ...[
    ...[
      'zfs-vm-gate/',
      'zfs-vm-gate/2 snapshots',
      'zfs-vm-gate/1',
      'zfs-vm-gate/1 ',
      'zfs-vm-gate/1  snapshots',
      'zfs-vm-gate/11 snapshots',
    ],
    ...[
      `${request} nothing`,
      `${request} constructor`,
      `${request} __proto__`,
      `${request} toString`,
      `${request} SNAPSHOTS`,
    ],
    ...[
      `${request} snapshots x`,
      `${request} snapshots x=y`,
      `${request} snapshots __proto__=y`,
      `${request} snapshots +`,
      `${request} snapshots + `,
    ],
    ...[
      `${request} inventory`,
      `${request} inventory columns=all`,
      `${request} datasets columns=all columns=plain`,
      `${request} datasets columns=ALL`,
    ],
    ...[
      `${request} datasets columns=all%00`,
      `${request} datasets columns=%61ll`,
      `${request} datasets columns=all%`,
      `${request} datasets columns=all%0g`,
    ],
    ...[`${request} receive-lane`, lane, `${lane} ${leg} parts=2`, `${lane} ${leg} isResumable=no`],
    ...[`${request} snapshots announce announce`, `${request} announce`, `${request}\tsnapshots`],
  ].map((line) => command(`the request ${JSON.stringify(line)}`, line)),
];

const injections: readonly Attack[] = [
  ...[
    ...[
      '; id',
      '&& id',
      '| id',
      '`id`',
      '$(id)',
      '\nid',
      '\r\nid',
      '> /tmp/x',
      "' ; id ; '",
      '" ; id ; "',
      '\\',
      '${IFS}id',
      '&',
      '#',
      '*',
    ],
  ].flatMap((text) => [
    command(`${JSON.stringify(text)} behind a request`, `${request} snapshots ${text}`),
    command(
      `${JSON.stringify(text)} in a name`,
      `${lane} ${leg.replace('tank/backup/vm', `tank/backup/vm${text}`)}`,
    ),
    command(
      `${JSON.stringify(text)} in a name, encoded`,
      `${lane} ${leg.replace('tank/backup/vm', `tank/backup/vm${encodeURIComponent(text)}`)}`,
    ),
  ]),
];

const places: readonly Attack[] = [
  ...[
    ...[
      'tank',
      'tank/other',
      'tank/backupx',
      'tank/backup-2/vm',
      'tank/backup/../secret',
      'tank/backup/..',
      'tank/backup/./vm',
    ],
    ...[
      'tank/backup//vm',
      '/tank/backup/vm',
      'tank/backup/',
      'tank',
      'tonk/backup/vm',
      'rpool/ROOT',
      '-F',
      '-r',
      '--',
      'TANK/backup/vm',
    ],
    ...[
      'tank/backup/vm@a',
      'tank/backup/vm%40a',
      'tank/backup%23a',
      'tank/backup/%2E%2E/secret',
      'tank%2Fbackup/vm',
      '',
      '%20',
      '0tank',
    ],
  ].map((place) =>
    command(`receiving into ${JSON.stringify(place)}`, `${lane} ${leg.replace('tank/backup/vm', place)}`),
  ),
  command(
    'a name of 300 characters',
    `${lane} ${leg.replace('tank/backup/vm', `tank/backup/${'x'.repeat(300)}`)}`,
  ),
  command('an origin outside', `${lane} ${leg} origin=tank/secret@a`),
  command('an origin that is a dataset', `${lane} ${leg} origin=tank/backup/x`),
  command('a snapshot with a dataset in it', `${lane} ${leg} snapshot=a%40b`),
  command('a snapshot that is an option', `${lane} ${leg} snapshot=a%20-F%2Fx`),
  command('parents outside', `${request} make-parents`, { stdin: 'dataset=tank/other/x\nend\n' }),
  command('parents above', `${request} make-parents`, { stdin: 'dataset=tank\nend\n' }),
  command('notes outside', `${request} set-notes`, { stdin: 'note=x names=tank/secret@a\nend\n' }),
  command('roles outside', `${request} set-roles`, {
    stdin: 'dataset=tank/secret role=copy%20source%3D1%20pool%3D1%20self%3D1\nend\n',
  }),
  command('a role that is none', `${request} set-roles`, {
    stdin: 'dataset=tank/backup/vm role=ground\nend\n',
  }),
];

const options: readonly Attack[] = [
  ...[
    ...[
      'mountpoint=/etc',
      'canmount=on',
      'sharenfs=on',
      'setuid=on',
      'exec=on',
      'quota=none',
      'reservation=1T',
      'copies=3',
    ],
    ...[
      'origin=tank/secret@a',
      'encryption=off',
      'keylocation=file:///etc/shadow',
      'zfs-vm:role=ground',
      'checksum=off',
      'readonly=off',
    ],
    ...['volsize=1E', 'dedup=on', 'snapdir=visible', 'atime', '=on', '-F=1'],
  ].map((setting) => command(`-o ${setting}`, `${lane} ${leg} set=${encodeURIComponent(setting)}`)),
  command('-x of an option', `${lane} ${leg} exclude=-F`),
  command('force', `${lane} ${leg} force=yes`),
  command('a compressed lane', `${request} receive-lane compress=yes + ${leg}`),
  command(
    'a clone of several versions',
    `${lane} ${leg.replace('parts=1', 'parts=2')} origin=tank/backup/x@a`,
  ),
  command('a stream of no version', `${lane} ${leg.replace('parts=1', 'parts=0')}`),
  command('a stream of endless versions', `${lane} ${leg.replace('parts=1', 'parts=999999999')}`),
];

const token = '1-a-b-c';

const rights: readonly Attack[] = [
  command('destroying', `${request} destroy`, { stdin: 'dataset=tank/backup/vm names=a\nend\n' }),
  command('asking what destroying frees', `${request} reclaim`, {
    stdin: 'dataset=tank/backup/vm names=a\nend\n',
  }),
  command('dropping an interrupted receive', `${request} abort dataset=tank/backup/vm token=${token}`),
  command('sending', `${request} send-lane + stream=whole to=tank/backup/vm@a`),
  command('holding', `${request} hold tag=zfs-vm:1-0123abcd pools=tank`, {
    stdin: 'name=tank/backup/vm@a\nend\n',
  }),
  command('releasing', `${request} release tag=zfs-vm:1-0123abcd pools=tank`, {
    stdin: 'name=tank/backup/vm@a\nend\n',
  }),
  command('bookmarking', `${request} bookmark`, { stdin: 'name=tank/backup/vm@a\nend\n' }),
  command('destroying outside, with prune', `${request} destroy`, {
    policy: all,
    stdin: 'dataset=tank/secret names=a\nend\n',
  }),
  command('destroying all', `${request} destroy`, {
    policy: all,
    stdin: 'dataset=tank/backup/vm names=%25\nend\n',
  }),
  command('destroying two in one name', `${request} destroy`, {
    policy: all,
    stdin: 'dataset=tank/backup/vm names=a,b\nend\n',
  }),
  command('destroying nothing in particular', `${request} destroy`, {
    policy: all,
    stdin: 'dataset=tank/backup/vm\nend\n',
  }),
  command('a body that was cut off', `${request} destroy`, {
    policy: all,
    stdin: 'dataset=tank/backup/vm names=a\n',
  }),
  command('a body without a newline', `${request} destroy`, {
    policy: all,
    stdin: 'dataset=tank/backup/vm names=a\nend',
  }),
  command('a body with more behind it', `${request} destroy`, {
    policy: all,
    stdin: 'end\ndataset=tank/backup/vm names=a\n',
  }),
  command('an empty body', `${request} destroy`, { policy: all, stdin: '' }),
  command('sending outside, with send', `${request} send-lane + stream=whole to=tank/secret@a`, {
    policy: sender,
  }),
  command(
    'an increment from outside',
    `${request} send-lane + stream=increment from=tank/secret@a to=tank/vm@b`,
    { policy: sender },
  ),
  command('sending a dataset', `${request} send-lane + stream=whole to=tank/vm`, { policy: sender }),
  command('an option as a snapshot', `${request} send-lane + stream=whole to=-R`, { policy: sender }),
  command('an option among options', `${request} send-lane + stream=whole to=tank/vm@a omitted=-R`, {
    policy: sender,
  }),
  command('the token of another dataset', `${request} send-lane + stream=resume token=${token}`, {
    policy: sender,
  }),
  command('a whole stream with a base', `${request} send-lane + stream=whole from=tank/vm@a to=tank/vm@b`, {
    policy: sender,
  }),
  command('a hold by another tag', `${request} hold tag=keep pools=tank`, {
    policy: sender,
    stdin: 'name=tank/vm@a\nend\n',
  }),
  command('a hold on another pool', `${request} hold tag=zfs-vm:1-0123abcd pools=rpool`, {
    policy: sender,
    stdin: 'name=tank/vm@a\nend\n',
  }),
  command('a hold outside', `${request} hold tag=zfs-vm:1-0123abcd pools=tank`, {
    policy: sender,
    stdin: 'name=tank/secret@a\nend\n',
  }),
  command('receiving, with send', `${lane} ${leg}`, { policy: sender }),
  command('another streamline', `${request} send-lane + stream=whole to=tank/vm@zfs-vm:db:1`, {
    policy: [...sender, '--streamline', 'web*'],
  }),
  command('no version at all', `${request} send-lane + stream=whole to=tank/vm@daily`, {
    policy: [...sender, '--streamline', '*'],
  }),
  command('listing, with nothing but receive', `${request} snapshots`, {
    policy: ['--allow', 'receive', '--under', 'tank/backup'],
  }),
];

const policies: readonly Attack[] = [
  ['--allow', 'list'],
  ['--under', 'tank/backup'],
  ['--allow', 'everything', '--under', 'tank/backup'],
  ['--allow', 'list', '--under', '/tank/backup'],
  ['--allow', 'list', '--under', 'tank/../backup'],
  ['--allow', 'list', '--under', '-F'],
  ['--allow', 'list', '--under', ''],
  ['--allow', 'list', '--under', 'tank', '--append-onyl'],
  ['--allow', 'list', '--under', 'tank', 'more'],
  ['--allow', 'receive', '--under', 'tank', '--max-rate', 'fast'],
  ['--allow', 'receive', '--under', 'tank', '--quota', '-1'],
  ['--allow', 'prune', '--under', 'tank', '--append-only'],
].map((policy) => command(`the policy ${policy.join(' ')}`, `${request} snapshots`, { policy }));

const environments: readonly Attack[] = [
  command('LD_PRELOAD', 'id', { env: { LD_PRELOAD: '/tmp/evil.so' } }),
  command('PATH', 'id', { env: { PATH: '/tmp' } }),
  command('IFS', `${request} snapshots;id`, { env: { IFS: ';' } }),
  command('ENV and BASH_ENV', `${request} snapshots x`, { env: { ENV: '/tmp/evil', BASH_ENV: '/tmp/evil' } }),
];

/** All of them, by their kind. */
export const attacks: Readonly<Record<string, readonly Attack[]>> = {
  ...{ shells, garbage, injections, places, options, rights, policies, environments },
};
