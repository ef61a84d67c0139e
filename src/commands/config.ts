import { exitCodes, ZfsVmError } from '../base/errors.js';
import { quoteCommand } from '../base/shell.js';
import { defineCommand, operand, optionalOperand } from '../command-line/command-definition.js';
import { describeUnreadable } from '../command-line/config-file.js';
import { exampleConfig } from '../config/example.js';
import { resolveRemote } from '../config/resolve-remote.js';
import { didYouMean } from '../base/similar.js';
import { formatConfig, formatRemote } from '../report/config/config-text.js';
import { formatCount } from '../report/quantities.js';
import { BaseCommand } from './base-command.js';

const actions = ['init', 'check', 'show'] as const;

/** Makes, checks and shows the configuration file. */
export class ConfigCommand extends BaseCommand<typeof ConfigCommand.definition> {
  static readonly definition = defineCommand({
    names: [['config']],
    description: 'create, check or show the configuration file',
    details: `
      \`config init\` writes an example to the configuration file, all of it in comments. It never overwrites a file.

      \`config check\` reports each fault of the file with its line, and changes nothing.

      \`config show\` prints the effective configuration, with defaults filled in: how each remote is reached, where a push puts new datasets, and
      which versions prune and sync keep. With REMOTE, only that remote.

      The file is ~/.config/zfs-vm/config.toml (in $XDG_CONFIG_HOME/zfs-vm if that is set), or the one that \`--config\` names.
    `,
    examples: [
      ['Write an example to begin with', 'config init'],
      ['Check the file', 'config check'],
      ['Show what applies to one remote', 'config show backup'],
    ],
    options: {},
    operands: {
      action: operand({ name: actions.join('|'), kind: 'choice', choices: actions, read: readAction }),
      remote: optionalOperand({ name: 'REMOTE', kind: 'host', read: (text) => text }),
    },
  });

  async execute(): Promise<number> {
    const { action, remote } = this.args;
    if (action !== 'show' && remote !== undefined) {
      throw new ZfsVmError('usage', `unexpected argument ${JSON.stringify(remote)}`, {
        hint: quoteCommand(['zfs-vm', 'config', action]),
      });
    }
    switch (action) {
      case 'init':
        return this.#init();
      case 'check':
        return this.#check();
      case 'show':
        return this.#show(remote);
    }
  }

  get #path(): string {
    return this.args.configFile ?? this.context.configFiles.usualPath;
  }

  async #init(): Promise<number> {
    const { configFiles, stdout } = this.context;
    const path = this.#path;
    if (!(await configFiles.create(path, exampleConfig))) {
      throw new ZfsVmError('usage', `${path} exists already; nothing was written`, {
        hint: `edit it, and run "zfs-vm config check"`,
      });
    }
    stdout.write(`created ${path}\nedit it, then check it with: ${this.#commandLine('check')}\n`);
    return exitCodes.done;
  }

  async #check(): Promise<number> {
    const { stdout, stderr } = this.context;
    const text = await this.#readText();
    // Only here: most runs need no parser.
    const { findConfigFaults, parseConfig } = await import('../config/parse-config.js');
    const faults = findConfigFaults(text);
    for (const { line, message } of faults) stderr.write(`${this.#path}:${line}: ${message}\n`);
    if (faults.length > 0) {
      stderr.write(`${formatCount(faults.length, 'fault')}\n`);
      return exitCodes.usage;
    }
    const { remotes, groups, retentions } = parseConfig(text, this.#path);
    const counts = [
      formatCount(remotes.size, 'remote'),
      formatCount(groups.size, 'group'),
      formatCount(retentions.length, 'retention'),
    ];
    stdout.write(`${this.#path}: no faults; ${counts.join(', ')}\n`);
    return exitCodes.done;
  }

  async #show(name: string | undefined): Promise<number> {
    const { stdout, configFiles } = this.context;
    const config = await this.readConfig();
    if (name !== undefined) {
      if (!config.remotes.has(name)) throw describeUnknownRemote(name, [...config.remotes.keys()]);
      stdout.write(formatRemote(resolveRemote(config, name), config));
      return exitCodes.done;
    }
    const isThere = (await configFiles.read(this.#path)) !== undefined;
    stdout.write(`configuration file: ${this.#path}${isThere ? '' : ' (does not exist)'}\n\n`);
    stdout.write(formatConfig(config));
    return exitCodes.done;
  }

  /** @throws ZfsVmError `usage` when there is no file, or it can't be read */
  async #readText(): Promise<string> {
    const path = this.#path;
    const text = await this.context.configFiles.read(path).catch((error: unknown) => {
      throw describeUnreadable(path, error);
    });
    if (text !== undefined) return text;
    throw new ZfsVmError('usage', `no configuration file ${path}`, { hint: this.#commandLine('init') });
  }

  #commandLine(action: string): string {
    const { configFile } = this.args;
    const option = configFile === undefined ? [] : ['--config', configFile];
    return quoteCommand(['zfs-vm', 'config', action, ...option]);
  }
}

function readAction(text: string): (typeof actions)[number] {
  const action = actions.find((each) => each === text);
  if (action !== undefined) return action;
  const what = `config: unknown action ${JSON.stringify(text)}`;
  throw new ZfsVmError('usage', `${what}${didYouMean(text, actions)}`, { hint: 'zfs-vm config --help' });
}

function describeUnknownRemote(name: string, known: readonly string[]): ZfsVmError {
  const what = `no remote ${JSON.stringify(name)} is configured`;
  return new ZfsVmError('usage', `${what}${didYouMean(name, known)}`, {
    hint: known.length === 0 ? 'zfs-vm config init' : `configured remotes: ${known.join(', ')}`,
  });
}
