import { ZfsVmError } from '../../base/errors.js';
import { quoteCommand } from '../../base/shell.js';
import { isGateCommand } from '../../requests/protocol.js';

/*
 * sshd hands the command line to the account's login shell, and that may be sh, bash, zsh, csh, tcsh or fish. Only little
 * means the same in all of them: plain words, and single quotes around printable ASCII without quote, backslash and `!`.
 * (In csh a newline ends a quoted word and `!` recalls history even there; fish takes `\\` and `\'` for escapes.)
 * So that subset is all we use. It starts /bin/sh with a constant script, and anything else travels as the octal
 * escapes of printf's %b, which that script decodes: `\0` and three digits stay as they are in all shells' single quotes.
 */

// What commands say is read by us: they are to say it in English.
const prepare = 'PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"; LC_ALL=C; export PATH LC_ALL';
const runWords = `${prepare}; exec "$@"`;
const decodeAndRun = `${prepare}; words=$(printf %b "$1"); eval "set -- $words"; exec "$@"`;

/** Linux refuses to start a program with a longer argument (MAX_ARG_STRLEN), and the login shell gets it all as one. */
const maxCommandBytes = 131_071;

/**
 * The command line that makes any usual login shell run `argv`, every word arriving as it is; the sbin folders are
 * appended to PATH, and the command takes the place of the shells, so that a signal sent to the session reaches it.
 * @throws ZfsVmError `failed` for words that can't be arguments (with NUL, or not valid Unicode), or far too many.
 */
export function toRemoteCommand(argv: readonly string[]): string {
  if (argv.length === 0) throw new ZfsVmError('failed', 'no command to run');

  const broken = argv.find((word) => word.includes('\0') || Buffer.from(word).toString() !== word);
  if (broken !== undefined) {
    throw new ZfsVmError('failed', `${JSON.stringify(broken)} cannot be an argument of a command`);
  }

  if (isGateCommand(argv)) return checkLength(argv, argv.join(' '));
  const command = argv.every(isSafeInQuotes)
    ? `exec /bin/sh -c '${runWords}' sh ${argv.map(quoteSafe).join(' ')}`
    : `exec /bin/sh -c '${decodeAndRun}' sh '${escapeOctal(quoteCommand(argv))}'`;
  return checkLength(argv, command);
}

function checkLength(argv: readonly string[], command: string): string {
  if (Buffer.byteLength(command) > maxCommandBytes) {
    throw new ZfsVmError('failed', `the command line of ${argv[0] ?? ''} is too long for a remote shell`);
  }

  return command;
}

function isSafeInQuotes(word: string): boolean {
  return /^[ -~]*$/.test(word) && !/['\\!]/.test(word);
}

function quoteSafe(word: string): string {
  // zsh looks up `=word`; the other characters mean nothing to any shell.
  return /^[A-Za-z0-9_./:@,+-][A-Za-z0-9_./:@,+=-]*$/.test(word) ? word : `'${word}'`;
}

function escapeOctal(text: string): string {
  let escaped = '';
  for (const byte of Buffer.from(text)) {
    const char = String.fromCharCode(byte);
    escaped += isSafeInQuotes(char) ? char : `\\0${byte.toString(8).padStart(3, '0')}`;
  }
  return escaped;
}
