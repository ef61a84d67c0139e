import { exitCodes } from '../base/errors.js';
import { defineCommand, optionalHostOperand } from '../command-line/command-definition.js';
import { flag } from '../command-line/option.js';
import { destinationOption } from '../command-line/transfer-options.js';
import { formatFindings, formatFindingsAsJson } from '../report/doctor/doctor-report.js';
import { chooseColors } from '../report/terminal/colors.js';
import { doctor, type DoctorResult } from '../tasks/doctor/doctor.js';
import { BaseCommand } from './base-command.js';

/** Examines a host. */
export class DoctorCommand extends BaseCommand<typeof DoctorCommand.definition> {
  static readonly definition = defineCommand({
    names: [['doctor']],
    description: 'examine a host, and say what is wrong and what to do',
    details: `
      Examines a host, or this machine, by harmless tries: connection and host key, login shell, zfs and its version, pools
      (health, features, space, quotas), the rights that each kind of command needs and how to grant what is missing, sudo,
      zstd, the clock, locks, and what earlier runs have left. Nothing is changed. One line a finding: \`ok\`, \`note\`,
      \`warning\` (works, but not as well as it could) or \`fault\` (commands fail), with what to do.
      The exit status is 0 when there is no warning and no fault, 4 when the host cannot be reached, otherwise 1.
    `,
    examples: [
      ['Examine this machine', 'doctor'],
      ['Examine another host, with sudo there', '-s doctor fjoe@remote-host'],
      ['Examine it as a receiver of new datasets under tank/vm', 'doctor -d tank/vm fjoe@remote-host'],
    ],
    options: {
      destination: destinationOption('there'),
      json: flag(['--json'], 'print JSON (docs/scripting.md)'),
    },
    operands: { host: optionalHostOperand },
  });

  async execute(): Promise<number> {
    const { host, destination, json } = this.args;
    const { stdout, env } = this.context;
    const result = await doctor({ host, destination }, await this.surround());
    stdout.write(json ? formatFindingsAsJson(result) : formatFindings(result, chooseColors(stdout, env)));
    return statusOf(result);
  }
}

function statusOf({ findings }: DoctorResult): number {
  if (findings.some(({ kind }) => kind === 'unreachable')) return exitCodes.connection;
  const isWell = findings.every(({ level }) => level === 'ok' || level === 'note');
  return isWell ? exitCodes.done : exitCodes.failed;
}
