import { toCommandError } from '../../host/command-error.js';
import { ZfsVmError } from '../../base/errors.js';
import { showCommand } from '../../base/shell.js';
import type { Endpoint } from '../../host/endpoint.js';
import { isSuccess } from '../../host/host.js';
import { runCommand } from '../../host/run-command.js';
import { readHeld, readSnapshotsOf } from '../../inventory/read-about.js';
import type { Chain } from '../../plan/plan.js';
import { conclusionCalls } from '../../plan/stream.js';
import { fullNameOf, type Point } from '../../streamline/dataset.js';
import { cloneArguments } from '../../zfs/clone.js';
import { destroyDatasetArguments } from '../../zfs/destroy.js';
import { promoteArguments } from '../../zfs/move.js';
import type { TransferEvent } from '../event.js';
import { callLine, ignoreSignals, orUndo, unlessChanged, type Moving } from './move-aside.js';

/** A dataset that was moved aside for what replaces it. */
interface Replaced {
  readonly chain: Chain;
  readonly moving: Moving & { readonly kind: 'replace' };
  readonly host: string;
}

/**
 * What was moved aside in a run, until its successor is there and verified: then it is destroyed, as it was shown. One serves all attempts
 * of a run, so that what a lost connection kept from being finished is finished by the next one.
 */
export class ReplacedDatasets {
  /** By the destination. */
  readonly #waiting = new Map<string, Replaced>();
  /** The destinations that are known to have been moved. */
  readonly #moved = new Set<string>();

  /** What earlier runs moved aside, by the destination. */
  #left: ReadonlyMap<string, string> = new Map();

  /** Notes what earlier runs moved aside. Whether it may go is not known any more, so it is named when its successor is there. */
  noteLeft(asides: ReadonlyMap<string, string>): void {
    this.#left = new Map([...asides].filter(([destination]) => !this.#waiting.has(destination)));
  }

  /** Notes that the destination of a chain is moved aside: before it is, as nobody may hear how that ends. */
  add(chain: Chain, host: string): void {
    const { destination, preparation } = chain;
    if (preparation?.kind === 'replace') this.#waiting.set(destination, { chain, moving: preparation, host });
  }

  /** Notes that it was. */
  confirm({ destination }: Chain): void {
    this.#moved.add(destination);
  }

  /** Notes that it wasn't. */
  remove({ destination }: Chain): void {
    this.#waiting.delete(destination);
  }

  /**
   * Destroys what has a successor. What has changed since it was shown, is in use or held, or needed by something, stays, which is reported.
   * @param isThere whether all that was to come to a destination is there, and verified
   * @throws ZfsVmError when the host is lost
   */
  async destroyReplaced(
    receiver: Endpoint,
    isThere: (destination: string) => boolean,
    { emit, signal }: { readonly emit: (event: TransferEvent) => void; readonly signal: AbortSignal },
  ): Promise<void> {
    for (const [destination, replaced] of [...this.#waiting]) {
      if (!isThere(destination)) continue;
      const { aside, destroys } = replaced.moving;
      const error = await destroyReplaced(receiver, replaced, signal);
      signal.throwIfAborted();
      if (error?.kind === 'connection' && error.isLoss) throw error;
      this.#waiting.delete(destination);
      const host = receiver.host.name;
      if (error === undefined) {
        emit({ kind: 'replaced', host, destination, aside, snapshots: destroys.length });
      } else {
        emit({ kind: 'aside-kept', host, destination, aside, error, isSure: true, isReplaced: true });
      }
    }
    const host = receiver.host.name;
    for (const [destination, aside] of this.#left) {
      if (!isThere(destination)) continue;
      emit({
        kind: 'aside-kept',
        host,
        destination,
        aside,
        error: undefined,
        isSure: true,
        isReplaced: true,
      });
    }
  }

  /** Tells what stays aside, as its successor isn't there. For the end of a run, whatever it was. */
  tellKept(emit: (event: TransferEvent) => void): void {
    for (const [destination, { moving, host }] of this.#waiting) {
      const isSure = this.#moved.has(destination);
      const { aside } = moving;
      emit({ kind: 'aside-kept', host, destination, aside, error: undefined, isSure, isReplaced: false });
    }
    this.#waiting.clear();
  }
}

/**
 * Destroys a dataset that was moved aside, if it is as it was shown. What may be in use goes first: zfs destroys a dataset only when its
 * snapshots are gone, and would refuse it then. So they are handed to a clone, which nobody can have opened yet; where the dataset itself
 * can't be destroyed, they are handed back.
 */
async function destroyReplaced(
  receiver: Endpoint,
  { chain, moving }: Replaced,
  signal: AbortSignal,
): Promise<ZfsVmError | undefined> {
  const { aside, destroys } = moving;
  try {
    const obstacle = await findObstacle(receiver, moving, signal);
    if (obstacle !== undefined) return new ZfsVmError('failed', `${receiver.host.name}: ${obstacle}`);
    const script = [ignoreSignals, ...checkLines(moving), ...destroyLines(chain, moving)].join('\n');
    const argv = ['sh', '-c', script, 'sh', ...receiver.zfs];
    const result = await runCommand(receiver.host, argv, { signal });
    if (isSuccess(result.exit)) return undefined;
    return toCommandError(receiver.host.name, `zfs destroy of ${aside}`, result);
  } catch (error) {
    if (signal.aborted || !(error instanceof ZfsVmError)) throw error;
    return error;
  }

  function checkLines({ guid, writtenBytes }: Moving): string[] {
    const changed = `${aside} was written to after the confirmation`;
    return [
      ...(guid === undefined
        ? []
        : [
            unlessChanged(aside, {
              property: 'guid',
              value: String(guid),
              changed: `${aside} is another dataset`,
            }),
          ]),
      unlessChanged(aside, { property: 'written', value: String(writtenBytes), changed }),
    ];
  }

  function destroyLines(of: Chain, { aside: name }: Moving): string[] {
    const [newest] = destroys;
    if (newest === undefined) return [callLine(destroyDatasetArguments(name))];
    const heir = `${name}-x`;
    // One that mounted could be in use, too.
    const properties = moving.type === 'filesystem' ? [{ name: 'canmount', value: 'noauto' }] : [];
    const clone = cloneArguments(`${name}@${newest.name}`, heir, properties);
    const removeHeir = callLine(destroyDatasetArguments(heir));
    const conclusion = conclusionCalls({ ...of, preparation: { ...moving, aside: heir } });
    return [
      `${callLine(clone)} || exit`,
      orUndo(callLine(promoteArguments(heir)), removeHeir),
      orUndo(callLine(destroyDatasetArguments(name)), `${callLine(promoteArguments(name))} && ${removeHeir}`),
      ...conclusion.map((call) => `${callLine(call)} || exit`),
    ];
  }
}

/** What keeps it from being destroyed, as words; undefined when nothing does that can be seen. */
async function findObstacle(
  receiver: Endpoint,
  { aside, destroys }: Moving & { readonly kind: 'replace' },
  signal: AbortSignal,
): Promise<string | undefined> {
  const toKey = ({ name, guid }: Pick<Point, 'name' | 'guid'>): string => `${name} ${guid}`;
  const shown = new Set(destroys.map(toKey));
  const rows = await readSnapshotsOf(receiver, [aside], signal);
  const other = rows.find((row) => row.kind === 'snapshot' && !shown.has(toKey(row)));
  if (other !== undefined) return `${fullNameOf(other)} was added after the confirmation`;
  const [held] = await readHeld(
    receiver,
    destroys.map(({ name }) => `${aside}@${name}`),
    signal,
  );
  return held === undefined
    ? undefined
    : `${held} is held; list the holds with ${showCommand('zfs', 'holds', held)}`;
}
