import { ZfsVmError } from '../../base/errors.js';
import type { Endpoint } from '../../host/endpoint.js';
import { isSuccess } from '../../host/host.js';
import { ask } from '../../host/ask.js';
import { runCommand } from '../../host/run-command.js';
import { readGuids } from '../../inventory/read-about.js';
import { poolOf } from '../../zfs/names.js';
import { programArguments } from '../../zfs/protect.js';
import { formatRole, roleProgram, type Role } from '../../zfs/role.js';

/** How many datasets get their role in one command, whose line has a limit: two words each, of 255 and some 400 characters at most. */
const datasetsAtOnce = 100;

/**
 * Writes down on the copies of a receiver whose copies they are, so that they are found wherever they are moved. Best effort: it is done
 * without where the rights are lacking, the host is lost, or a dataset is gone.
 * @param roles by the names of the datasets
 */
export async function writeRoles(
  receiver: Endpoint,
  roles: ReadonlyMap<string, Role>,
  signal: AbortSignal,
): Promise<void> {
  try {
    const guids = await readGuids(receiver, [...roles.keys()], signal);
    const values = [...roles].flatMap(([name, role]): [name: string, value: string][] => {
      const guid = guids.get(name);
      return guid === undefined ? [] : [[name, formatRole(role, guid)]];
    });
    for (const pool of new Set(values.map(([name]) => poolOf(name)))) {
      const ofPool = values.filter(([name]) => poolOf(name) === pool);
      for (let start = 0; start < ofPool.length; start += datasetsAtOnce) {
        await writeSome(receiver, pool, ofPool.slice(start, start + datasetsAtOnce), signal);
      }
    }
  } catch (error) {
    if (signal.aborted || !(error instanceof ZfsVmError)) throw error;
  }
}

/** In one process and one transaction where that is allowed, one by one where it isn't. */
async function writeSome(
  receiver: Endpoint,
  pool: string,
  values: readonly (readonly [name: string, value: string])[],
  signal: AbortSignal,
): Promise<void> {
  const { host, zfs, gate } = receiver;
  // A gate lets no programs through.
  if (gate?.isThere !== true) {
    const words = [...zfs, ...programArguments(pool), ...values.flat()];
    const inOne = await runCommand(host, words, { input: roleProgram, signal });
    if (isSuccess(inOne.exit)) return;
  }
  const records = values.map(([dataset, role]) => ({ dataset, role }));
  await ask<'set-roles'>(receiver, { kind: 'set-roles' }, () => records, { signal });
}
