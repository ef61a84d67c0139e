import { retentionFor, type Config } from '../config/config.js';
import { exitCodeOf, exitCodeOfAll, exitCodes, worstExitCode, ZfsVmError } from '../base/errors.js';
import type { Endpoint } from '../host/endpoint.js';
import { flushPools } from '../inventory/find-unchanged.js';
import { readInventory } from '../inventory/read-inventory.js';
import { readWhetherTree } from '../inventory/read-is-tree.js';
import { findHeads, type Head } from '../plan/heads.js';
import type { KnownHost } from '../plan/receiver-needs.js';
import type { Retention } from '../plan/retention.js';
import { chooseColors } from '../report/terminal/colors.js';
import { formatError } from '../report/error-text.js';
import { describeUnchanged } from '../report/versions/describe-unchanged.js';
import { quoteCommand, quoteWord } from '../base/shell.js';
import { fullNameOf, isTagged, type Datasets } from '../streamline/dataset.js';
import { findNewest, findVersions } from '../streamline/lineage.js';
import { isChosenTag, type VersionPattern } from '../streamline/selection.js';
import { formatTagShort } from '../streamline/tag.js';
import { checkKept, checkPatterns } from '../tasks/check-request.js';
import { localName } from '../config/config.js';
import { Hosts } from '../tasks/hosts.js';
import { findReceivers, planPush, push, type PushRequest } from '../tasks/transfer/push.js';
import { defineCommand, hostOperands } from '../command-line/command-definition.js';
import { pick } from '../command-line/option.js';
import { patternsOption, readPattern } from '../command-line/patterns.js';
import { retentionOptions, toRetention } from '../command-line/retention-options.js';
import { destinationOption, fanOutOptions, transferOptions } from '../command-line/transfer-options.js';
import { BaseCommand } from './base-command.js';
import { findNextVersion, makeVersion, type VersionRequest } from '../tasks/tag/next-version.js';
import { preparePrune, readKnownHost } from '../tasks/prune/prepare-prune.js';
import { measurePrune, pruneHost } from '../tasks/prune/prune-host.js';
import { PruneReport } from '../report/prune/prune-report.js';
import { isWatched, tellPlans, tellTransfer } from './tell-transfer.js';
import { StreamlineLocks } from './streamline-locks.js';

/** The rules for a streamline; undefined for one that is left alone. */
type RetentionOf = (streamline: string) => Retention | undefined;

/** The options that its push has of the others. */
const pushed = ['lanes', 'compress', 'bytesPerSecond', 'retries'] as const;

/** Makes versions, brings other hosts up to date, and prunes both sides: a whole round, for a schedule. */
export class SyncCommand extends BaseCommand<typeof SyncCommand.definition> {
  static readonly definition = defineCommand({
    names: [['sync']],
    description: 'tag what has changed, push, and prune both sides: one line for a schedule',
    details: `
      Makes the next version of each streamline where something was written since the newest one, pushes the streamlines to the
      hosts, and then destroys versions that no rule keeps: on this machine by the rules of the command line, or else of the
      configuration file; on a host by those that the configuration has for this remote. Where there are no rules, nothing is destroyed.

      Each streamline is locked meanwhile: one that another sync of this user is at work on is left out, which is a failure. A part
      that fails keeps no other from being done.
    `,
    examples: [
      ['Every hour, from cron (docs/schedules.md)', 'sync --keep-hourly 24 --keep-daily 14 backup'],
      ['Two streamlines, to two hosts', '-s sync -n debian-7 -n web fjoe@host-1 fjoe@host-2'],
      ['See what it would do', 'sync --dry-run --keep-daily 14 backup'],
    ],
    options: {
      patterns: patternsOption('only streamlines that fit (debian-7, debian-*)', readStreamlinePattern),
      destination: destinationOption('there'),
      ...retentionOptions,
      dryRun: {
        ...transferOptions.dryRun,
        help: 'show what would be made, sent and destroyed, and do nothing',
      },
      ...pick(transferOptions, pushed),
      ...fanOutOptions,
    },
    operands: { hosts: hostOperands({ isRequired: true }) },
    inSynopsis: ['patterns', 'destination', 'keepLast'],
  });

  async execute(): Promise<number> {
    const { patterns } = this.args;
    const retention = toRetention(this.args);
    const config = await this.readConfig();
    const request = this.#toPush();
    const hostNames = findReceivers(request, { config });
    const locks = new StreamlineLocks(this.context.places.takeLock);
    try {
      const { streamlines, status } = await this.#lockAndTag(patterns, retention, locks);
      if (streamlines.length === 0) return status;
      const pushed = await this.#attempt(() => this.#push(request, streamlines));
      const ownRules = rulesOfThisMachine(retention, config);
      return worstExitCode([
        ...[status, pushed],
        await this.#attempt(() => this.#prune(streamlines, { config, hostNames, ownRules })),
      ]);
    } finally {
      await locks.release();
    }
  }

  /** What is pushed but for the choice of streamlines. */
  #toPush(): PushRequest {
    return {
      ...pick(this.args, ['hosts', 'destination', 'lagMs', ...pushed]),
      wantsSizes: isWatched(this.context, { json: false }),
    };
  }

  /** The streamlines that are to be synced, locked, and with new versions where there was something new. */
  async #lockAndTag(
    patterns: readonly VersionPattern[],
    retention: Retention | undefined,
    locks: StreamlineLocks,
  ): Promise<{ streamlines: string[]; status: number }> {
    const surroundings = await this.surround();
    return Hosts.use(surroundings, async (hosts) => {
      const endpoint = hosts.openLocal();
      const read = async (): Promise<Datasets> => {
        const inventory = await readInventory(endpoint, { scope: 'tagged', signal: this.context.signal });
        surroundings.emit({
          kind: 'malformed-tags',
          host: localName,
          malformedTags: inventory.malformedTags,
        });
        return inventory.datasets;
      };
      const before = await read();
      checkPatterns({ patterns }, localName, before);
      if (retention !== undefined) checkKept(retention, localName, before);
      const chosen = findStreamlines(before, patterns);
      if (chosen.length === 0) {
        throw new ZfsVmError('usage', `${localName} has no zfs-vm versions`, {
          hint: 'begin a streamline with "zfs-vm tag -n STREAMLINE:VERSION DATASET"',
        });
      }
      const wanted = new Set(patterns.map(({ streamline }) => streamline));
      if (this.args.dryRun) {
        return { streamlines: chosen, status: await this.#tag(endpoint, before, chosen, wanted) };
      }
      const streamlines: string[] = [];
      for (const streamline of chosen) {
        if (await locks.take(streamline)) streamlines.push(streamline);
        else this.#complain(describeLocked(streamline));
      }
      // What another run made before we had the lock is there now.
      const tagged =
        streamlines.length === 0 ? [] : [await this.#tag(endpoint, await read(), streamlines, wanted)];
      const left = streamlines.length < chosen.length ? [exitCodes.failed] : [];
      return { streamlines, status: worstExitCode([...tagged, ...left]) };
    });
  }

  /**
   * Makes the next version where something has changed.
   * @param wanted the streamlines that somebody wants to go on by their very names
   * @returns the exit status
   */
  async #tag(
    endpoint: Endpoint,
    datasets: Datasets,
    streamlines: readonly string[],
    wanted: ReadonlySet<string>,
  ): Promise<number> {
    const statuses: number[] = [];
    const heads = findHeads(datasets, streamlines.map(toPattern));
    const going = new Set(heads.map(({ streamline }) => streamline));
    for (const streamline of streamlines.filter((name) => wanted.has(name) && !going.has(name))) {
      const error = describeLeft(datasets, streamline);
      this.#complain(error);
      statuses.push(exitCodeOf(error));
    }
    await flushPools(
      endpoint,
      heads.map((head) => head.dataset),
      this.context.signal,
    );
    for (const head of heads) {
      const dataset = datasets.get(head.dataset);
      if (dataset === undefined) continue;
      statuses.push(
        await this.#attempt(async () => {
          const question = { datasets, dataset, newest: head.newest, shared: head.shared };
          const isTree = await readWhetherTree(endpoint, question, this.context.signal);
          const named = { streamline: head.streamline };
          const request = { datasets, dataset, isTree, wanted: named, ifChanged: true };
          return this.#tagHead(endpoint, request, head);
        }),
      );
    }
    return worstExitCode(statuses);
  }

  async #tagHead(endpoint: Endpoint, request: VersionRequest, head: Head): Promise<number> {
    const { stdout, stderr, signal } = this.context;
    const next = await findNextVersion(endpoint, request, signal);
    if (next.kind === 'unchanged') {
      if (this.verbose || this.debug) stderr.write(`${describeUnchanged(next)}\n`);
      return this.#judgeCopies(head);
    }
    if (!this.args.dryRun) await makeVersion(endpoint, next, {}, signal);
    const words = this.args.dryRun ? 'would make ' : '';
    stdout.write(next.fullNames.map((fullName) => `${words}${fullName}\n`).join(''));
    for (const copy of head.writtenCopies) stderr.write(warnOfWrittenCopy(copy, head));
    return exitCodes.done;
  }

  /** Tells of copies where the streamline may go on in truth, as nothing was written to the original: only a person knows. @returns the exit status */
  #judgeCopies(head: Head): number {
    for (const copy of head.writtenCopies) this.#complain(describeWrittenCopy(copy, head));
    return head.writtenCopies.length === 0 ? exitCodes.done : exitCodes.conflict;
  }

  async #push(request: PushRequest, streamlines: readonly string[]): Promise<number> {
    const choice = { patterns: streamlines.map(toPattern), latest: false };
    const chosen = { ...request, choice };
    const telling = { json: false, commands: false, yes: false };
    if (!this.args.dryRun) return tellTransfer(this, telling, (surroundings) => push(chosen, surroundings));
    const { length } = findReceivers(request, { config: await this.readConfig() });
    return tellPlans(this, telling, length, (surroundings) => planPush(chosen, surroundings));
  }

  /** Prunes what there are rules for: the hosts, and then this machine, so that the hosts can go on. @returns the exit status */
  async #prune(streamlines: readonly string[], { config, hostNames, ownRules }: PruneRules): Promise<number> {
    const others = hostNames.filter((name) => name !== localName);
    const rulesOf = (name: string): RetentionOf | undefined =>
      toRules(config.remotes.get(name)?.retentions ?? []);
    const wanted = others.filter((name) => ownRules !== undefined || rulesOf(name) !== undefined);
    return Hosts.use(await this.surround(), async (hosts) => {
      const opened = await Promise.allSettled(wanted.map((name) => hosts.open(name)));
      const receivers: Endpoint[] = [];
      let reading: Promise<KnownHost> | undefined;
      const readSenders = async (): Promise<KnownHost[]> => {
        // Once for all hosts: pruning them changes nothing here.
        reading ??= readKnownHost(hosts.openLocal(), 'tagged', this.context.signal);
        return [await reading];
      };
      const statuses: number[] = [];
      for (const [index, name] of wanted.entries()) {
        const opening = opened[index];
        const retentionOf = rulesOf(name);
        if (opening?.status === 'fulfilled') receivers.push(opening.value);
        if (retentionOf === undefined) continue;
        statuses.push(
          await this.#attempt(async () =>
            this.#pruneHost(await hosts.open(name), {
              ...{ streamlines, retentionOf, receivers: [], readSenders },
            }),
          ),
        );
      }
      if (ownRules !== undefined) {
        // One that can't be asked goes on from the bookmarks that the pushes have left.
        const request = { streamlines, retentionOf: ownRules, receivers };
        statuses.push(await this.#attempt(() => this.#pruneHost(hosts.openLocal(), request)));
      }
      return worstExitCode(statuses);
    });
  }

  async #pruneHost(endpoint: Endpoint, { streamlines, ...rest }: HostPrune): Promise<number> {
    const { signal, places } = this.context;
    const nowSeconds = places.clock.dateMs() / 1000;
    const patterns = streamlines.map(toPattern);
    const prepared = await preparePrune(endpoint, { patterns, ...rest, nowSeconds, signal });
    const { stdout, env } = this.context;
    const report = new PruneReport({
      ...{ stdout, signal, json: false, isDryRun: this.args.dryRun, isPart: true },
      ...{ colors: chooseColors(stdout, env), verbose: this.verbose || this.debug },
    });
    const surroundings = await this.surround({ handle: report.handle, confirm: () => report.flush() });
    try {
      const prune = this.args.dryRun ? measurePrune : pruneHost;
      const { failures } = await prune(endpoint, prepared, surroundings);
      return exitCodeOfAll(failures);
    } finally {
      await report.flush();
    }
  }

  /** Does a part; what goes wrong in it is told, and is no reason to leave out the next. @returns its exit status */
  async #attempt(part: () => Promise<number>): Promise<number> {
    try {
      return await part();
    } catch (error) {
      this.context.signal.throwIfAborted();
      if (!(error instanceof ZfsVmError)) throw error;
      this.#complain(error);
      return exitCodeOf(error);
    }
  }

  #complain(error: ZfsVmError): void {
    const { stderr, env } = this.context;
    stderr.write(formatError(error, chooseColors(stderr, env), { debug: this.debug }));
  }
}

/** What is to be pruned by which rules. */
interface PruneRules {
  readonly config: Config;
  readonly hostNames: readonly string[];
  /** Those of this machine. */
  readonly ownRules: RetentionOf | undefined;
}

interface HostPrune {
  readonly streamlines: readonly string[];
  readonly retentionOf: RetentionOf;
  readonly receivers: readonly Endpoint[];
  readonly readSenders?: () => Promise<readonly KnownHost[]>;
}

function rulesOfThisMachine(
  retention: Retention | undefined,
  { retentions }: Config,
): RetentionOf | undefined {
  return retention === undefined ? toRules(retentions) : () => retention;
}

function toRules(rules: Config['retentions']): RetentionOf | undefined {
  return rules.length === 0 ? undefined : (streamline) => retentionFor(rules, streamline);
}

function findStreamlines(datasets: Datasets, patterns: readonly VersionPattern[]): string[] {
  const chosen = [...findVersions(datasets)].filter(({ tag }) => isChosenTag(patterns, tag));
  return [...new Set(chosen.map(({ tag }) => tag.streamline))].sort();
}

function toPattern(streamline: string): VersionPattern {
  return { streamline, upTo: undefined };
}

function readStreamlinePattern(text: string): VersionPattern {
  const pattern = readPattern(text);
  if (pattern.upTo === undefined) return pattern;
  throw new ZfsVmError('usage', `-n ${JSON.stringify(text)} names a version, and a sync makes new ones`, {
    hint: `write -n ${JSON.stringify(pattern.streamline)}`,
  });
}

/** Tells of a copy where a streamline may go on in truth. */
function describeWrittenCopy(copy: string, { streamline, dataset, newest }: Head): ZfsVmError {
  const undo = quoteCommand(['zfs', 'rollback', `${copy}@${newest.name}`]);
  return new ZfsVmError(
    'conflict',
    `${streamline} gets no version: ${dataset} has not changed, and ${copy}, which has the same versions, was written to`,
    {
      hint: `if ${streamline} goes on in ${copy}, run "zfs-vm tag ${quoteWord(copy)}"; if that is a mere copy, undo what was written to it with "${undo}"`,
    },
  );
}

/** Warns of a copy that was written to as well as the dataset that got a version: a mere copy may have been mounted. */
function warnOfWrittenCopy(copy: string, { streamline, dataset }: Head): string {
  return `warning: ${streamline} goes on in ${dataset}, and ${copy}, which had the same versions, was written to as well; if it goes on there, run "zfs-vm tag ${quoteWord(copy)}"\n`;
}

/** Tells why a streamline can't go on by itself. */
function describeLeft(datasets: Datasets, streamline: string): ZfsVmError {
  const versions = [...findVersions(datasets)].filter(({ tag }) => tag.streamline === streamline);
  const newest = findNewest(versions);
  const since = newest && datasets.get(newest.dataset)?.snapshots.findLast(isTagged);
  const where = newest === undefined ? 'the dataset that had it' : fullNameOf(newest);
  const other = since === undefined ? 'another streamline' : formatTagShort(since.tag);
  return new ZfsVmError('conflict', `${streamline} gets no version: ${where} has gone on as ${other}`, {
    hint: `name that one with -n, or make the next version of ${streamline} where it is to go on with "zfs-vm tag"`,
  });
}

function describeLocked(streamline: string): ZfsVmError {
  return new ZfsVmError('failed', `another sync is at work on ${streamline}, so it was left out`, {
    hint: 'if that goes on, look for a zfs-vm process that hangs',
  });
}
