import { isSuccess, type Exit } from '../../host/host.js';

/** How one side of a pipe ended. */
export interface SideResult {
  readonly exit: Exit;
  /** The end of what it wrote to stderr. */
  readonly stderr: string;
}

/** What a receiver says when its stream merely stopped (`libzfs_sendrecv.c`; seen on OpenZFS 2.1 and 2.3). */
const streamEndedWords = /failed to read from stream|incomplete stream|Partially received snapshot is saved/;

/**
 * Tells which side of `zfs send | zfs receive` failed first; undefined when both are well. A side that fails takes the
 * other with it, and what that one says (broken pipe, incomplete stream) is only a symptom.
 */
export function findRootCause(send: SideResult, receive: SideResult): 'send' | 'receive' | undefined {
  const sendFailed = !isSuccess(send.exit);
  const receiveFailed = !isSuccess(receive.exit);
  if (!sendFailed && !receiveFailed) return undefined;
  if (!sendFailed) return 'receive';
  if (!receiveFailed) return 'send';
  if (hasEndedForWantOfReader(send) || receive.exit.kind === 'lost') return 'receive';
  return receive.stderr.trim() === '' || streamEndedWords.test(receive.stderr) ? 'send' : 'receive';
}

function hasEndedForWantOfReader({ exit, stderr }: SideResult): boolean {
  if (exit.kind === 'stopped' || /broken pipe/i.test(stderr)) return true;
  // 141 is how a shell tells of SIGPIPE.
  return exit.kind === 'signalled'
    ? exit.signal.endsWith('PIPE')
    : exit.kind === 'exited' && exit.code === 141;
}
