import { ZfsVmError } from '../../base/errors.js';
import { localName } from '../../base/local-name.js';
import { resolveRemote } from '../../config/resolve-remote.js';
import { isElevated, type Endpoint } from '../../host/endpoint.js';
import type { Host } from '../../host/host.js';
import { elevate } from '../../host/sudo/elevate.js';
import { readInventory } from '../../inventory/read-inventory.js';
import type { TaskEvent } from '../event.js';
import { Hosts } from '../hosts.js';
import type { Surroundings } from '../surroundings.js';
import type { Finding } from './finding.js';
import { findExisting, judgeDestination } from './judge-destination.js';
import { findSkew, judgeHost } from './judge-host.js';
import { judgeLeftovers } from './judge-leftovers.js';
import { judgeRights, judgeSudo } from './judge-rights.js';
import { judgePools, judgeUse, judgeVersion } from './judge-zfs.js';
import { measureSpeed } from './measure-speed.js';
import { BehindGate, readDatasets, readHost } from './read-host.js';

/** Which host is examined. */
export interface DoctorRequest {
  /** A host as people name it; this machine when it is undefined. */
  readonly host?: string | undefined;
  /** The dataset there under which new ones are to go; what the configuration says when it is undefined. */
  readonly destination?: string | undefined;
  /** Whether the speed of the link is measured, which takes some seconds. */
  readonly measuresSpeed?: boolean | undefined;
}

/** What was found on a host, in the order in which a connection, an account, zfs and its datasets stand on each other. */
export interface DoctorResult {
  /** What people call the host. */
  readonly host: string;
  readonly findings: readonly Finding[];
}

/**
 * Examines a host by non-destructive checks: nothing is changed there.
 * @throws ZfsVmError `usage` for a host that can't be one, and the signal's reason; whatever else is wrong is a finding
 */
export async function doctor(
  { host: target = localName, destination, measuresSpeed = false }: DoctorRequest,
  surroundings: Surroundings,
): Promise<DoctorResult> {
  const { config } = surroundings;
  const place = destination ?? resolveRemote(config, target).destination;
  const reasons: string[] = [];
  const emit = (event: TaskEvent): void => {
    if (event.kind === 'connection' && event.level === 'verbose') reasons.push(event.line);
    surroundings.emit(event);
  };
  const findings: Finding[] = [];
  // What is wrong with sudo is a finding of its own, and no reason to look at nothing else.
  const access = { ...surroundings.access, sudo: false };
  await Hosts.use({ ...surroundings, access, emit }, async (hosts) => {
    try {
      const startedAt = surroundings.clock.nowMs();
      const plain = await hosts.open(target);
      const elapsedMs = surroundings.clock.nowMs() - startedAt;
      findings.push(...judgeConnection(plain.host, { target, reasons, elapsedMs, surroundings }));
      const { endpoint, found: ofSudo } = await tryElevating(plain, target, surroundings);
      findings.push(...ofSudo);
      const examination = { target, place, measuresSpeed, surroundings };
      for await (const found of examine(endpoint, examination)) findings.push(...found);
    } catch (error) {
      surroundings.signal.throwIfAborted();
      if (!(error instanceof ZfsVmError) || error.kind === 'usage' || error.kind === 'interrupted') {
        throw error;
      }
      const kind = error.kind === 'connection' ? 'unreachable' : 'zfs-unusable';
      findings.push({ kind, level: 'fault', error });
    }
  });
  return { host: target, findings };
}

/** Runs zfs as root where that was asked for, and can be done. */
async function tryElevating(
  plain: Endpoint,
  target: string,
  { access, config, prompter, signal, emit }: Surroundings,
): Promise<{ readonly endpoint: Endpoint; readonly found: readonly Finding[] }> {
  const wantsSudo = target !== localName && (access.sudo ?? resolveRemote(config, target).sudo);
  if (!wantsSudo) return { endpoint: plain, found: [] };
  const debug = (line: string): void => {
    emit({ kind: 'connection', level: 'debug', line });
  };
  try {
    const zfs = await elevate(plain.host, { prompter, signal, debug });
    return { endpoint: { ...plain, zfs }, found: [] };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ZfsVmError) || error.kind === 'interrupted' || error.isLoss) throw error;
    return { endpoint: plain, found: [{ kind: 'sudo-unusable', level: 'fault', error }] };
  }
}

/** What an examination rests on. */
interface Examination {
  readonly target: string;
  readonly place: string | undefined;
  readonly measuresSpeed: boolean;
  readonly surroundings: Surroundings;
}

async function* examine(
  endpoint: Endpoint,
  { target, place, measuresSpeed, surroundings }: Examination,
): AsyncGenerator<readonly Finding[]> {
  const { signal, clock, holdJournal } = surroundings;
  const isLocal = target === localName;
  if (isLocal) yield [await tryLock(surroundings)];
  else if (endpoint.gate?.isThere !== true) yield [await trySessions(endpoint.host, signal)];
  if (measuresSpeed && !isLocal) yield [await measureSpeed(endpoint.host, signal)];
  const askedAt = clock.dateMs() / 1000;
  const host = await readHost(endpoint, signal).catch((error: unknown) => {
    if (error instanceof BehindGate) return error;
    throw error;
  });
  if (host instanceof BehindGate) {
    yield [{ kind: 'gate', level: 'note', error: host }];
    const inventory = await readInventory(endpoint, { scope: 'tagged', signal });
    if (place !== undefined) yield judgeDestination(inventory.datasets, place);
    yield judgeLeftovers({ inventory, holds: [] }, { nowSeconds: 0, dead: new Set() });
    return;
  }
  const heardAt = clock.dateMs() / 1000;
  const { clockSeconds } = host;
  const skew = clockSeconds === undefined ? undefined : findSkew(clockSeconds, { askedAt, heardAt });
  yield judgeHost(host, isLocal ? undefined : skew);
  if (host.sudo !== undefined) yield judgeSudo(host.sudo);
  const unusable = judgeUse(target, host.use);
  yield unusable;
  if (unusable.length > 0) return;
  yield [...judgeVersion(host), ...judgePools(host)];
  // Without these, lists of datasets can't be read.
  if (host.missingPrograms.length > 0) return;
  const by = host.userId === 0 ? 'root' : isElevated(endpoint) ? 'sudo' : undefined;
  const { inventory, holds, permissions } = await readDatasets(endpoint, host, {
    ...{ asksRights: by === undefined, signal },
    places: place === undefined ? [] : nearestTo(place),
  });
  const { datasets } = inventory;
  if (place !== undefined) yield judgeDestination(datasets, place);
  if (by !== undefined) {
    yield [{ kind: 'all-rights', level: 'ok', by }];
  } else {
    const destination = place === undefined ? undefined : findExisting(datasets, place);
    yield judgeRights({ user: host.user, permissions, destination });
  }
  const left = await holdJournal.findLeft();
  const dead = new Set(left.filter((record) => record.host === target).map(({ tag }) => tag));
  yield judgeLeftovers({ inventory, holds }, { nowSeconds: heardAt + (skew ?? 0), dead });
}

/** A place and all that is above it: one of them is there. */
function nearestTo(place: string): string[] {
  const parts = place.split('/');
  return parts.map((_part, index) => parts.slice(0, parts.length - index).join('/'));
}

interface Connecting {
  readonly target: string;
  /** What was told of how it is connected. */
  readonly reasons: readonly string[];
  readonly elapsedMs: number;
  readonly surroundings: Surroundings;
}

function judgeConnection(
  { link }: Host,
  { target, reasons, elapsedMs, surroundings: { config, access } }: Connecting,
): Finding[] {
  if (target === localName) return [{ kind: 'local', level: 'ok' }];
  const isAsked = (access.transport ?? resolveRemote(config, target).transport) !== undefined;
  const { transport, hostKeyFingerprint: fingerprint } = link ?? {};
  const told = reasons.map((line) => line.replace(`${target}: `, ''));
  return [
    { kind: 'connection', level: 'ok', transport, isAsked, reasons: told, elapsedMs },
    { kind: 'host-key', level: 'ok', fingerprint },
  ];
}

/** Whether the lock of a run can be taken. */
async function tryLock({ takeLock }: Surroundings): Promise<Finding> {
  try {
    await (await takeLock('doctor'))?.release();
    return { kind: 'locks', level: 'ok', error: undefined };
  } catch (error) {
    if (!(error instanceof ZfsVmError)) throw error;
    return { kind: 'locks', level: 'fault', error };
  }
}

/** Whether a connection runs two commands at once, as a transfer between two datasets of it needs. */
async function trySessions(host: Host, signal: AbortSignal): Promise<Finding> {
  const first = await host.start(['cat'], { signal });
  for (const output of [first.stdout, first.stderr]) output.resume();
  try {
    const second = await host.start(['sh', '-c', ':'], { signal, waiting: first });
    for (const output of [second.stdout, second.stderr]) output.resume();
    second.stdin.end();
    const exit = await second.exit;
    const isRefused = exit.kind === 'exited' && exit.code === 255;
    const reason = isRefused ? 'the second command was refused' : undefined;
    return { kind: 'sessions', level: isRefused ? 'warning' : 'ok', reason };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ZfsVmError)) throw error;
    return { kind: 'sessions', level: 'warning', reason: error.message };
  } finally {
    first.stdin.end();
    await first.exit;
  }
}
