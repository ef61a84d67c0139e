import { ZfsVmError } from '../../base/errors.js';
import { printBeginMark } from '../../base/mark-lines.js';
import { toPrintable } from '../../base/printable.js';
import { wantsPassword } from '../../zfs/failure.js';
import { toCommandError } from '../command-error.js';
import { isSuccess, type Host } from '../host.js';
import { runCommand, type CommandResult } from '../run-command.js';
import type { Prompter } from '../ssh/prompt.js';
import { servePassword } from './password-server.js';

/** How often a person may answer: as often as sudo asks by default (`passwd_tries`). */
const mostTries = 3;

/** Stands before what the try says, with the program that is there. */
const mark = 'zfs-vm: by';

/** What is tried, since whoever may do anything with zfs may list: sudoers may allow some subcommands only. It takes no time. */
const harmless = 'zfs list -Hp -o name -d 0';

/**
 * Tries what is there, whatever was asked for before (`-k`): sudo may remember a password for less time than a run takes.
 */
const tryOut = ['sudo -n -k', 'doas -n']
  .map((words) => {
    const [program = ''] = words.split(' ');
    const call = `{ ${printBeginMark(`${mark} ${program}`)}; ${words} ${harmless} </dev/null >/dev/null; exit; }`;
    return `command -v ${program} >/dev/null && ${call}`;
  })
  .join('\n');

/** Whom to ask, and how long. */
export interface ElevateOptions {
  readonly prompter: Prompter;
  readonly signal: AbortSignal;
  /** Takes lines about what is done. */
  readonly debug: (line: string) => void;
}

/** The passwords that a person has given, by the host, for as long as there is that person to ask: a run may connect to a host several times. */
const given = new WeakMap<Prompter, Map<string, string>>();

/**
 * Finds out how zfs is run as root on a host: the words that call it. By sudo, or where there is none by doas. A password that sudo wants is
 * asked for once; it goes over stdin, and is tried before it is used.
 * @throws ZfsVmError `connection` where a password is wanted that nobody gives, or a wrong one
 */
export async function elevate(host: Host, options: ElevateOptions): Promise<readonly string[]> {
  const tried = await runCommand(host, ['sh', '-c', tryOut], { signal: options.signal });
  options.signal.throwIfAborted();
  if (tried.exit.kind === 'lost') throw toCommandError(host.name, 'sudo', tried);
  const [, program = 'sudo'] = new RegExp(`^${mark} (sudo|doas)$`, 'm').exec(tried.stdout) ?? [];
  if (program === 'doas') return byDoas(host, tried);
  // What else is wrong with it, the first command will tell.
  if (isSuccess(tried.exit) || !wantsPassword(tried.stderr)) return ['sudo', '-n', 'zfs'];
  options.debug(`${host.name}: sudo requires a password`);
  const password = await findPassword(host, options);
  const { askpass } = await servePassword(host, password, options.signal);
  return ['env', `SUDO_ASKPASS=${askpass}`, 'sudo', '-A', 'zfs'];
}

function byDoas(host: Host, { exit, stderr }: CommandResult): readonly string[] {
  if (isSuccess(exit) || !/^doas: /m.test(stderr)) return ['doas', '-n', 'zfs'];
  throw new ZfsVmError('connection', `${host.name}: doas does not run zfs without a password`, {
    hint: 'allow it in doas.conf ("permit nopass USER as root cmd zfs"): doas reads passwords from a terminal only; or connect as root',
    details: [`it said: ${toPrintable(stderr.trim())}`],
  });
}

/** A password that sudo takes: one that was given before, or as the person says. */
async function findPassword(host: Host, { prompter, signal }: ElevateOptions): Promise<string> {
  const known = given.get(prompter) ?? new Map<string, string>();
  given.set(prompter, known);
  const before = known.get(host.name);
  if (before !== undefined) return before;
  for (let tries = 0; tries < mostTries; tries++) {
    const again = tries === 0 ? '' : 'wrong password\n';
    const question = `${again}${toPrintable(host.name)}: password for sudo: `;
    const answer = await prompter.ask(question, { secret: true, signal });
    signal.throwIfAborted();
    if (answer === undefined) {
      throw new ZfsVmError(
        'connection',
        `${host.name}: sudo requires a password, and there is no terminal to ask on`,
        {
          hint: 'run this at a terminal, let this user run zfs without a password (sudoers: "USER ALL=(root) NOPASSWD: /usr/sbin/zfs"), or connect as root',
        },
      );
    }
    if (await isTaken(host, answer, signal)) {
      known.set(host.name, answer);
      return answer;
    }
  }
  throw new ZfsVmError('connection', `${host.name}: sudo did not accept the password`, {
    hint: 'check which password sudo asks for there: run "sudo -k; sudo zfs version" on that host',
  });
}

/** Whether sudo takes a password: it reads the line from stdin (`-S`), once, as there is no second one. */
async function isTaken(host: Host, password: string, signal: AbortSignal): Promise<boolean> {
  const argv = ['sudo', '-S', '-k', '-p', '', ...harmless.split(' ')];
  const result = await runCommand(host, argv, { input: `${password}\n`, signal });
  signal.throwIfAborted();
  if (result.exit.kind === 'lost') throw toCommandError(host.name, 'sudo', result);
  // With the right one, whatever is wrong is said by zfs, or about what the user may do.
  return !/incorrect password|Sorry, try again|no password was provided|incorrect authentication/i.test(
    result.stderr,
  );
}
