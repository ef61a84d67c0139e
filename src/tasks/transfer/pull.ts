import { ZfsVmError } from '../../base/errors.js';
import { localName } from '../../base/local-name.js';
import { resolveRemote } from '../../config/resolve-remote.js';
import { RateLimit } from '../../transfer/lanes/rate-limit.js';
import type { Surroundings } from '../surroundings.js';
import type { PlannedTransfers, ReceiverOutcome } from '../transfer-outcome.js';
import { completeOptions, type TransferOptions, type TransferRequest } from './options.js';
import type { ReceiverRequest } from './receiver-transfer.js';
import { planTransfers, transfer } from './transfer.js';

/** What is to be pulled, and from where. */
export interface PullRequest extends TransferRequest {
  /** A host as people name it. */
  readonly host: string;
}

/**
 * Brings this host up to date with another one.
 * @returns what came of it, the only one in a list
 * @throws ZfsVmError when it can't be done
 */
export async function pull(request: PullRequest, surroundings: Surroundings): Promise<ReceiverOutcome[]> {
  const options = completeOptions(request);
  return transfer([toReceiver(request, options, surroundings)], options, surroundings);
}

/** Plans what `pull` would do, and changes nothing. @throws ZfsVmError when that can't be done */
export async function planPull(request: PullRequest, surroundings: Surroundings): Promise<PlannedTransfers> {
  return planTransfers([toReceiver(request, completeOptions(request), surroundings)], surroundings);
}

/** @throws ZfsVmError `usage` */
function toReceiver(
  { host: from }: PullRequest,
  options: TransferOptions,
  { config, clock }: Surroundings,
): ReceiverRequest {
  if (from === localName) {
    throw new ZfsVmError('usage', 'cannot pull from this machine to itself', {
      hint: `to copy within this machine, use "zfs-vm push -d PARENT ${localName}"`,
    });
  }
  const rate = options.bytesPerSecond ?? resolveRemote(config, from).bytesPerSecond;
  return {
    ...{ route: { kind: 'pull', from }, options, destination: options.destination },
    rateLimit: rate === undefined ? undefined : new RateLimit(rate, clock),
  };
}
