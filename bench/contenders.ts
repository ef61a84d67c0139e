import { quoteCommand } from '../src/base/shell.js';
import { listNames, nameVersion, receiverPlace, senderPlace, type WorldShape } from './world.js';

/** The two hosts, as the contenders call them. */
export interface Addresses {
  /** Undefined for those that run on the sender. */
  readonly sender: string | undefined;
  readonly receiver: string;
}

/** A way to do the work: a line of bash. */
export interface Contender {
  readonly name: string;
  readonly line: string;
  /** It takes minutes: one round must do. */
  readonly isSlow: boolean;
  /** Whether it is syncoid, which may be left out. */
  readonly isSyncoid?: boolean;
}

/**
 * The ways to bring the receiver up to date; the first is what the others are compared with.
 * @param also the executable of another zfs-vm, if there is one
 */
export function listContenders(
  shape: WorldShape,
  addresses: Addresses,
  also: string | undefined,
): Contender[] {
  const { sender, receiver } = addresses;
  const isUpToDate = shape.missing === 0;
  const [verb, hosts] = sender === undefined ? ['push', receiver] : ['copy', `${sender} ${receiver}`];
  const words = `${verb} -d ${receiverPlace} -n 'd*' ${hosts}`;
  return [
    isUpToDate
      ? {
          name: 'ssh zfs list',
          line: `ssh ${receiver} zfs list -Hp -t snapshot -o name,guid,createtxg >/dev/null`,
          isSlow: false,
        }
      : { name: 'by hand', line: pipeByHand(shape, addresses), isSlow: false },
    // With the cipher that zfs-vm chooses on processors with AES instructions. It matters for large streams only.
    ...(shape.kibPerVersion < bulkKib
      ? []
      : [{ name: 'by hand, AES', line: pipeByHand(shape, addresses, aes), isSlow: false }]),
    { name: 'zfs-vm', line: `zfs-vm ${words}`, isSlow: false },
    ...(also === undefined
      ? []
      : [
          { name: 'other zfs-vm', line: `${quoteCommand([process.execPath, also])} ${words}`, isSlow: false },
        ]),
    { name: 'zfs-vm ssh', line: `zfs-vm --transport openssh ${words}`, isSlow: false },
    { name: 'zfs-vm ssh2', line: `zfs-vm --transport ssh2 ${words}`, isSlow: false },
    ...[
      { name: 'syncoid', flags: leanFlags },
      { name: 'syncoid plain', flags: ['--no-sync-snap'] },
    ].map(({ name, flags }) => ({
      ...{ name, line: runSyncoid(flags, shape, addresses) },
      ...{ isSlow: shape.datasets > 1, isSyncoid: true },
    })),
  ];
}

const bulkKib = 32 * 1024;

const aes = 'ssh -c aes128-gcm@openssh.com';

/** Makes syncoid do no more than the others: send blocks as they do, roll back and mount nothing, and make no snapshots of its own. */
const leanFlags = [
  ...['--no-sync-snap', '--no-rollback', '--no-privilege-elevation', '--quiet'],
  ...['--compress=none', '--sendoptions=Lec', '--recvoptions=u'],
];

/** The shortest way there is: one ssh to a host, in which one `zfs receive` after another reads its stream. */
function pipeByHand(shape: WorldShape, { sender, receiver }: Addresses, ssh = 'ssh'): string {
  const sends: string[] = [];
  const receives: string[] = [];
  for (const name of listNames(shape)) {
    for (let version = shape.common + 1; version <= shape.common + shape.missing; version++) {
      const base = version === 1 ? '' : `-i ${nameVersion(name, version - 1)} `;
      sends.push(`zfs send -Lec ${base}${nameVersion(name, version)}`);
      receives.push(`zfs receive -s -u ${receiverPlace}/${name}`);
    }
  }
  const all = sends.join(' && ');
  const sending = sender === undefined ? `{ ${all}; }` : `${ssh} ${sender} '${all}'`;
  return `${sending} | ${ssh} ${receiver} '${receives.join(' && ')}'`;
}

function runSyncoid(flags: readonly string[], shape: WorldShape, { sender, receiver }: Addresses): string {
  const [only = ''] = listNames(shape);
  const from = sender === undefined ? senderPlace : `${sender}:${senderPlace}`;
  const places =
    shape.datasets > 1
      ? `-r --skip-parent ${from} ${receiver}:${receiverPlace}`
      : `${from}/${only} ${receiver}:${receiverPlace}/${only}`;
  return `syncoid ${flags.join(' ')} ${places}`;
}
