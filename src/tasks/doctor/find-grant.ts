import { ZfsVmError } from '../../base/errors.js';
import { localName } from '../../base/local-name.js';
import { showCommand } from '../../base/shell.js';
import { resolveRemote } from '../../config/resolve-remote.js';
import { Hosts } from '../hosts.js';
import type { Surroundings } from '../surroundings.js';
import { chooseGrant, type Grant, type GrantContext, type GrantRole } from './grant.js';
import { readHost } from './read-host.js';
import { parseZfsVersion } from './zfs-version.js';

/** For which role, user and dataset rights are wanted, and where. */
export interface GrantRequest {
  /** A host as people name it; this machine when it is undefined. */
  readonly host?: string | undefined;
  readonly role: GrantRole;
  /** The user we log in as, when it is undefined. */
  readonly user?: string | undefined;
  /** What the configuration says when it is undefined. */
  readonly dataset?: string | undefined;
}

/** The rights that a user needs, and where to grant them. */
export interface GrantResult extends GrantContext {
  readonly host: string;
  readonly grant: Grant;
}

/**
 * Finds out which rights a role needs with the version of OpenZFS that a host has. Nothing is changed.
 * @throws ZfsVmError when the host can't be examined, or its version lacks what the role needs
 */
export async function findGrant(
  { host: target = localName, role, user, dataset }: GrantRequest,
  surroundings: Surroundings,
): Promise<GrantResult> {
  const { config, access, signal } = surroundings;
  const place = dataset ?? resolveRemote(config, target).destination;
  if (place === undefined) {
    throw new ZfsVmError('usage', '--grant needs a dataset', { hint: 'name it: -d PLACE' });
  }
  // Neither who we are nor the version takes any rights.
  return Hosts.use({ ...surroundings, access: { ...access, sudo: false } }, async (hosts) => {
    const reading = await readHost(await hosts.open(target), signal);
    const version = parseZfsVersion(reading.version.output)?.program;
    if (version === undefined) {
      throw new ZfsVmError('failed', `${target}: "zfs version" does not tell the version of OpenZFS`, {
        hint: `see what is wrong there with ${showCommand('zfs-vm', 'doctor', target)}`,
      });
    }
    const grant = chooseGrant(role, version);
    return { host: target, grant, user: user ?? reading.user, dataset: place, version };
  });
}
