import { exitCodes, ZfsVmError } from '../base/errors.js';
import type { Endpoint } from '../host/endpoint.js';
import { readCalls } from '../host/run-calls.js';
import { flushPools } from '../inventory/find-unchanged.js';
import { readDiff, readMounts } from '../inventory/read-diff.js';
import { readInventory } from '../inventory/read-inventory.js';
import { readLocked } from '../inventory/read-locked.js';
import { ChangeCounter, type ChangeSummary } from '../report/versions/change-counter.js';
import { chooseColors } from '../report/terminal/colors.js';
import {
  describeChange,
  describeMissing,
  describePair,
  describeResult,
  listChange,
  listResult,
  type PairResult,
  type PairSizes,
} from '../report/versions/diff-report.js';
import { formatError } from '../report/error-text.js';
import { compareTrees, compareWithPresent, type Comparison, type Pair } from '../streamline/comparison.js';
import { fullNameOf, type Datasets } from '../streamline/dataset.js';
import type { VersionName } from '../streamline/find-version.js';
import { formatTagShort } from '../streamline/tag.js';
import type { PathChange } from '../zfs/diff.js';
import { estimateArguments, longestEstimate, parseEstimate } from '../zfs/send.js';
import { getWrittenBetweenArguments, parseWrittenBetween } from '../zfs/written.js';
import { writeAll } from '../base/write-all.js';
import { defineCommand, operand, optionalOperand } from '../command-line/command-definition.js';
import { flag } from '../command-line/option.js';
import { readVersionName } from '../command-line/version-name.js';
import { localName } from '../config/config.js';
import { findNamedVersion } from '../tasks/find-named-version.js';
import { Hosts } from '../tasks/hosts.js';
import { BaseCommand } from './base-command.js';

/** The version of what `--json` prints; it changes when something in it is renamed or removed. */
const schemaVersion = 1;

/** Shows what changed from one version to another. */
export class DiffCommand extends BaseCommand<typeof DiffCommand.definition> {
  static readonly definition = defineCommand({
    names: [['diff']],
    description: 'show what changed between versions',
    details: `
      Counts what was added, removed, modified and renamed from the first version to the second, and tells how much was
      written and how large the increment is. Without a second version, it compares with what the dataset contains now;
      name a dataset to compare with what is there, e.g. in a clone. Of a tree, each member is compared. Of a volume, the
      bytes are told.
    `,
    examples: [
      ['Compare two versions', 'diff debian-7:1 debian-7:2'],
      ['See what would be in the next version', 'diff --list debian-7:2'],
      ['See what was changed in a clone', 'diff debian-7:2 tank/work/1007'],
    ],
    options: {
      list: flag(['--list'], 'every path that changed'),
      json: flag(['--json'], 'print JSON; with --list, a line for each path (docs/scripting.md)'),
    },
    operands: {
      from: operand({ name: 'NAME[:VERSION]', kind: 'version', read: readVersionName }),
      to: optionalOperand({ name: 'NAME:VERSION|DATASET', kind: 'version', read: readOther }),
    },
  });

  async execute(): Promise<number> {
    const surroundings = await this.surround();
    return Hosts.use(surroundings, async (hosts) => {
      const endpoint = hosts.openLocal();
      const { signal } = this.context;
      const inventory = await readInventory(endpoint, { scope: 'tagged', signal });
      surroundings.emit({ kind: 'malformed-tags', host: localName, malformedTags: inventory.malformedTags });
      const comparison = this.#compare(inventory.datasets);
      const { pairs, onlyEarlier, onlyLater } =
        comparison.kind === 'same' ? { pairs: [], onlyEarlier: [], onlyLater: [] } : comparison;
      const results = await this.#readAll(endpoint, pairs);
      if (!this.args.json) {
        await this.#print([describeMissing({ pairs, onlyEarlier, onlyLater })]);
      } else if (!this.args.list) {
        const document = { schemaVersion, members: results.map(listResult), onlyEarlier, onlyLater };
        await this.#print([`${JSON.stringify(document, null, 2)}\n`]);
      }
      return results.some(({ failure }) => failure !== undefined) ? exitCodes.failed : exitCodes.done;
    });
  }

  /** @throws ZfsVmError `usage` when there is nothing to compare */
  #compare(datasets: Datasets): Extract<Comparison, { kind: 'pairs' | 'same' }> {
    const earlier = findNamedVersion(localName, datasets, this.args.from);
    const [{ root }] = earlier;
    const first = formatTagShort(root.tag);
    const { to } = this.args;
    if (to?.kind === 'version') {
      const later = findNamedVersion(localName, datasets, to.name);
      const second = formatTagShort(later[0].root.tag);
      return expectPairs(compareTrees(datasets, earlier, later), first, second);
    }
    const dataset = datasets.get(to?.dataset ?? root.dataset);
    if (dataset === undefined) {
      throw new ZfsVmError('usage', `there is no filesystem or volume ${JSON.stringify(to?.dataset)}`, {
        hint: 'name a version (NAME:VERSION), or a dataset that comes from the first one',
      });
    }
    return expectPairs(compareWithPresent(datasets, earlier, dataset), first, dataset.name);
  }

  async #readAll(endpoint: Endpoint, pairs: readonly Pair[]): Promise<PairResult[]> {
    const { signal } = this.context;
    const present = pairs.flatMap(({ to, dataset }) => (to === undefined ? [dataset.name] : []));
    await flushPools(endpoint, present, signal);
    const hasFilesystems = pairs.some(({ dataset }) => dataset.type === 'filesystem');
    const [sizes, mounts, locked] = await Promise.all([
      readSizes(endpoint, pairs, signal),
      hasFilesystems ? readMounts(endpoint, signal) : new Map<string, string>(),
      readLocked(endpoint, namesOfEncrypted(pairs), signal),
    ]);
    const results: PairResult[] = [];
    for (const [index, pair] of pairs.entries()) {
      if (!this.args.json) await this.#print([`${describePair(pair)}\n`]);
      const known = sizes[index] ?? { writtenBytes: undefined, incrementBytes: undefined };
      const result = { pair, ...known, ...(await this.#readPaths(endpoint, pair, mounts, locked)) };
      if (!this.args.json) await this.#print([`${describeResult(result).join('\n')}\n`]);
      if (result.failure !== undefined) this.#complain(result.failure);
      results.push(result);
    }
    return results;
  }

  /** Counts, and prints if wanted, the paths of a pair; why that can't be is no reason to leave out the other members of a tree. */
  async #readPaths(
    endpoint: Endpoint,
    pair: Pair,
    mounts: ReadonlyMap<string, string>,
    locked: ReadonlyMap<string, string>,
  ): Promise<Pick<PairResult, 'changes' | 'failure'>> {
    if (pair.dataset.type === 'volume') return { changes: undefined, failure: undefined };
    try {
      checkReadable(pair, locked);
      return { changes: await this.#count(endpoint, pair, mounts), failure: undefined };
    } catch (error) {
      this.context.signal.throwIfAborted();
      if (error instanceof ZfsVmError) return { changes: undefined, failure: error };
      throw error;
    }
  }

  async #count(endpoint: Endpoint, pair: Pair, mounts: ReadonlyMap<string, string>): Promise<ChangeSummary> {
    const counter = new ChangeCounter();
    const onChanges = async (changes: readonly PathChange[]): Promise<void> => {
      for (const change of changes) counter.add(change);
      if (!this.args.list) return;
      const lines = changes.map((change) =>
        this.args.json ? listChange(pair, change) : describeChange(change),
      );
      await this.#print(lines.map((line) => `${line}\n`));
    };
    await readDiff(endpoint, pair, mounts, onChanges, this.context.signal);
    return counter.summarize();
  }

  #complain(error: ZfsVmError): void {
    const { stderr, env } = this.context;
    stderr.write(formatError(error, chooseColors(stderr, env), { debug: this.debug }));
  }

  async #print(pieces: Iterable<string>): Promise<void> {
    const { stdout, signal } = this.context;
    await writeAll(stdout, pieces, signal);
    signal.throwIfAborted();
  }
}

/** What a version is compared with. */
type Other =
  | { readonly kind: 'version'; readonly name: VersionName }
  | { readonly kind: 'dataset'; readonly dataset: string };

function readOther(text: string): Other {
  const isVersion = text.includes(':') && !text.includes('/');
  return isVersion ? { kind: 'version', name: readVersionName(text) } : { kind: 'dataset', dataset: text };
}

/** @throws ZfsVmError `usage` when neither comes from the other, or the later one was named first */
function expectPairs(
  comparison: Comparison,
  first: string,
  second: string,
): Extract<Comparison, { kind: 'pairs' | 'same' }> {
  switch (comparison.kind) {
    case 'pairs':
    case 'same':
      return comparison;
    case 'swapped':
      throw new ZfsVmError('usage', `${first} is newer than ${second}`, {
        hint: `swap them: zfs-vm diff ${second} ${first}`,
      });
    case 'unrelated': {
      const common = comparison.common === undefined ? undefined : formatTagShort(comparison.common.tag);
      throw new ZfsVmError('usage', `${second} doesn't come from ${first}`, {
        hint:
          common === undefined
            ? 'see "zfs-vm list" for what was cloned from what'
            : `both come from ${common}: compare each with that`,
      });
    }
  }
}

/** @throws ZfsVmError `failed` when zfs can't tell what changed */
function checkReadable({ dataset, cloneCount }: Pair, locked: ReadonlyMap<string, string>): void {
  const root = locked.get(dataset.name);
  if (root !== undefined) {
    throw new ZfsVmError('failed', `${dataset.name} is encrypted, and its key isn't loaded`, {
      hint: `load it with "zfs load-key ${root}"`,
    });
  }
  if (cloneCount <= 1) return;
  throw new ZfsVmError(
    'failed',
    `zfs compares a dataset with its clones only, and ${dataset.name} is a clone of a clone of it`,
    { hint: 'compare with the versions between them, one by one' },
  );
}

function namesOfEncrypted(pairs: readonly Pair[]): string[] {
  return pairs.flatMap(({ dataset }) => (dataset.encrypted ? [dataset.name] : []));
}

async function readSizes(
  endpoint: Endpoint,
  pairs: readonly Pair[],
  signal: AbortSignal,
): Promise<PairSizes[]> {
  const calls = pairs.flatMap(({ from, to, dataset }) => {
    const [begin, end] = [fullNameOf(from), to === undefined ? dataset.name : fullNameOf(to)];
    const stream = { kind: 'increment', from: begin, to: end, raw: dataset.encrypted } as const;
    // What is in no snapshot yet can't be sent.
    return [getWrittenBetweenArguments(begin, end), ...(to === undefined ? [] : [estimateArguments(stream)])];
  });
  const outputs = await readCalls(endpoint, calls, { signal, limit: longestEstimate });
  return pairs.map(({ to }) => ({
    writtenBytes: parseWrittenBetween(outputs.shift() ?? ''),
    incrementBytes: to === undefined ? undefined : parseEstimate(outputs.shift() ?? ''),
  }));
}
