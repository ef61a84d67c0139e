import { ZfsVmError } from '../../base/errors.js';
import { localName } from '../../base/local-name.js';
import { toCommandError } from '../../host/command-error.js';
import type { Endpoint } from '../../host/endpoint.js';
import { runCalls } from '../../host/run-calls.js';
import { readHeld } from '../../inventory/read-about.js';
import {
  findRenamed,
  planRename,
  type RenamedName,
  type RenamePlan,
  type Renaming,
  type RenamingGroup,
} from '../../plan/plan-rename.js';
import { findByGuid } from '../../plan/plan-untag.js';
import { fullNameOf, type TaggedSnapshot } from '../../streamline/dataset.js';
import { formatTag } from '../../streamline/tag.js';
import { renameArguments, renameTreeArguments } from '../../zfs/move.js';
import { findNamedVersion } from '../find-named-version.js';
import { withReadHosts, type ReadHost } from './read-hosts.js';
import type { Surroundings } from '../surroundings.js';

/** What is renamed, and where. */
export interface RenameRequest {
  /** A streamline, or one version of it. */
  readonly from: RenamedName;
  /** What it is called then; without a version, the version keeps its own. */
  readonly to: RenamedName;
  /** Hosts on which it is renamed besides this machine, where the snapshots are found by their GUIDs. */
  readonly alsoOn?: readonly string[] | undefined;
}

/** What is renamed on a host. */
export interface HostRename {
  readonly host: string;
  readonly plan: RenamePlan;
}

/** What came of it. */
export interface RenameResult {
  readonly hosts: readonly HostRename[];
  /** Whether something keeps it from being renamed: then nothing was. */
  readonly isRefused: boolean;
  /** What has another name now, by host. */
  readonly renamed: ReadonlyMap<string, readonly Renaming[]>;
  readonly failures: readonly ZfsVmError[];
}

/** More than zfs prints of one renaming. */
const longestOutput = 2 ** 16;

/** Finds out what would be renamed, and changes nothing. @throws ZfsVmError when a host can't be read, or there is nothing of that name */
export async function planRenaming(
  request: RenameRequest,
  surroundings: Surroundings,
): Promise<RenameResult> {
  return withPlans(request, surroundings, (hosts) => Promise.resolve(toResult(hosts)));
}

/**
 * Renames a version or a streamline. Where something keeps one snapshot from being renamed on any host, none is on any.
 * @throws ZfsVmError when a host can't be read, or there is nothing of that name
 */
export async function rename(request: RenameRequest, surroundings: Surroundings): Promise<RenameResult> {
  const { signal } = surroundings;
  return withPlans(request, surroundings, async (hosts, endpoints) => {
    const result = toResult(hosts);
    if (result.isRefused) return result;
    const renamed = new Map<string, Renaming[]>();
    const failures: ZfsVmError[] = [];
    // Others first: as long as this machine has the name, the same command finds what is left.
    for (const { host, plan } of hosts.toReversed()) {
      const endpoint = endpoints.get(host);
      if (endpoint === undefined || failures.length > 0) continue;
      const done: Renaming[] = [];
      renamed.set(host, done);
      await runCalls(endpoint, plan.groups.map(toCall), {
        ...{ signal, limit: longestOutput },
        onEnd: (index, { code, output }) => {
          const group = plan.groups[index];
          if (group === undefined) return;
          if (code === 0) {
            done.push(...group);
          } else {
            const what = `zfs rename ${fullNameOf(group[0].snapshot)}`;
            failures.push(toCommandError(host, what, { exit: { kind: 'exited', code }, stderr: output }));
          }
        },
      });
    }
    return { ...result, renamed, failures };
  });
}

function toCall([{ snapshot, tag }, ...others]: RenamingGroup): string[] {
  const rename = others.length === 0 ? renameArguments : renameTreeArguments;
  return rename(fullNameOf(snapshot), `${snapshot.dataset}@${formatTag(tag)}`);
}

function toResult(hosts: readonly HostRename[]): RenameResult {
  const isRefused = hosts.some(({ plan }) => plan.obstacles.length > 0);
  return { hosts, isRefused, renamed: new Map(), failures: [] };
}

async function withPlans<T>(
  { from, to, alsoOn = [] }: RenameRequest,
  surroundings: Surroundings,
  use: (hosts: readonly HostRename[], endpoints: ReadonlyMap<string, Endpoint>) => Promise<T>,
): Promise<T> {
  const { signal } = surroundings;
  return withReadHosts(alsoOn, surroundings, async (local, others) => {
    const here = findRenamed(local.datasets, from);
    const guids = new Set(here.map(({ guid }) => guid));
    // What has the new name here already may have the old one elsewhere: it was renamed here only, or by a command that was cut short.
    const after = findRenamed(local.datasets, {
      ...to,
      version: from.version && (to.version ?? from.version),
    });
    const renamedHere = new Set(after.map(({ guid }) => guid));
    const findThere = ({ datasets }: ReadHost): TaggedSnapshot[] => {
      const late = findRenamed(datasets, from).map(({ guid }) => guid);
      return findByGuid(datasets, new Set([...guids, ...late.filter((guid) => renamedHere.has(guid))]));
    };
    const there = others.map((host) => ({ host, snapshots: findThere(host) }));
    // An unknown name is told with those that there are.
    if (there.every(({ snapshots }) => snapshots.length === 0)) {
      findNamedVersion(localName, local.datasets, from);
    }
    const planOn = async (
      { endpoint, datasets }: ReadHost,
      snapshots: readonly TaggedSnapshot[],
    ): Promise<HostRename> => {
      const held = await readHeld(endpoint, snapshots.map(fullNameOf), signal);
      return { host: endpoint.host.name, plan: planRename(datasets, snapshots, { from, to, held }) };
    };
    const plans = await Promise.all([
      planOn(local, here),
      ...there.map(({ host, snapshots }) => planOn(host, snapshots)),
    ]);
    return use(plans, new Map([local, ...others].map(({ endpoint }) => [endpoint.host.name, endpoint])));
  });
}
