import type { Writable } from 'node:stream';
import { Command, Option } from 'clipanion';
import { resolveHosts } from '../config/config.js';
import { durationForm, parseDuration } from '../base/duration.js';
import { exitCodeOfAll, exitCodes, ZfsVmError } from '../base/errors.js';
import { chooseColors } from '../report/terminal/colors.js';
import { formatError } from '../report/error-text.js';
import { checkCodes, checkStatus, failCheck, type CheckResult } from '../report/status/status-check.js';
import { formatStatusAsJson } from '../report/status/status-json.js';
import { formatStatusForPrometheus } from '../report/status/status-prometheus.js';
import { formatStatusTable } from '../report/status/status-table.js';
import type { Status } from '../report/status/status.js';
import { BaseCommand } from './base-command.js';
import { compareHosts } from './compare-hosts.js';
import { Hosts, localName } from './hosts.js';
import { readPattern } from './patterns.js';

/** Compares this machine with other hosts. */
export class StatusCommand extends BaseCommand {
  static names = [['status']];

  static synopsis = 'status [-n PATTERN]... [OPTION]... [[user@]host]...';

  static optionHelp = [
    ['-n, --name PATTERN', 'only streamlines that fit (debian-7, debian-*); repeatable'],
    ['    --json', 'print JSON (docs/scripting.md)'],
    ['    --check', 'one line and an exit code for monitoring (docs/scripting.md)'],
    ['    --max-age TIME', 'with --check: how old the newest version of a host may be, e.g. 26h'],
    ['    --prometheus', 'print metrics in the text format of Prometheus'],
  ] as const;

  static override usage = Command.Usage({
    description: 'show what other hosts have of the versions here',
    details: `
      Compares this machine with each host, or with all remotes of the configuration: the newest version of each streamline, how
      far a host is behind, interrupted receives, and conflicts. It says what a push would do, and changes nothing.
    `,
    examples: [
      ['Show how all remotes of the configuration stand', '$0 status'],
      ['Show how one host stands, with sudo there', '$0 -s status fjoe@remote-host'],
      ['Fail when a remote has no version of the last 26 hours', '$0 status --check --max-age 26h backup'],
      ['Metrics for the textfile collector of node_exporter', '$0 status --prometheus'],
    ],
  });

  names = Option.Array('-n,--name', []);

  json = Option.Boolean('--json', false);

  check = Option.Boolean('--check', false);

  maxAge = Option.String('--max-age');

  prometheus = Option.Boolean('--prometheus', false);

  hosts = Option.Rest({ name: '[user@]host' });

  async execute(): Promise<number> {
    const { stdout, stderr, env } = this.context;
    if (this.check) return tellCheck(await this.#runCheck(), stdout);
    this.#readMaxAge();
    const status = await this.#compare();
    if (this.prometheus) {
      stdout.write(formatStatusForPrometheus(status, localName));
      return exitCodes.done;
    }
    if (this.json) {
      stdout.write(formatStatusAsJson(status));
      return statusOf(status);
    }
    if (status.newest.length === 0) stderr.write(`${localName} has no zfs-vm versions\n`);
    stdout.write(formatStatusTable(status, localName, chooseColors(stdout, env)));
    for (const host of status.hosts) {
      if (host.kind === 'compared') continue;
      const error = host.error.withDetail(`so ${host.host} wasn't compared`);
      stderr.write(formatError(error, chooseColors(stderr, env), { debug: this.debug }));
    }
    return statusOf(status);
  }

  /** @throws ZfsVmError `usage` for options that don't go together, too */
  #readMaxAge(): number | undefined {
    if ([this.json, this.check, this.prometheus].filter(Boolean).length > 1) {
      throw new ZfsVmError('usage', '--json, --check and --prometheus are three ways to print a status', {
        hint: 'name one of them',
      });
    }
    if (this.maxAge === undefined) return undefined;
    if (!this.check) throw new ZfsVmError('usage', '--max-age goes with --check', { hint: 'add --check' });
    const seconds = parseDuration(this.maxAge);
    if (seconds !== undefined) return seconds;
    throw new ZfsVmError('usage', `--max-age ${JSON.stringify(this.maxAge)} is not a time`, {
      hint: `write ${durationForm}`,
    });
  }

  async #compare(): Promise<Status> {
    const { surroundings, signal } = this.context;
    const choice = { patterns: this.names.map(readPattern), latest: false, allSnapshots: false };
    const config = await this.readConfig();
    const names = this.hosts.length > 0 ? resolveHosts(config, this.hosts) : [...config.remotes.keys()];
    if (names.length === 0) {
      throw new ZfsVmError('usage', 'there is no host to compare this machine with', {
        hint: 'name one, or write remotes into the configuration (docs/usage.md)',
      });
    }
    if (names.includes(localName)) {
      throw new ZfsVmError('usage', 'this machine is what the hosts are compared with', {
        hint: `leave out ${localName}`,
      });
    }
    return Hosts.use(this, (hosts) =>
      compareHosts({
        ...{ hosts, names, choice, signal, remotes: config.remotes, wantsSizes: !this.check },
        dateMs: surroundings.clock.dateMs,
      }),
    );
  }

  /** What goes wrong is a result of a check, too, so that monitoring doesn't take its exit code for another. */
  async #runCheck(): Promise<CheckResult> {
    try {
      const maxAgeSeconds = this.#readMaxAge();
      return checkStatus(await this.#compare(), maxAgeSeconds);
    } catch (error) {
      if (!(error instanceof ZfsVmError) || error.kind === 'interrupted') throw error;
      return failCheck(error.message);
    }
  }
}

/** Prints what a check came to. @returns the status that monitoring knows it by */
export function tellCheck({ level, text }: CheckResult, stdout: Writable): number {
  stdout.write(text);
  return checkCodes[level];
}

/** As of a push to each: what failed, then what can't be reached, then conflicts. */
function statusOf({ hosts }: Status): number {
  const errors = hosts.flatMap((host) => (host.kind === 'failed' ? [host.error] : []));
  if (errors.length > 0) return exitCodeOfAll(errors);
  const hasConflicts = hosts.some(
    (host) => host.kind === 'compared' && host.streamlines.some(({ conflicts }) => conflicts.length > 0),
  );
  return hasConflicts ? exitCodes.conflict : exitCodes.done;
}
