import { listNames, nameVersion, receiverPlace, senderPlace, type WorldShape } from './world.js';

/** A way to do the work: a line of bash on the sender. */
export interface Contender {
  readonly name: string;
  readonly line: string;
  /** It takes minutes: one round must do. */
  readonly isSlow: boolean;
}

/** The ways to bring the receiver up to date; the first is what the others are compared with. */
export function listContenders(shape: WorldShape, receiver: string): Contender[] {
  const isUpToDate = shape.missing === 0;
  const push = `push -d ${receiverPlace} -n 'd*' ${receiver}`;
  return [
    isUpToDate
      ? {
          name: 'ssh zfs list',
          line: `ssh ${receiver} zfs list -Hp -t snapshot -o name,guid,createtxg >/dev/null`,
          isSlow: false,
        }
      : { name: 'by hand', line: pipeByHand(shape, receiver), isSlow: false },
    { name: 'zfs-vm', line: `zfs-vm ${push}`, isSlow: false },
    { name: 'zfs-vm ssh', line: `zfs-vm --transport openssh ${push}`, isSlow: false },
    { name: syncoidName, line: runSyncoid(shape, receiver), isSlow: shape.datasets > 1 },
  ];
}

/** The contender that a lab run may leave out. */
export const syncoidName = 'syncoid';

/** The shortest way there is: one ssh, in which one `zfs receive` after another reads its stream. */
function pipeByHand(shape: WorldShape, receiver: string): string {
  const sends: string[] = [];
  const receives: string[] = [];
  for (const name of listNames(shape)) {
    for (let version = shape.common + 1; version <= shape.common + shape.missing; version++) {
      const base = version === 1 ? '' : `-i ${nameVersion(name, version - 1)} `;
      sends.push(`zfs send -Lec ${base}${nameVersion(name, version)}`);
      receives.push(`zfs receive -s -u ${receiverPlace}/${name}`);
    }
  }
  return `{ ${sends.join(' && ')}; } | ssh ${receiver} '${receives.join(' && ')}'`;
}

/** Told to send blocks as the others do, to roll back and mount nothing, and to make no snapshots of its own. */
function runSyncoid(shape: WorldShape, receiver: string): string {
  const flags = [
    ...['--no-sync-snap', '--no-rollback', '--no-privilege-elevation', '--quiet'],
    ...['--compress=none', '--sendoptions=Lec', '--recvoptions=u'],
  ];
  const [only = ''] = listNames(shape);
  const places =
    shape.datasets > 1
      ? `-r --skip-parent ${senderPlace} ${receiver}:${receiverPlace}`
      : `${senderPlace}/${only} ${receiver}:${receiverPlace}/${only}`;
  return `syncoid ${flags.join(' ')} ${places}`;
}
