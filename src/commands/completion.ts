import { exitCodes, ZfsVmError } from '../base/errors.js';
import { didYouMean } from '../base/similar.js';
import { writeAll } from '../base/write-all.js';
import { defineCommand, operand } from '../command-line/command-definition.js';
import { describeCommand, describeGlobalOptions } from '../command-line/describe-command.js';
import { formatBashCompletion } from '../completion/bash.js';
import { formatFishCompletion } from '../completion/fish.js';
import { completedShells } from '../completion/words.js';
import { formatZshCompletion } from '../completion/zsh.js';
import { BaseCommand } from './base-command.js';

const formats = { bash: formatBashCompletion, zsh: formatZshCompletion, fish: formatFishCompletion };

/** Prints a completion script. */
export class CompletionCommand extends BaseCommand<typeof CompletionCommand.definition> {
  static readonly definition = defineCommand({
    names: [['completion']],
    description: 'print the completion script of a shell',
    details: `
      Prints a script that completes commands, options, hosts of the configuration, and the datasets, streamlines and
      versions of this machine. The script calls "zfs-vm completion values", which connects to no host. The Debian
      package installs all three scripts.
    `,
    examples: [
      ['Load it in bash, e.g. in ~/.bashrc', 'completion bash'],
      ['Load it in zsh, as a file _zfs-vm in a folder of $fpath', 'completion zsh'],
      ['Load it in fish, as ~/.config/fish/completions/zfs-vm.fish', 'completion fish'],
    ],
    options: {},
    operands: {
      shell: operand({
        ...{ name: completedShells.join('|'), kind: 'choice', choices: completedShells },
        read: readShell,
      }),
    },
  });

  async execute(): Promise<number> {
    const { stdout, signal } = this.context;
    // Only when it runs: this command is in that list, too.
    const { commandClasses } = await import('./all-commands.js');
    const commands = commandClasses.map(({ definition }) => describeCommand(definition));
    await writeAll(stdout, formats[this.args.shell](commands, describeGlobalOptions()), signal);
    return exitCodes.done;
  }
}

/** @throws ZfsVmError `usage` for a shell that has no completions */
function readShell(text: string): keyof typeof formats {
  const shell = completedShells.find((each) => each === text);
  if (shell !== undefined) return shell;
  throw new ZfsVmError(
    'usage',
    `no completion script for ${JSON.stringify(text)}; scripts exist for ${completedShells.join(', ')}${didYouMean(text, completedShells)}`,
    { hint: 'zfs-vm completion bash' },
  );
}
