import type { Clock } from '../../base/clock.js';
import { localName } from '../../base/local-name.js';
import type { Chain, Step } from '../../plan/plan.js';
import type { TransferEvent } from '../../transfer/event.js';
import type { OutputStream } from '../terminal/colors.js';
import { describeKept } from '../plan/describe-kept.js';
import type { Ends } from '../plan/describe-plan.js';
import { toJsonError } from '../error-json.js';
import {
  toJsonChain,
  toJsonConflict,
  toJsonDestruction,
  toJsonPassed,
  toJsonPoint,
  toJsonSharing,
} from '../plan/plan-json.js';

/** The version of the lines; it changes when something in them is renamed or removed. */
const schemaVersion = 1;

/** How often the bytes that have moved are told, at most. */
const progressIntervalMs = 1000;

/** Tells a push or pull to programs: every event as a line of JSON, as docs/reference/json-runs.md describes them. */
export class JsonReport {
  readonly #stdout: OutputStream;
  readonly #senderName: string;
  readonly #receiverName: string;
  readonly #isOneOfMany: boolean;
  readonly #clock: Pick<Clock, 'nowMs'>;
  #bytes = 0;
  #toldAtMs = 0;

  /** @param options with whether there are other receivers, so that each line has to tell which it is about */
  constructor(options: {
    stdout: OutputStream;
    senderName?: string;
    receiverName: string;
    isOneOfMany?: boolean;
    clock: Pick<Clock, 'nowMs'>;
  }) {
    this.#stdout = options.stdout;
    this.#senderName = options.senderName ?? localName;
    this.#receiverName = options.receiverName;
    this.#isOneOfMany = options.isOneOfMany ?? false;
    this.#clock = options.clock;
  }

  get #ends(): Ends {
    return { senderName: this.#senderName, receiverName: this.#receiverName };
  }

  /** Takes the next event. */
  readonly handle = (event: TransferEvent): void => {
    switch (event.kind) {
      case 'reading':
        this.#write(event.kind, { host: event.host, what: event.what });
        break;
      case 'read':
        this.#write(event.kind, { host: event.host, datasets: event.datasets, snapshots: event.snapshots });
        break;
      case 'passed':
        if (event.passed.versions.length > 0) {
          this.#write(event.kind, { versions: toJsonPassed(event.passed) });
        }
        break;
      case 'planned':
        this.#write(event.kind, {
          schemaVersion,
          receiver: this.#receiverName,
          chains: event.plan.chains.map((chain) => toJsonChain(chain, new Map())),
          upToDate: event.plan.upToDate.map(({ source, destination, newest }) => ({
            ...{ source, destination, newest: toJsonPoint(newest) },
          })),
          conflicts: event.plan.conflicts.map((conflict) => toJsonConflict(conflict, this.#ends)),
          deletes: (event.plan.deletes ?? []).map(toJsonDestruction),
        });
        break;
      case 'sharing':
        this.#write(event.kind, { chains: event.chains.map(toJsonSharing) });
        break;
      case 'estimated':
        this.#write(event.kind, { bytes: [...event.sizes.values()].reduce((sum, bytes) => sum + bytes, 0) });
        break;
      case 'compressing':
        this.#write(event.kind, {});
        break;
      case 'warning':
        this.#write(event.kind, { message: event.message });
        break;
      case 'held':
        this.#write(event.kind, { host: event.host, snapshots: event.snapshots });
        break;
      case 'parent-created':
        this.#write(event.kind, { host: event.host, dataset: event.dataset });
        break;
      case 'parent-failed':
        this.#write(event.kind, { dataset: event.dataset, error: toJsonError(event.error) });
        break;
      case 'step-started':
        this.#write(event.kind, toJsonStep(event));
        break;
      case 'progress':
        this.#addProgress(event.bytes);
        break;
      case 'step-done':
        this.#write(event.kind, { ...toJsonStep(event), bytes: event.bytes ?? null, seconds: event.seconds });
        break;
      case 'step-failed':
        this.#write(event.kind, { ...toJsonStep(event), error: toJsonError(event.error) });
        break;
      case 'step-stopped':
        this.#write(event.kind, toJsonStep(event));
        break;
      case 'left-behind':
        this.#write(event.kind, { seconds: event.seconds });
        break;
      case 'served':
        this.#write(event.kind, { by: event.by });
        break;
      case 'not-served':
        this.#write(event.kind, { by: event.by, error: toJsonError(event.error) });
        break;
      case 'chain-skipped':
        this.#write(event.kind, { source: event.chain.source, missing: event.missing ?? null });
        break;
      case 'verified':
        this.#write(event.kind, { datasets: event.datasets });
        break;
      case 'notes-carried':
        this.#write(event.kind, { host: event.host, notes: event.notes });
        break;
      case 'deleted':
        this.#write(event.kind, { host: event.host, ...toJsonDestruction(event.destruction) });
        break;
      case 'delete-failed': {
        const { host, destruction, error } = event;
        this.#write(event.kind, { host, ...toJsonDestruction(destruction), error: toJsonError(error) });
        break;
      }
      case 'moved-aside': {
        const { kind, ...fields } = event;
        this.#write(kind, fields);
        break;
      }
      case 'replaced': {
        const { kind, ...fields } = event;
        this.#write(kind, fields);
        break;
      }
      case 'aside-kept': {
        const { kind, error, ...fields } = event;
        this.#write(kind, {
          ...{ ...fields, message: describeKept(event) },
          error: error === undefined ? null : toJsonError(error),
        });
        break;
      }
      case 'trouble':
        this.#write(event.kind, { error: toJsonError(event.error) });
        break;
      case 'retrying':
        this.#write(event.kind, {
          ...{ error: toJsonError(event.error), delaySeconds: event.delaySeconds, left: event.left },
        });
        break;
      case 'finished': {
        const { versions, failedVersions, bytes, seconds, deleted } = event.result;
        this.#write(event.kind, { versions, failedVersions, bytes, seconds, deleted });
        break;
      }
    }
  };

  close(): void {
    // Every line is out already.
  }

  #addProgress(bytes: number): void {
    this.#bytes += bytes;
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#toldAtMs < progressIntervalMs) return;
    this.#toldAtMs = nowMs;
    this.#write('progress', { bytes: this.#bytes });
  }

  #write(event: TransferEvent['kind'], fields: object): void {
    const receiver = this.#isOneOfMany ? { receiver: this.#receiverName } : {};
    this.#stdout.write(`${JSON.stringify({ event, ...receiver, ...fields })}\n`);
  }
}

function toJsonStep({ chain, step }: { chain: Chain; step: Step }): object {
  const { source, destination } = chain;
  return { source, destination, step: step.kind, to: toJsonPoint(step.to) };
}
