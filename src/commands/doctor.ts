import { exitCodes } from '../base/errors.js';
import { defineCommand, optionalHostOperand } from '../command-line/command-definition.js';
import { oneOf } from '../command-line/choices.js';
import { flag, readText, value } from '../command-line/option.js';
import { destinationOption } from '../command-line/transfer-options.js';
import { formatFindings, formatFindingsAsJson } from '../report/doctor/doctor-report.js';
import { formatGrant } from '../report/doctor/grant-text.js';
import { formatCount } from '../report/quantities.js';
import { chooseColors, findWidth } from '../report/terminal/colors.js';
import { doctor, type DoctorResult } from '../tasks/doctor/doctor.js';
import { clean } from '../tasks/doctor/clean.js';
import { findGrant } from '../tasks/doctor/find-grant.js';
import { grantRoles } from '../tasks/doctor/grant.js';
import { BaseCommand } from './base-command.js';

const besideClean = {
  option: '--clean',
  describeFault: (names: readonly string[]) => `${names.join(', ')} needs --clean`,
  hint: 'add --clean',
};

const besideGrant = {
  option: '--grant',
  describeFault: (names: readonly string[]) => `${names.join(', ')} needs --grant`,
  hint: `add --grant ROLE: ${grantRoles.join(', ')}`,
};

/** Examines a host. */
export class DoctorCommand extends BaseCommand<typeof DoctorCommand.definition> {
  static readonly definition = defineCommand({
    names: [['doctor']],
    description: 'examine a host, and say what is wrong and what to do',
    details: `
      Examines a host, or this machine, by non-destructive checks: connection and host key, login shell, zfs and its version, pools
      (health, features, space, quotas), the rights that each kind of command needs and how to grant what is missing, sudo,
      zstd, the clock, locks, and what earlier runs have left. Nothing is changed without --clean. One line a finding: \`ok\`, \`note\`,
      \`warning\` (works, but not as well as it could) or \`fault\` (commands fail), with what to do.
      The exit status is 0 when there is no warning and no fault, 4 when the host cannot be reached, otherwise 1.
    `,
    examples: [
      ['Examine this machine', 'doctor'],
      ['Examine another host, with sudo there', '-s doctor fjoe@remote-host'],
      ['Examine it as a receiver of new datasets under tank/vm', 'doctor -d tank/vm fjoe@remote-host'],
      ['Remove what earlier runs have left there', '-s doctor --clean fjoe@remote-host'],
      [
        'Print what lets zed receive under tank/vm there',
        'doctor --grant receiver --user zed -d tank/vm root@remote-host',
      ],
    ],
    options: {
      destination: destinationOption('there'),
      clean: flag(
        ['--clean'],
        'remove what earlier runs have left, and old bookmarks; show it first, and ask',
      ),
      yes: { ...flag(['--yes'], 'do not ask'), needs: besideClean },
      grant: value(['--grant'], {
        ...{ value: 'ROLE', kind: 'choice', choices: grantRoles, read: oneOf(grantRoles) },
        help: 'only print the "zfs allow" lines for a role, with the OpenZFS that is there',
      }),
      user: {
        ...value(['--user'], {
          value: 'NAME',
          kind: 'note',
          help: 'user to grant the rights to',
          read: readText,
        }),
        needs: besideGrant,
      },
      speed: flag(['--speed'], 'also measure the link: 5 s each way at most'),
      json: flag(['--json'], 'print JSON (docs/reference/json.md)'),
    },
    operands: { host: optionalHostOperand },
  });

  async execute(): Promise<number> {
    const { host, destination, grant, user, json, speed } = this.args;
    const { stdout, env } = this.context;
    if (grant !== undefined) {
      const request = { host, role: grant, user, dataset: destination };
      stdout.write(formatGrant(await findGrant(request, await this.surround())));
      return exitCodes.done;
    }
    if (this.args.clean) await this.#clean();
    const result = await doctor({ host, destination, measuresSpeed: speed }, await this.surround());
    stdout.write(
      json
        ? formatFindingsAsJson(result)
        : formatFindings(result, { colors: chooseColors(stdout, env), width: findWidth(stdout) }),
    );
    return statusOf(result);
  }

  /** What can't be removed is told, and found again. */
  async #clean(): Promise<void> {
    const { host, yes } = this.args;
    const result = await clean({ host }, await this.surround({ isConfirmed: yes }));
    const { stderr } = this.context;
    stderr.write(`${formatCount(result.removed.length, 'leftover')} removed on ${result.host}\n`);
    for (const failure of result.failures) this.complain(failure);
  }
}

function statusOf({ findings }: DoctorResult): number {
  if (findings.some(({ kind }) => kind === 'unreachable')) return exitCodes.connection;
  const isWell = findings.every(({ level }) => level === 'ok' || level === 'note');
  return isWell ? exitCodes.done : exitCodes.failed;
}
