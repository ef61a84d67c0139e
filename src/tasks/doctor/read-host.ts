import { forEachName, quoteWord } from '../../base/shell.js';
import { ZfsVmError } from '../../base/errors.js';
import { findGate } from '../../host/ask.js';
import { toCommandError } from '../../host/command-error.js';
import type { Endpoint } from '../../host/endpoint.js';
import { runCommand } from '../../host/run-command.js';
import type { Inventory } from '../../inventory/inventory.js';
import { readInventory } from '../../inventory/read-inventory.js';
import { parseDelegations } from './delegations.js';
import type { DatasetsReading, HostReading } from './host-reading.js';
import { heldOnly, parseHolds } from './parse-holds.js';
import { hostCommands, parseHost } from './parse-host.js';
import { readSections, writeSections, type Sections } from './sections.js';

/** How much a host may print: a pool has a hundred properties, and a host may have many datasets. */
const longestAnswer = 2 ** 24;

/** Of so many datasets, the rights are looked at. */
const mostPlaces = 200;

/** A gate stands before the host: it answers requests, and runs nothing else. */
export class BehindGate extends ZfsVmError {
  constructor(host: string) {
    super('connection', `${host}: the key opens a gate, which runs no examination`, {
      hint: `run "zfs-vm doctor" on that host itself, or log in with another key`,
    });
  }
}

/**
 * Reads what a host tells of itself, in one command.
 * @throws BehindGate, or another ZfsVmError when it can't run commands
 */
export async function readHost(endpoint: Endpoint, signal: AbortSignal): Promise<HostReading> {
  if (endpoint.gate?.isThere === true) throw new BehindGate(endpoint.host.name);
  const sudo = endpoint.zfs.includes('sudo') ? endpoint.zfs.slice(0, -1) : undefined;
  return parseHost(await runSections(endpoint, hostCommands(sudo), signal));
}

/**
 * Reads what a host has, and what a user may do there, in two commands.
 * @param places datasets of which the rights count, besides pools and datasets with versions
 * @throws ZfsVmError when it can't be read
 */
export async function readDatasets(
  endpoint: Endpoint,
  { user, groups }: HostReading,
  { asksRights, places, signal }: { asksRights: boolean; places: readonly string[]; signal: AbortSignal },
): Promise<DatasetsReading> {
  const inventory = await readInventory(endpoint, { scope: 'tagged', signal });
  const asked = asksRights ? choosePlaces(inventory, places) : [];
  const heldNames = forEachName(['holds', '-H'], []).script;
  const { ended } = await runSections(
    endpoint,
    {
      holds: `"$@" list -Hp -t snapshot -o userrefs,name | awk -F '\\t' '${heldOnly}' | ${heldNames} 2>/dev/null`,
      ...Object.fromEntries(
        asked.map((place, index) => [`allow ${index}`, `"$@" allow ${quoteWord(place)}`]),
      ),
    },
    signal,
  );
  const permissions = asked.map((place, index) => {
    const { output = '' } = ended.get(`allow ${index}`) ?? {};
    return [place, parseDelegations(output, place, { user, groups })] as const;
  });
  return {
    inventory,
    holds: parseHolds(ended.get('holds')?.output ?? ''),
    permissions: new Map(permissions),
  };
}

/** Where rights are looked at: what was named, datasets with versions, and pools. */
function choosePlaces({ datasets }: Inventory, places: readonly string[]): string[] {
  const all = [...datasets.values()];
  const withVersions = all.filter(({ snapshots }) => snapshots.some(({ tag }) => tag !== undefined));
  const pools = all.filter(({ name }) => !name.includes('/'));
  const names = [...places, ...[...withVersions, ...pools].map(({ name }) => name)];
  return [...new Set(names)].filter((name) => datasets.has(name)).slice(0, mostPlaces);
}

/** Runs the commands of an examination. @throws ZfsVmError when none of them is run */
async function runSections(
  endpoint: Endpoint,
  commands: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Sections> {
  const { host, zfs } = endpoint;
  const argv = ['sh', '-c', writeSections(commands), 'sh', ...zfs];
  const result = await runCommand(host, argv, { signal, limit: longestAnswer, what: 'the examination' });
  signal.throwIfAborted();
  if (result.exit.kind === 'lost') throw toCommandError(host.name, 'the examination', result);
  if (findGate(endpoint, result)) throw new BehindGate(host.name);
  const sections = readSections(result.stdout);
  if (sections.ended.size === Object.keys(commands).length) return sections;
  const said = `${sections.before}\n${result.stderr}`.trim();
  throw new ZfsVmError('connection', `${host.name} does not run commands`, {
    hint: 'set a login shell for this user that runs commands (sh, bash, zsh, fish, csh): "chsh" there',
    details: said === '' ? [] : [`it said: ${said.slice(0, 200)}`],
  });
}
