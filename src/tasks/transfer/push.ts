import { parseAddress } from '../../base/address.js';
import { ZfsVmError } from '../../base/errors.js';
import { localName } from '../../base/local-name.js';
import { resolveHosts } from '../../config/config.js';
import { resolveRemote } from '../../config/resolve-remote.js';
import type { Foresight } from '../../plan/foresight.js';
import { RateLimit } from '../../transfer/lanes/rate-limit.js';
import type { Surroundings } from '../surroundings.js';
import type { PlannedTransfers, ReceiverOutcome } from '../transfer-outcome.js';
import { completeOptions, type TransferOptions, type TransferRequest } from './options.js';
import type { ReceiverRequest } from './receiver-transfer.js';
import { checkRelay, relay } from './relay.js';
import { planTransfers, transfer } from './transfer.js';

/** What is to be pushed, and to whom. */
export interface PushRequest extends TransferRequest {
  /** Hosts as people name them: remotes and groups of the configuration, SSH addresses, or `local` for a copy within this machine. */
  readonly hosts: readonly string[];
  /** Whether a host that has received everything sends it to the next ones by its own ssh; not when left out. */
  readonly relay?: boolean | undefined;
}

/**
 * Brings other hosts up to date with this one.
 * @returns what came of each of them
 * @throws ZfsVmError when it can't be done for any of them
 */
export async function push(request: PushRequest, surroundings: Surroundings): Promise<ReceiverOutcome[]> {
  const options = completeOptions(request);
  const receivers = toReceivers(request, options, surroundings);
  if (request.relay !== true) return transfer(receivers, options, surroundings);
  checkRelay(options);
  return relay(receivers, surroundings);
}

/** Plans what `push` would do, and changes nothing. @throws ZfsVmError when that can't be done for any host */
export async function planPush(request: PushRequest, surroundings: Surroundings): Promise<PlannedTransfers> {
  const options = completeOptions(request);
  if (request.relay === true) checkRelay(options);
  return planTransfers(toReceivers(request, options, surroundings), surroundings);
}

/** The same for a push that other things are done before: what this machine will have by then goes, too. */
export async function planLaterPush(
  request: PushRequest,
  foresight: Foresight,
  surroundings: Surroundings,
): Promise<PlannedTransfers> {
  const receivers = toReceivers(request, completeOptions(request), surroundings);
  return planTransfers(
    receivers.map((receiver) => ({ ...receiver, foresight })),
    surroundings,
  );
}

/** The hosts that a push goes to, groups as their members. @throws ZfsVmError `usage` when there can be no push to them */
export function findReceivers(
  { hosts, destination }: Pick<PushRequest, 'hosts' | 'destination'>,
  { config }: Pick<Surroundings, 'config'>,
): string[] {
  const names = resolveHosts(config, hosts);
  // A word that can be no host is told before anything goes to the others.
  for (const name of names) if (name !== localName) parseAddress(resolveRemote(config, name).address);
  if (!names.includes(localName) || destination !== undefined) return names;
  throw new ZfsVmError('usage', 'a push to this machine needs a destination', {
    hint: 'add a destination, e.g. -d tank/backup',
  });
}

function toReceivers(
  request: PushRequest,
  options: TransferOptions,
  { config, clock }: Surroundings,
): ReceiverRequest[] {
  const { bytesPerSecond } = options;
  // A limit that was asked for is one for all hosts together.
  const common = bytesPerSecond === undefined ? undefined : new RateLimit(bytesPerSecond, clock);
  return findReceivers(request, { config }).map((to) => {
    const remote = resolveRemote(config, to);
    const usual = remote.bytesPerSecond;
    return {
      ...{ route: { kind: 'push', to }, options, destination: options.destination ?? remote.destination },
      rateLimit: common ?? (usual === undefined ? undefined : new RateLimit(usual, clock)),
    };
  });
}
