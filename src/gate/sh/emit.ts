import { toPrintable } from '../../base/printable.js';
import { quoteCommand, quoteWord } from '../../base/shell.js';
import { arrivedMark, protocolName } from '../../requests/protocol.js';
import { formatRefusal, notARequest, refusedStatus } from '../../requests/refusal.js';
import { explainPolicy } from '../explain.js';
import { logWords } from '../log.js';
import type { Policy } from '../policy.js';
import { answersOf, callsFunction, nothingFunction } from './answers.js';
import { allowedKinds, readerProgram } from './reader.js';
import { limitFunctions, receiveFunctions, sendFunctions, streamProgram } from './streams.js';

/** How the gate calls zfs, and who it is for. */
export interface EmittedGate {
  readonly policy: Policy;
  /** The words that call zfs. */
  readonly zfs: readonly string[];
  /** Where programs are looked up. */
  readonly path: string;
  /** What the client is called in the log. */
  readonly client: string;
  /** The version of the program that writes it. */
  readonly version: string;
}

/**
 * The gate as a script for any POSIX shell, for a host without Node.js: what it lets through is fixed in it. Nothing of what a client says is read
 * by the shell as a command: awk takes it apart and decides, and each value reaches zfs as a word of its own.
 */
export function emitGate({ policy, zfs, path, client, version }: EmittedGate): string {
  const kinds = allowedKinds(policy);
  const { functions, branches } = answersOf(kinds, policy);
  return `#!/bin/sh
# A gate of zfs-vm, as the command of a key in authorized_keys: docs/security.md. Written by zfs-vm ${version} with "zfs-vm gate --emit-sh";
# to change what it lets through, write it anew.
#
${explainPolicy(policy, true)
  .map((line) => `# ${toPrintable(line)}`)
  .join('\n')}

# Nothing of what a client has put into the environment is passed on.
if [ "\${1-}" != serve ]; then
  PATH=${quoteWord(path)}
  export PATH
  exec env -i "PATH=$PATH" "HOME=\${HOME-/}" LC_ALL=C "request=\${SSH_ORIGINAL_COMMAND-}" \\
    "asked=\${SSH_ORIGINAL_COMMAND-a shell}" "from=\${SSH_CONNECTION-unknown}" "$0" serve
fi
set -f
newline='
'
# What the client sends, and what it hears of the gate.
exec 3<&0 5>&2 </dev/null

# Decides what may pass: the grammar of requests, and the policy.
reader=${quoteWord(readerProgram(policy))}

# Looks at how a stream begins.
look=${quoteWord(streamProgram(policy))}

# Refuses what was asked for: with a line for the client, and one for the log.
refuse() {
  case $request in
    ${protocolName}*) echo "${formatRefusal('$1')}" >&5 ;;
    *) echo '${notARequest}' >&5 ;;
  esac
  line=$(reason=$1 client=${quoteWord(client)} user=$(id -un) awk 'BEGIN {
    sub(/ .*/, "", ENVIRON["from"])
    what = substr(ENVIRON["asked"], 1, 300)
    gsub(/[^ -~]+/, " ", what)
    print "refused: client " ENVIRON["client"] ", " ENVIRON["user"] " from " ENVIRON["from"] ": " what ": " ENVIRON["reason"]
  }')
  ${quoteCommand(logWords)} "$line" </dev/null >/dev/null 2>&1
  exit ${refusedStatus}
}

# Answers a request that has a body, when all of it was looked at, by a function that reads it. A second function answers where something was left out.
with_body() {
  body_of=$1 answer=$2
  shift 2
  # What stands behind everything shows that the last line was whole.
  { tr '\\000' '?' <&3; echo x; } | mode=body kind=$body_of awk "$reader" | {
    IFS= read -r verdict
    case $verdict in
      ok) "\${answer% *}" "$@" ;;
      'ok all') "\${answer#* }" "$@" ;;
      none) about_nothing ;;
      'refused '*) refuse "\${verdict#refused }" ;;
      *) refuse 'a body that cannot be looked at' ;;
    esac
  }
}
${nothingFunction}${callsFunction}
${functions.join('\n\n')}
${policy.allow.has('send') ? sendFunctions(policy) : ''}
${policy.allow.has('receive') ? `${receiveFunctions()}\n${limitFunctions(policy)}` : ''}
# Does what was asked for, which is let through.
serve() {
  asked_for=$1
  set -- ${quoteCommand(zfs)}
  case $asked_for in
${branches.map((line) => `    ${line}`).join('\n')}
    *) refuse 'a request that is not answered here' ;;
  esac
}

case $request in
  ${protocolName}*) ;;
  *) refuse 'not a request of zfs-vm' ;;
esac
announced=
case $request in *' announce') announced=yes request=\${request% announce} ;; esac
export request
mode=request awk "$reader" | {
  IFS= read -r verdict
  case $verdict in
    'ok '*)
      [ "$announced" = '' ] || printf '\\n${arrivedMark}\\n' >&5
      serve "\${verdict#ok }" ;;
    'refused '*) refuse "\${verdict#refused }" ;;
    *) refuse 'a request that cannot be looked at' ;;
  esac
}
`;
}
