import type { Writable } from 'node:stream';
import { exitCodeOfAll, exitCodes, ZfsVmError } from '../base/errors.js';
import { toPrintable } from '../base/printable.js';
import { formatWatchScreen, wipeScreen } from '../report/status/watch-screen.js';
import { chooseColors, findWidth, type OutputStream } from '../report/terminal/colors.js';
import { formatError } from '../report/error-text.js';
import { checkCodes, checkStatus, failCheck, type CheckResult } from '../report/status/status-check.js';
import { formatStatusAsJson } from '../report/status/status-json.js';
import { formatStatusForPrometheus } from '../report/status/status-prometheus.js';
import { formatStatusTable } from '../report/status/status-table.js';
import { writeProse } from '../report/terminal/wrap.js';
import type { Status } from '../tasks/status/status-result.js';
import { defineCommand, hostOperands } from '../command-line/command-definition.js';
import { duration, seconds } from '../command-line/numbers.js';
import { flag, onlyBeside, value } from '../command-line/option.js';
import type { Outputs } from '../command-line/run-command-line.js';
import { BaseCommand } from './base-command.js';
import { patternsOption } from '../command-line/patterns.js';
import { localName } from '../base/local-name.js';
import { status } from '../tasks/status/status.js';

/** What is wrong where the age counts for nothing. */
const besideCheck = {
  option: '--check',
  describeFault: (names: readonly string[]) => `${names.join(', ')} requires --check`,
  hint: 'add --check',
};

/** What is wrong where nothing is shown again. */
const besideWatch = {
  option: '--watch',
  describeFault: (names: readonly string[]) => `${names.join(', ')} requires --watch`,
  hint: 'add --watch',
};

/** How long it is between two looks, unless the person says otherwise. */
const usualIntervalMs = 30_000;

/** Compares this machine with other hosts. */
export class StatusCommand extends BaseCommand<typeof StatusCommand.definition> {
  static readonly definition = defineCommand({
    names: [['status']],
    description: 'show how far behind other hosts are',
    details: `
      Compares this machine with the given hosts, or with all configured remotes: the newest version of each streamline, how
      far each host is behind, interrupted receives, and conflicts. It shows what a push would do and changes nothing.
    `,
    examples: [
      ['Compare with all configured remotes', 'status'],
      ['Compare with one host, using sudo there', '-s status fjoe@remote-host'],
      [
        'Fail if the newest version on a remote is older than 26 hours',
        'status --check --max-age 26h backup',
      ],
      ['Show the status of all remotes continuously', 'status --watch'],
      ['Print metrics for the textfile collector of node_exporter', 'status --prometheus'],
    ],
    options: {
      patterns: patternsOption('only matching streamlines (debian-7, debian-*)'),
      json: flag(['--json'], 'print JSON'),
      check: flag(['--check'], 'print one line and set an exit code for monitoring'),
      ...onlyBeside(besideCheck, {
        maxAgeSeconds: value(['--max-age'], {
          ...{ value: 'TIME', kind: 'duration', read: duration('a time') },
          help: 'maximum age of the newest version on each host, e.g. 26h',
        }),
      }),
      watch: flag(['--watch'], 'update the status in the terminal until Ctrl-C'),
      ...onlyBeside(besideWatch, {
        intervalMs: value(['--interval'], {
          ...{ value: 'SECONDS', kind: 'number', read: seconds({ least: 1, example: 30 }) },
          help: 'seconds between updates (30)',
        }),
      }),
      prometheus: flag(['--prometheus'], 'print metrics in the Prometheus text format'),
    },
    operands: { hosts: hostOperands({ isRequired: false }) },
    inSynopsis: ['patterns'],
  });

  /** Monitoring would take the status of a usage error for that of something critical. */
  static tellFault(error: ZfsVmError, words: readonly string[], { stdout }: Outputs): number | undefined {
    return words.includes('--check') ? tellCheck(failCheck(error.message), stdout) : undefined;
  }

  async execute(): Promise<number> {
    const { stdout, stderr, env } = this.context;
    const { check, prometheus, json } = this.args;
    if (check) return tellCheck(await this.#runCheck(), stdout);
    this.#checkForms();
    if (this.args.watch) return this.#watch();
    const compared = await this.#compare();
    if (prometheus) {
      stdout.write(formatStatusForPrometheus(compared, localName));
      return exitCodes.done;
    }
    if (json) {
      stdout.write(formatStatusAsJson(compared));
      return statusOf(compared);
    }
    if (compared.newest.length === 0) stderr.write('no versions on this machine\n');
    stdout.write(formatStatusTable(compared, localName, chooseColors(stdout, env), findWidth(stdout)));
    for (const host of compared.hosts) {
      if (host.kind === 'compared') continue;
      const error = host.error.withDetail(`${host.host} was not compared`);
      writeProse(stderr, formatError(error, chooseColors(stderr, env), { debug: this.debug }));
    }
    return statusOf(compared);
  }

  /** Shows the table again and again, as large as the terminal. @throws the signal's reason when the person ends it */
  async #watch(): Promise<number> {
    const { stdout, signal, platform } = this.context;
    const { intervalMs = usualIntervalMs } = this.args;
    if (findWidth(stdout) === undefined) {
      throw new ZfsVmError('usage', '--watch needs a terminal', { hint: 'omit --watch, or use --json' });
    }
    const plain = chooseColors(stdout, { NO_COLOR: '1' });
    stdout.write(wipeScreen);
    for (;;) {
      const compared = await this.#compare();
      const { columns = 80, rows = 24 } = stdout as OutputStream;
      const time = new Date(compared.atSeconds * 1000).toISOString().slice(11, 19);
      const title = `zfs-vm status at ${time} UTC, every ${intervalMs / 1000} s; Ctrl-C ends`;
      const table = formatStatusTable(compared, localName, plain, columns - 1)
        .trimEnd()
        .split('\n');
      const errors = compared.hosts.flatMap((host) =>
        host.kind === 'failed' ? [`${host.host}: ${toPrintable(host.error.message)}`] : [],
      );
      stdout.write(formatWatchScreen(title, [...table, ...errors], { columns, rows }));
      await platform.clock.sleep(intervalMs, signal);
    }
  }

  /** @throws ZfsVmError `usage` for options that don't go together */
  #checkForms(): void {
    const { watch } = this.args;
    if (watch && (this.args.json || this.args.check || this.args.prometheus)) {
      throw new ZfsVmError('usage', '--watch does not go with --json, --check or --prometheus', {
        hint: 'use one of them',
      });
    }
    const { json, check, prometheus } = this.args;
    if ([json, check, prometheus].filter(Boolean).length > 1) {
      throw new ZfsVmError('usage', '--json, --check and --prometheus exclude each other', {
        hint: 'use one of them',
      });
    }
  }

  async #compare(): Promise<Status> {
    const { hosts, patterns, check } = this.args;
    return status({ hosts, patterns, wantsSizes: !check }, await this.surround());
  }

  /** What goes wrong is a result of a check, too, so that monitoring doesn't take its exit code for another. */
  async #runCheck(): Promise<CheckResult> {
    try {
      this.#checkForms();
      return checkStatus(await this.#compare(), this.args.maxAgeSeconds);
    } catch (error) {
      if (!(error instanceof ZfsVmError) || error.kind === 'interrupted') throw error;
      return failCheck(error.message);
    }
  }
}

/** Prints what a check came to. @returns the status that monitoring knows it by */
function tellCheck({ level, text }: CheckResult, stdout: Writable): number {
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
