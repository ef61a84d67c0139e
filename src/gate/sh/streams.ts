import { quoteCommand } from '../../base/shell.js';
import { legMark, skipNoise, streamMark, takeFunction } from '../../requests/lane-scripts.js';
import { explainTokenArguments } from '../../zfs/resume-token.js';
import { recordBytes, streamMagic } from '../../zfs/stream-records.js';
import type { Policy } from '../policy.js';
import { versionRule } from './version-rule.js';

/*
 * How the shell gate looks at streams. Each `zfs receive` reads exactly its own single stream from a pipe, so what has to be looked at is how
 * each begins: its first record says what it is, and zfs takes it for nothing else. A package of increments is taken apart: each of its
 * streams is received by a zfs of its own, and the records that hold it together are left out.
 *
 * What was looked at can't be put back into the client's pipe. So a feeder writes it, and then what follows, to a pipe of its own for that zfs. It
 * reads ahead of where the stream ends; what it has read ahead is what the next stream begins with.
 */

/** How much a feeder reads before it looks whether its stream is over: so many reads of so many bytes at most. */
const [feedBytes, feedReads] = [65_536, 16];

/** Ends a loop when dd has read nothing, or told nothing: it tells in a line "0+0 records in", maybe with a warning before. */
const breakAtEnd = `case $newline$told in *"$newline"0+0' '*) break ;; *' records in'*) ;; *) break ;; esac`;

/**
 * The program of awk that looks at the first record of a stream: its bytes are numbers on stdin. It prints how the record can be printed by
 * the shell, and then what it is: `single`, `package`, `end`, or `refused` and why. The variables `type`, `parts`, `isResumed`,
 * `makesFilesystem`, `hasOrigin`, `isNamed`, `order` (of bytes), `place` and `dataset` (of the package) say what it may be.
 */
export function streamProgram(policy: Policy): string {
  return `${versionRule(policy.streamlines)}
${lookProgram}`;
}

const lookProgram = String.raw`
{ for (i = 1; i <= NF; i++) byte[count++] = $i }

END {
  for (i = 0; i < count; i++) text = text (byte[i] == 37 ? "%%" : sprintf("\\%03o", byte[i]))
  found = count < RECORD_BYTES ? "none" : look()
  print (found == "none" ? "" : text)
  print found
  print order
  print dataset
}

# A number of some bytes, in the order of the stream.
function number(at, bytes,  i, result) {
  for (i = 0; i < bytes; i++) result = result * 256 + byte[order == "little" ? at + bytes - 1 - i : at + i]
  return result
}

# The byte of a number of eight that has its bits from this one on.
function bits(at, from) { return byte[order == "little" ? at + from / 8 : at + 7 - from / 8] }

function isBegin() {
  order = "little"
  if (number(0, 4) == 0 && number(8, 8) == MAGIC) return 1
  order = "big"
  return number(0, 4) == 0 && number(8, 8) == MAGIC
}

# The text that begins at a byte and ends before one of 0; what is not in any name is a question mark.
function snapshotName(at,  result) {
  for (; at < RECORD_BYTES && byte[at] != 0; at++)
    result = result (byte[at] > 31 && byte[at] < 127 ? sprintf("%c", byte[at] + 0) : "?")
  return result
}

function look(  known, kind, isNew, isClone, isResuming, name, i, isFull) {
  known = order
  if (!isBegin()) {
    order = known
    if (place != "package" && place != "package-head") return "refused that is not a ZFS stream"
    return number(0, 4) == 5 ? "end" : "refused with a misplaced record"
  }
  if (place == "package-head") return "refused with a misplaced record"
  name = ""
  for (i = 56; i < RECORD_BYTES && byte[i] != 0 && byte[i] != 64; i++) name = name " " byte[i]
  kind = bits(16, 0) % 4
  if (kind != 1) {
    if (place == "package" || parts < 2 || number(4, 4) != 0)
      return "refused of several datasets or with properties, like \"zfs send -R\" and \"-p\""
    # zfs would take an origin from anywhere in the pool.
    if (hasOrigin == "yes") return "refused of several versions, of which one is a clone"
    dataset = name
    return "package"
  }
  if (place == "package" && name != dataset) return "refused of several datasets"
  kind = number(32, 4)
  kind = kind == 2 ? "filesystem" : kind == 3 ? "volume" : "unknown"
  if (kind != type) return "refused of a " kind ", but a " type " was requested"
  isResuming = int(bits(16, 24) / 4) % 2
  isClone = number(36, 4) % 2
  isFull = number(48, 8) == 0
  if (isResumed == "yes" && !isResuming) return "refused that resumes nothing"
  if (isResumed != "yes" && isResuming) return "refused that resumes another one"
  isNew = (isFull || isClone) && !isResuming
  # It must not mount by itself.
  if (isNew && type == "filesystem" && makesFilesystem != "yes")
    return "refused that makes a filesystem, where none was asked for"
  if (isClone && hasOrigin != "yes" && isResumed != "yes")
    return "refused that creates a clone, but none was requested"
  if (isNamed != "yes" && !isVersion(snapshotName(i + 1))) return "refused that brings what is not let through (--streamline)"
  return "single"
}
`
  .replaceAll('RECORD_BYTES', String(recordBytes))
  .replaceAll('MAGIC', String(streamMagic));

/**
 * The shell functions that receive the streams of a lane. They read the legs from stdin, as the reader tells them; the client's bytes are at 3,
 * what the client hears of the gate is at 5. They use a folder for pipes (`$place`), and call `refuse`.
 * @param words the words that call zfs
 */
export function receiveFunctions(): string {
  return `
# Receives the streams of a lane, one after another, and prints how each ended.
receive_lane() {
  IFS= read -r has_noise
  if [ "$has_noise" ]; then ${skipNoise} <&3; fi
  exec 4</dev/null
  leg_number=0
  while IFS= read -r type; do
    IFS= read -r parts; IFS= read -r is_resumed; IFS= read -r makes_filesystem; IFS= read -r has_origin; IFS= read -r is_named
    receive_leg "$@" || exit
    leg_number=$((leg_number + 1))
  done
}

# The words of a leg stand on a line each, up to an empty one.
receive_leg() {
  while IFS= read -r word && [ "$word" ]; do set -- "$@" "$word"; done
  take "$leg_number" receive_stream "$@"
}

${takeFunction('exit $status')}

# Receives a stream, or a package of them, with the zfs that is called so.
receive_stream() {
  order=little; begun=0; dataset=
  look before
  case $found in
    package)
      look package-head
      while look package; do
        [ "$found" != end ] || return 0
        begun=$((begun + 1))
        [ "$begun" -le "$parts" ] || refuse "a stream of more versions than $parts"
        feed_to "$@" || return
      done ;;
    *) feed_to "$@" ;;
  esac
}

# Looks at the next record: what it is goes to $found, and how it is printed to $record.
look() {
  where=$1
  bytes=$(dd bs=1 count=${recordBytes} <&4 2>/dev/null | od -An -v -tu1)
  set -- $bytes
  if [ $# -lt ${recordBytes} ]; then
    # What was read ahead ends here, and its feeder is over.
    bytes="$* $(dd bs=1 count=$((${recordBytes} - $#)) <&3 2>/dev/null | od -An -v -tu1)"
  fi
  found=$(echo "$bytes" | awk -v place="$where" -v type="$type" -v parts="$parts" -v isResumed="$is_resumed" \\
    -v makesFilesystem="$makes_filesystem" -v hasOrigin="$has_origin" -v isNamed="$is_named" -v order="$order" \\
    -v dataset="$dataset" "$look")
  record=\${found%%"$newline"*}; found=\${found#*"$newline"}
  dataset=\${found##*"$newline"}; found=\${found%"$newline"*}
  order=\${found##*"$newline"}; found=\${found%%"$newline"*}
  case $found in
    single|package|end|none) ;;
    'refused '*) refuse "a stream \${found#refused }" ;;
    *) refuse 'a stream that cannot be looked at' ;;
  esac
}

# Gives zfs what was looked at, and what follows.
feed_to() {
  feeds=$((feeds + 1))
  mkfifo "$folder/stream" || refuse 'no pipe can be made'
  feed "$feeds" >"$folder/stream" 2>/dev/null 5>&- &
  exec 6<"$folder/stream"
  rm -f "$folder/stream"
  "$@" <&6 3<&- 4<&- 5>&-
  fed=$?
  : >"$folder/over.$feeds"
  exec 4<&6 6<&-
  [ "$fed" = 0 ] || check_room
  return "$fed"
}

# Passes on until its stream is over, or the client's bytes are.
feed() {
  exec 7>&1
  printf "$record"
  cat <&4
  until [ -e "$folder/over.$1" ]; do
    told=$(dd bs=${feedBytes} count=${feedReads} <&3 2>&1 >&7)
    ${breakAtEnd}
  done
}
`;
}

/** The shell functions that send the streams of a lane, or tell how large they would be. */
export function sendFunctions({ bytesPerSecond }: Policy): string {
  return `
# Asks zfs what a stream would bring that its words don't tell. What is to be asked stands on a line each, up to an empty one.
check_streams() {
  while IFS= read -r check && [ "$check" ]; do
    case $check in
      'token '*) check_token "\${check#token }" "$@" ;;
      'increments '*) IFS= read -r increments_end; check_increments "\${check#increments }" "$increments_end" "$@" ;;
    esac
  done
}

# A resume token says by itself what is sent. zfs looks for its GUID in the whole pool, whatever name it has.
check_token() {
  token=$1
  shift
  verdict=$("$@" ${quoteCommand(explainTokenArguments('').slice(0, -1))} "$token" </dev/null 2>&1 | mode=token kind=send-lane awk "$reader")
  case $verdict in
    ok"$newline"*"$newline"*) ;;
    *) refuse "resume token: \${verdict#refused }" ;;
  esac
  verdict=\${verdict#ok"$newline"}
  to_name=\${verdict%"$newline"*}
  guid=$("$@" list -Hp -t snapshot -o guid "$to_name" </dev/null) || refuse 'zfs list failed'
  [ "$guid" = "\${verdict##*"$newline"}" ] || refuse "resume token: not that of $to_name"
}

# Increments bring what lies between two snapshots, too.
check_increments() {
  begin=$1 end=$2
  shift 2
  names=$("$@" list -Hp -d 1 -t snapshot -s createtxg -o name "\${end%%@*}" </dev/null) || refuse 'zfs list failed'
  verdict=$(echo "$names" | mode=increments kind=send-lane begin=$begin end=$end awk "$reader")
  [ "$verdict" = ok ] || refuse "\${verdict#refused }"
}

checked_calls() { check_streams "$@"; calls "$@"; }

send() {
  check_streams "$@"
${
  bytesPerSecond === undefined
    ? '  send_lane "$@"'
    : `  # The status comes by another way than the streams.
  exec 6>&1
  sent=$({ { (send_lane "$@"); echo "$?" >&9; } | slow_down >&6; } 9>&1)
  exit "$sent"`
}
}

# Sends the streams of a lane, one after another. The words of each stand on a line each, up to an empty one.
send_lane() {
  IFS= read -r has_noise
  [ "$has_noise" = '' ] || printf '\\n%s\\n' '${streamMark}'
  leg_number=0
  while IFS= read -r word; do
    echo "${legMark} $leg_number" >&2
    send_leg "$@" || exit
    leg_number=$((leg_number + 1))
  done
}

send_leg() {
  while [ "$word" ]; do set -- "$@" "$word"; IFS= read -r word; done
  "$@" </dev/null
}
${bytesPerSecond === undefined ? '' : passOnFunction('slow_down', bytesPerSecond, undefined)}`;
}

/** The shell functions that keep to `--max-rate` and `--quota`, and that make the folder for pipes. */
export function limitFunctions({ bytesPerSecond, quotaBytes, roots }: Policy): string {
  const isLimited = bytesPerSecond !== undefined || quotaBytes !== undefined;
  return `
# A folder of our own.
make_folder() {
  for number in 1 2 3 4 5 6 7 8 9; do
    folder=/tmp/zfs-vm-gate.$$.$number
    mkdir -m 700 "$folder" 2>/dev/null && break
    folder=
  done
  [ "$folder" ] || refuse 'no folder can be made in /tmp'
  trap 'rm -rf "$folder"' EXIT
  trap 'exit 143' HUP INT TERM
  feeds=0
}

${quotaBytes === undefined ? noQuota : quotaFunctions(quotaBytes, roots)}
${isLimited ? inputFunctions(bytesPerSecond, quotaBytes) : 'limit_input() { :; }'}
`;
}

const noQuota = 'check_quota() { :; }\ncheck_room() { :; }';

function quotaFunctions(quotaBytes: number, roots: readonly string[]): string {
  return `# How many bytes may still be received goes to $left.
check_quota() {
  used=$("$@" list -Hp -o used ${quoteCommand(roots)} </dev/null) || refuse 'zfs list failed (--quota)'
  left=$(echo "$used" | awk '
    !/^[0-9]+$/ { isUnknown = 1 }
    { used += $1 }
    END { if (!isUnknown && NR == ${roots.length}) printf "%.0f", ${quotaBytes} - used }')
  case $left in
    '') refuse 'zfs does not tell how much is used (--quota)' ;;
    0|-*) refuse '${roots.join(', ')} use more than ${quotaBytes} bytes (--quota)' ;;
  esac
}

# Whether a stream has ended for want of room.
check_room() { [ ! -e "$folder/full" ] || refuse 'more than the ${quotaBytes} bytes that may be used (--quota)'; }
`;
}

/** The client's bytes at 3 become those of a process that lets no more through than there may be. */
function inputFunctions(bytesPerSecond: number | undefined, quotaBytes: number | undefined): string {
  return `
limit_input() {
  mkfifo "$folder/input" || refuse 'no pipe can be made'
  pass_on <&3 >"$folder/input" 2>/dev/null 5>&- 3<&- &
  exec 3<"$folder/input"
  rm -f "$folder/input"
}
${passOnFunction('pass_on', bytesPerSecond, quotaBytes)}`;
}

/** Passes its stdin on, no faster than it may, and no more than there is room for. */
function passOnFunction(
  name: string,
  bytesPerSecond: number | undefined,
  quotaBytes: number | undefined,
): string {
  const wholeRate = bytesPerSecond === undefined ? undefined : Math.floor(bytesPerSecond);
  const bytes = Math.min(feedBytes, wholeRate ?? feedBytes);
  const reads = wholeRate === undefined ? feedReads : Math.floor(wholeRate / bytes);
  return `
${name}() {
  exec 7>&1 8<&0
  bytes=${bytes} reads=${reads} told=
  while :; do
${wholeRate === undefined ? '' : '    sleep 1\n'}${quotaBytes === undefined ? '' : roomLines(bytes, reads)}
    told=$(dd bs="$bytes" count="$reads" <&8 2>&1 >&7)
    ${breakAtEnd}
  done
}
`;
}

/** A dd that doesn't tell its bytes is taken for having read as much as it could have. The shell's own numbers may have 32 bits. */
function roomLines(mostBytes: number, mostReads: number): string {
  return `
    room=$(echo "$told" | awk -v left="$left" -v size="$bytes" '
      / in$/ { split($1, reads, /[+]/); passed = (reads[1] + reads[2]) * size }
      /^[0-9]+ bytes/ { passed = $1 }
      END {
        left -= passed
        size = left < ${mostBytes} ? left : ${mostBytes}
        count = size > 0 ? int(left / size) : 0
        if (count > ${mostReads}) count = ${mostReads}
        printf "%.0f %d %d\\n", left, size, count
      }')
    left=\${room%% *} reads=\${room##* } room=\${room% *}
    bytes=\${room#* }
    if [ "$reads" = 0 ]; then
      # Is there more?
      [ "$(dd bs=1 count=1 <&8 2>/dev/null | wc -c)" -eq 0 ] || : >"$folder/full"
      break
    fi
`;
}
