import { toCommandError } from '../host/command-error.js';
import { exitCodeOf, exitCodes, ZfsVmError } from '../base/errors.js';
import type { Endpoint } from '../host/endpoint.js';
import { isSuccess } from '../host/host.js';
import { runCommand } from '../host/run-command.js';
import { readDatasets, readInventory, readPropertiesOf } from '../inventory/read-inventory.js';
import { readLocked } from '../inventory/read-locked.js';
import { checkPlace } from '../inventory/read-place.js';
import {
  findMountpoint,
  findPlaceFault,
  planClone,
  type CloneFault,
  type CloneStep,
} from '../plan/plan-clone.js';
import { toPrintable } from '../base/printable.js';
import { describeClone } from '../report/versions/clone-text.js';
import { chooseColors } from '../report/terminal/colors.js';
import { formatError } from '../report/error-text.js';
import { fullNameOf } from '../streamline/dataset.js';
import type { VersionName } from '../streamline/find-version.js';
import { findTagIn, formatTagShort } from '../streamline/tag.js';
import { cloneArguments, isMadeUnmounted } from '../zfs/clone.js';
import { findDatasetNameFault, poolOf } from '../zfs/names.js';
import type { Property } from '../zfs/properties.js';
import { createParentArguments } from '../zfs/receive.js';
import { BaseCommand } from './base-command.js';
import { defineCommand, operand } from '../command-line/command-definition.js';
import { flag, onlyBeside, pick, readText, value } from '../command-line/option.js';
import { checkPropertiesOnce, setOption } from '../command-line/property-options.js';
import { destinationOption, transferOptions } from '../command-line/transfer-options.js';
import { readVersionName } from '../command-line/version-name.js';
import { localName } from '../config/config.js';
import { findNamedVersion } from '../tasks/find-named-version.js';
import { Hosts } from '../tasks/hosts.js';
import { pull } from '../tasks/transfer/pull.js';
import type { Surroundings } from '../tasks/surroundings.js';
import { isWatched, tellTransfer } from './tell-transfer.js';

/** The options that its pull has of the others. */
const pulled = ['compress', 'bytesPerSecond', 'retries'] as const;

/** What is wrong where there is nothing to pull from. */
const besideFrom = {
  option: '--from',
  describeFault: (names: readonly string[]) =>
    `${names.join(', ')} ${names.length === 1 ? 'says' : 'say'} how to transfer, and there is no --from`,
  hint: 'name the host that has the version, e.g. --from fjoe@remote-host',
};

/** Makes a working copy of a version. */
export class CloneCommand extends BaseCommand<typeof CloneCommand.definition> {
  static readonly definition = defineCommand({
    names: [['clone']],
    description: 'make a working copy of a version',
    details: `
      Clones the version (the newest one, if none is named) to a new dataset of this machine, in the pool that has it; a
      filesystem is mounted, unless the place has files or another filesystem: then nothing is cloned. Its next "tag" goes on with the streamline, and a push sends it as a clone. Of a tree, all
      members are cloned, below the new dataset. Nothing is copied: the clone shares its blocks with the version.
    `,
    examples: [
      ['Work on the newest version', 'clone debian-7 tank/work/1007'],
      ['Work on an older one, mounted elsewhere', 'clone -o mountpoint=/srv/old debian-7:3 tank/work/old'],
      [
        'Get a version from another host first',
        '-s clone --from fjoe@remote-host debian-7:12 tank/work/1007',
      ],
    ],
    options: {
      set: setOption('set it on the clone'),
      parents: flag(['-p', '--parents'], 'make missing filesystems above it, which are never mounted'),
      from: value(['--from'], {
        ...{ value: 'HOST', kind: 'host', read: readText },
        help: 'bring what is missing of the version from another host first, as "pull" does',
      }),
      ...onlyBeside(besideFrom, {
        destination: destinationOption('here'),
        ...pick(transferOptions, pulled),
      }),
    },
    operands: {
      name: operand({ name: 'NAME[:VERSION]', kind: 'version', read: readVersionName }),
      target: operand({ name: 'DATASET', kind: 'dataset', read: readTarget }),
    },
  });

  async execute(): Promise<number> {
    const { name, set, from, target } = this.args;
    this.#checkTogether();
    if (from !== undefined) {
      await this.#checkPlace();
      const status = await this.#pull(from, name);
      if (status !== exitCodes.done) {
        this.context.stderr.write(`${target} was not made, as not all of it has come\n`);
        return status;
      }
    }
    const surroundings = await this.surround();
    return Hosts.use(surroundings, async (hosts) =>
      this.#clone(hosts.openLocal(), surroundings, { name, set }),
    );
  }

  /** @throws ZfsVmError `usage` for what doesn't go together */
  #checkTogether(): void {
    const { set, target, destination } = this.args;
    checkPropertiesOnce({ set, exclude: [] });
    if (destination !== undefined && poolOf(destination) !== poolOf(target)) {
      throw new ZfsVmError(
        'usage',
        `of what comes to ${destination}, there can be no clone in another pool: ${target}`,
        { hint: 'name a place with -d in the pool of the clone' },
      );
    }
  }

  /** Looks whether there can be a dataset of that name, before anything is transferred for it. */
  async #checkPlace(): Promise<void> {
    await Hosts.use(await this.surround(), async (hosts) => {
      const { rows } = await readDatasets(hosts.openLocal(), this.context.signal);
      const datasets = new Map(rows.map((row) => [row.name, row]));
      const fault = findPlaceFault(datasets, this.args.target, { makesParents: this.args.parents });
      if (fault !== undefined) throw describeFault(fault, this.args.target);
    });
  }

  /** Does what "pull" does, for this version and what it needs. @returns its status */
  async #pull(from: string, { streamline, version }: VersionName): Promise<number> {
    const request = {
      host: from,
      choice: {
        ...{ patterns: [{ streamline, upTo: version }], latest: false },
        required: version === undefined ? undefined : { streamline, version },
      },
      ...pick(this.args, ['destination', ...pulled]),
      wantsSizes: isWatched(this.context, { json: false }),
    };
    const telling = { json: false, commands: false, yes: false };
    return tellTransfer(this, telling, (surroundings) => pull(request, surroundings));
  }

  async #clone(
    endpoint: Endpoint,
    surroundings: Surroundings,
    { name, set }: { readonly name: VersionName; readonly set: readonly Property[] },
  ): Promise<number> {
    const { signal } = this.context;
    const { target } = this.args;
    const properties = ['mountpoint'];
    const inventory = await readInventory(endpoint, { scope: 'tagged', properties, signal });
    surroundings.emit({ kind: 'malformed-tags', host: localName, malformedTags: inventory.malformedTags });
    const { datasets, properties: mountpoints } = inventory;
    const trees = findNamedVersion(localName, datasets, name);
    const makesParents = this.args.parents;
    const plan = planClone(datasets, { trees, target, set, makesParents, mountpoints });
    if (plan.kind !== 'steps') throw describeFault(plan, target);
    await checkKeys(endpoint, plan.steps, signal);
    const mountpoint = findMountpoint(plan.steps, { target, mountpoints });
    if (mountpoint !== undefined) await checkPlace(endpoint, mountpoint, signal);
    return this.#make(endpoint, plan.steps);
  }

  /** Makes what was planned, as far as it goes, and tells what is there then. */
  async #make(endpoint: Endpoint, steps: readonly CloneStep[]): Promise<number> {
    const { host, zfs } = endpoint;
    const { signal } = this.context;
    const made: CloneStep[] = [];
    const errors: ZfsVmError[] = [];
    for (const step of steps) {
      const result = await runCommand(host, [...zfs, ...callOf(step)], { signal });
      signal.throwIfAborted();
      const isUnmounted = isMadeUnmounted(result.stderr);
      if (isSuccess(result.exit) || isUnmounted) made.push(step);
      if (isSuccess(result.exit)) continue;
      errors.push(
        isUnmounted
          ? describeUnmounted(step.destination, result.stderr)
          : toCommandError(host.name, `zfs ${callOf(step)[0] ?? ''} ${step.destination}`, result),
      );
      if (!isUnmounted) break;
    }
    await this.#tell(endpoint, made);
    for (const error of errors) this.#complain(error);
    const left = steps.slice(made.length).map(({ destination }) => destination);
    if (made.length > 0 && left.length > 0) {
      this.context.stderr.write(`not made: ${left.join(', ')}\n`);
    }
    return errors[0] === undefined ? exitCodes.done : exitCodeOf(errors[0]);
  }

  async #tell(endpoint: Endpoint, made: readonly CloneStep[]): Promise<void> {
    const { stdout, signal } = this.context;
    const names = made.map(({ destination }) => destination);
    const found = await readPropertiesOf(endpoint, names, ['origin', 'mounted', 'mountpoint'], signal);
    for (const step of made) {
      const properties = new Map(found.get(step.destination)?.map(({ name, value }) => [name, value]));
      if (step.kind === 'clone' && properties.get('origin') !== fullNameOf(step.from)) {
        throw new ZfsVmError(
          'failed',
          `${localName}: zfs clone ended well, and ${step.destination} is no clone of ${fullNameOf(step.from)}`,
        );
      }
      stdout.write(`${toPrintable(describeClone(step, properties))}\n`);
    }
  }

  #complain(error: ZfsVmError): void {
    const { stderr, env } = this.context;
    stderr.write(formatError(error, chooseColors(stderr, env), { debug: this.debug }));
  }
}

function readTarget(text: string): string {
  const fault = findDatasetNameFault(text);
  if (fault === undefined) return text;
  throw new ZfsVmError('usage', `${JSON.stringify(text)} can't be a dataset: ${fault}`, {
    hint: 'name the new dataset, e.g. tank/work/1007',
  });
}

function callOf(step: CloneStep): string[] {
  return step.kind === 'parent'
    ? createParentArguments(step.destination)
    : cloneArguments(fullNameOf(step.from), step.destination, step.properties);
}

/**
 * Refuses what is encrypted and locked: zfs would make the clone, and not mount it.
 * @throws ZfsVmError `failed`
 */
async function checkKeys(
  endpoint: Endpoint,
  steps: readonly CloneStep[],
  signal: AbortSignal,
): Promise<void> {
  const encrypted = steps.flatMap((step) =>
    step.kind === 'clone' && step.source.encrypted ? [step.source.name] : [],
  );
  const locked = await readLocked(endpoint, encrypted, signal);
  const [dataset] = locked.keys();
  if (dataset === undefined) return;
  const calls = [...new Set(locked.values())].map((root) => `"zfs load-key ${root}"`);
  throw new ZfsVmError('failed', `${dataset} is encrypted, and its key isn't loaded; nothing was cloned`, {
    hint: `run ${calls.join(' and ')}, and this again`,
  });
}

function describeUnmounted(destination: string, stderr: string): ZfsVmError {
  return new ZfsVmError('failed', `${destination} was made, and could not be mounted`, {
    details: [`zfs said: ${stderr.trim()}`],
    hint: `see to that, and mount it with "zfs mount ${destination}"`,
  });
}

function describeFault(fault: CloneFault, target: string): ZfsVmError {
  switch (fault.kind) {
    case 'exists': {
      const tag = fault.origin === undefined ? undefined : findTagIn(fault.origin);
      const what = tag === undefined ? '' : `, and is a clone of ${formatTagShort(tag)}`;
      return new ZfsVmError('usage', `${target} exists already${what}; nothing was changed`, {
        hint:
          tag === undefined
            ? 'name a dataset that is not there yet'
            : 'go on with it, or name another dataset',
      });
    }
    case 'no-pool':
      return new ZfsVmError('usage', `there is no pool "${poolOf(target)}", so there can be no ${target}`, {
        hint: `name a dataset in one of the pools: ${fault.pools.join(', ')}`,
      });
    case 'no-parent':
      return new ZfsVmError('usage', `there is no ${fault.parent}, so there can be no ${target}`, {
        hint: 'add -p to have it made, or name a dataset below one that is there',
      });
    case 'parent-is-volume':
      return new ZfsVmError('usage', `${fault.parent} is a volume: nothing can be below it`, {
        hint: 'name a dataset below a filesystem',
      });
    case 'other-pool':
      return new ZfsVmError(
        'usage',
        `the version is in ${fault.pools.join(', ')}, and a clone has to be in the same pool`,
        {
          hint: `name a dataset there, or bring a copy to ${poolOf(target)} with "zfs-vm push -n NAME -d ${poolOf(target)}/PLACE ${localName}" first`,
        },
      );
    case 'ambiguous':
      return new ZfsVmError('usage', 'there are several versions of that name, with different content', {
        details: fault.candidates.map(fullNameOf),
        hint: `clone the one you mean by "zfs clone SNAPSHOT ${target}"`,
      });
    case 'bad-name':
      return new ZfsVmError(
        'usage',
        `a member would become ${fault.destination}, and that can't be: ${fault.fault}`,
        { hint: 'name a dataset with a shorter name' },
      );
  }
}
