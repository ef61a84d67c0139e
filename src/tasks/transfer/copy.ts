import { ZfsVmError } from '../../base/errors.js';
import { localName } from '../../base/local-name.js';
import { resolveRemote } from '../../config/resolve-remote.js';
import { RateLimit } from '../../transfer/lanes/rate-limit.js';
import { checkCopyDestination } from '../check-request.js';
import type { Surroundings } from '../surroundings.js';
import type { PlannedTransfers, ReceiverOutcome } from '../transfer-outcome.js';
import { completeOptions, type TransferOptions, type TransferRequest } from './options.js';
import type { ReceiverRequest } from './receiver-transfer.js';
import { planTransfers, transfer } from './transfer.js';

/** What is to be copied from one host to another, both as people name them. */
export interface CopyRequest extends TransferRequest {
  readonly from: string;
  /** The same host twice copies within it. */
  readonly to: string;
  /** Whether the first sends to the second by its own ssh, so that nothing comes along this machine; not when left out. */
  readonly isDirect?: boolean | undefined;
}

/**
 * Brings one host up to date with another, both of them seen from here.
 * @returns what came of it, the only one in a list
 * @throws ZfsVmError when it can't be done
 */
export async function copy(request: CopyRequest, surroundings: Surroundings): Promise<ReceiverOutcome[]> {
  const options = completeOptions(request);
  return transfer([toReceiver(request, options, surroundings)], options, surroundings);
}

/** Plans what `copy` would do, and changes nothing. @throws ZfsVmError when that can't be done */
export async function planCopy(request: CopyRequest, surroundings: Surroundings): Promise<PlannedTransfers> {
  return planTransfers([toReceiver(request, completeOptions(request), surroundings)], surroundings);
}

/** @throws ZfsVmError `usage` for what can't be */
function toReceiver(
  { from, to, isDirect = false }: CopyRequest,
  options: TransferOptions,
  { config, clock }: Surroundings,
): ReceiverRequest {
  const [sender, receiver] = [resolveRemote(config, from), resolveRemote(config, to)];
  const destination = options.destination ?? receiver.destination;
  if (from === to) checkCopyDestination(destination, [from]);
  if (isDirect) checkDirect([from, to], options);
  const usual = [sender, receiver].flatMap(({ bytesPerSecond }) => bytesPerSecond ?? []);
  // A stream that doesn't come along here can't be slowed down here.
  const rate = options.bytesPerSecond ?? (usual.length === 0 || isDirect ? undefined : Math.min(...usual));
  return {
    ...{ route: { kind: 'copy', from, to, isDirect }, options, destination },
    rateLimit: rate === undefined ? undefined : new RateLimit(rate, clock),
  };
}

function checkDirect(hosts: readonly string[], { bytesPerSecond }: TransferOptions): void {
  if (hosts.includes(localName)) {
    throw new ZfsVmError('usage', '--direct needs two remote hosts', {
      hint: 'omit --direct',
    });
  }
  if (bytesPerSecond === undefined) return;
  throw new ZfsVmError(
    'usage',
    '--bwlimit and --direct exclude each other: with --direct, no data passes through this machine',
    { hint: 'omit one of them' },
  );
}
