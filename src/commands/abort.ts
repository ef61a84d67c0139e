import { toCommandError } from '../host/command-error.js';
import { exitCodeOfAll, ZfsVmError } from '../base/errors.js';
import type { Endpoint } from '../host/endpoint.js';
import { isSuccess } from '../host/host.js';
import { readDatasets, type DatasetList } from '../inventory/read-inventory.js';
import { chooseColors } from '../report/terminal/colors.js';
import { formatError } from '../report/error-text.js';
import { isChosenTag, type VersionPattern } from '../streamline/selection.js';
import { findTagIn, formatTagShort, type Tag } from '../streamline/tag.js';
import type { DatasetRow } from '../zfs/list.js';
import { abortReceive } from '../transfer/around/abort-receive.js';
import { defineCommand, optionalHostOperand } from '../command-line/command-definition.js';
import { flag } from '../command-line/option.js';
import { patternsOption } from '../command-line/patterns.js';
import { localName } from '../config/config.js';
import { Hosts } from '../tasks/hosts.js';
import type { Loss } from '../tasks/loss.js';
import { BaseCommand } from './base-command.js';

/** Drops what interrupted receives have left. */
export class AbortCommand extends BaseCommand<typeof AbortCommand.definition> {
  static readonly definition = defineCommand({
    names: [['abort']],
    description: 'drop what interrupted receives have left',
    details: `
      An interrupted push or pull keeps what had arrived, so that the next run can go on. This drops it: a dataset that would
      have become new disappears, any other stays as it was before. Only receives of versions are dropped, never those of
      another program. It shows them first, and asks.
    `,
    examples: [
      ['Drop all on this machine', 'abort'],
      [
        'Drop those of one streamline on another host, with sudo there',
        '-s abort -n debian-7 fjoe@remote-host',
      ],
    ],
    options: {
      patterns: patternsOption('only of streamlines that fit (debian-7, debian-*)'),
      yes: flag(['--yes'], 'do not ask'),
    },
    operands: { host: optionalHostOperand },
  });

  async execute(): Promise<number> {
    const { patterns, yes } = this.args;
    const { stdout, stderr, env, signal } = this.context;
    const surroundings = await this.surround({ isConfirmed: yes });
    return Hosts.use(surroundings, async (hosts) => {
      const { host, zfs } = await hosts.open(this.args.host ?? localName);
      const list = await readDatasets({ host, zfs }, signal);
      const partials = findPartials(list, patterns);
      if (partials.length === 0) stdout.write(`${host.name} has no interrupted receive of that kind\n`);
      const losses = partials.map(({ dataset, tag }): Loss => ({
        kind: 'partial',
        host: host.name,
        dataset,
        tag,
      }));
      if (losses.length > 0) await surroundings.confirm(losses);
      const errors: ZfsVmError[] = [];
      // One that is at work again keeps nobody from dropping the others, and a host that is lost meanwhile has dropped what it said.
      const tell = (error: unknown): void => {
        if (!(error instanceof ZfsVmError) || signal.aborted) throw error;
        stderr.write(formatError(error, chooseColors(stderr, env), { debug: this.debug }));
        errors.push(error);
      };
      const dropped: Partial[] = [];
      for (const partial of partials) {
        try {
          await dropPartial({ host, zfs }, partial, signal);
          dropped.push(partial);
        } catch (error) {
          tell(error);
        }
      }
      const left = dropped.length === 0 ? [] : await listLeft({ host, zfs }, signal).catch(tell);
      for (const { dataset, token, tag } of dropped) {
        if (left?.some(({ name, resumeToken }) => name === dataset && resumeToken === token) === true) {
          const message = `${host.name}: zfs receive -A ended well, and ${dataset} still has what arrived`;
          tell(new ZfsVmError('failed', message));
        } else {
          stdout.write(`dropped ${formatTagShort(tag)} at ${dataset}\n`);
        }
      }
      return exitCodeOfAll(errors);
    });
  }
}

/** @throws ZfsVmError when it fails, or can't be begun */
async function dropPartial(endpoint: Endpoint, partial: Partial, signal: AbortSignal): Promise<void> {
  const result = await abortReceive(endpoint, partial, signal);
  signal.throwIfAborted();
  if (isSuccess(result.exit)) return;
  throw toCommandError(endpoint.host.name, `zfs receive -A ${partial.dataset}`, result);
}

async function listLeft(endpoint: Endpoint, signal: AbortSignal): Promise<readonly DatasetRow[]> {
  return (await readDatasets(endpoint, signal)).rows;
}

/** An interrupted receive of a version. */
interface Partial {
  readonly dataset: string;
  readonly token: string;
  readonly tag: Tag;
}

function findPartials({ rows, tokens }: DatasetList, patterns: readonly VersionPattern[]): Partial[] {
  return rows.flatMap(({ name, resumeToken: token = '' }) => {
    const { toName } = tokens.get(token) ?? {};
    const tag = findTagIn(toName ?? '');
    if (tag === undefined) return [];
    return isChosenTag(patterns, tag) ? [{ dataset: name, token, tag }] : [];
  });
}
