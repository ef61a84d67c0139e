import type { CommandDescription, OptionDescription } from '../command-line/describe-command.js';
import {
  listByName,
  listFirstWords,
  listNextWords,
  namesAfter,
  quoteForShell,
  sourceOf,
  valuesCommand,
  type NamedCommand,
} from './words.js';

/**
 * The completion script for bash 4 and newer. It needs nothing of the package bash-completion.
 * @param globals the options that may stand before the command
 */
export function formatBashCompletion(
  commands: readonly CommandDescription[],
  globals: readonly OptionDescription[],
): string {
  const named = listByName(commands);
  const names = listNextWords(named, []).map(([word]) => word);
  return `# bash completion for zfs-vm, printed by "zfs-vm completion bash"

# Splits the line up to the cursor at blanks only: bash itself also splits it at : and = and @.
_zfs_vm_split() {
  local line=\${COMP_LINE:0:COMP_POINT} part
  words=()
  for part in "\${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
    if ((\${#words[@]} == 0)) || [[ $line == [[:space:]]* ]]; then
      words+=('')
      line=\${line#"\${line%%[![:space:]]*}"}
    fi
    # The cursor may stand within the last one.
    part=\${part:0:\${#line}}
    words[\${#words[@]}-1]+=$part
    line=\${line#"$part"}
  done
}

# What a command takes: its options without and with a value, and its operands.
_zfs_vm_describe() {
  case "$1" in
    '')
      flags=${quoteForShell(joinFlags(globals, (option) => option.names))}
      values=${quoteForShell(joinValues(globals, (option) => option.names))}
      operands=
      ;;
${named.map(formatCase).join('\n')}
    *) return 1 ;;
  esac
}

# Finds among the words of "values" where the values of an option come from.
_zfs_vm_source() {
  local entry
  source=
  for entry in $values; do
    [[ \${entry%%:*} != "$1" ]] || { source=\${entry#*:}; return 0; }
  done
  return 1
}

_zfs_vm_reply() {
  local word
  for word; do
    [[ $word != "$current"* ]] || COMPREPLY+=("$word")
  done
}

# Completes $current from a source.
_zfs_vm_values() {
  local line words_of
  case "$1" in
    words=*)
      IFS=, read -r -a words_of <<<"\${1#words=}"
      _zfs_vm_reply "\${words_of[@]}"
      ;;
    program=*)
      while IFS= read -r line; do
        COMPREPLY+=("\${line%%$'\\t'*}")
      done < <("$program" ${valuesCommand.join(' ')} "\${1#program=}" "$current" "\${words[@]:1}" 2>/dev/null)
      compopt -o nosort 2>/dev/null
      ;;
    files)
      while IFS= read -r line; do
        COMPREPLY+=("$line")
      done < <(compgen -f -- "$current")
      compopt -o filenames 2>/dev/null
      ;;
  esac
}

_zfs_vm() {
  local words flags values operands source
  _zfs_vm_split
  local last=$((\${#words[@]} - 1)) command='' count=0 only_operands='' attached='' index word
  local current=\${words[last]} program=\${words[0]/#\\~/$HOME} quote='' escaped_blank='\\ '
  # Within quotes, bash inserts a value as it is; outside of them, blanks have to be escaped.
  case "$current" in
    [\\'\\"]*) quote=\${current:0:1} current=\${current:1} ;;
    *) current=\${current//'\\ '/ } ;;
  esac
  COMPREPLY=()
  _zfs_vm_describe ''
  for ((index = 1; index < last; index++)); do
    word=\${words[index]}
    if [[ -n $only_operands ]]; then
      ((++count))
    elif [[ $word == -- ]]; then
      only_operands=yes
    elif [[ $word == -* ]]; then
      ! _zfs_vm_source "$word" || ((++index))
    elif [[ -z $command ]]; then
      [[ $word != help ]] || continue
      command=$word
      case "$word" in
        ${listFirstWords(named).map(quoteForShell).join(' | ') || "''"}) ;;
        *) _zfs_vm_describe "$command" || return 0 ;;
      esac
    elif _zfs_vm_is_first "$command"; then
      command+=" $word"
      _zfs_vm_describe "$command" || return 0
    else
      ((++count))
    fi
  done

  if ((index > last)); then
    _zfs_vm_values "$source"
  elif [[ -z $only_operands && $current == --*=* ]] && _zfs_vm_source "\${current%%=*}"; then
    attached=\${current%%=*}
    current=\${current#*=}
    _zfs_vm_values "$source"
  elif [[ -z $only_operands && $current == -* ]]; then
    for word in $values; do
      _zfs_vm_reply "\${word%%:*}"
    done
    _zfs_vm_reply $flags
  elif [[ -z $command ]]; then
    _zfs_vm_reply ${names.join(' ')} help
${listFirstWords(named)
  .map(
    (first) => `  elif [[ $command == ${first} ]]; then
    _zfs_vm_reply ${listNextWords(named, [first])
      .map(([word]) => word)
      .join(' ')}`,
  )
  .join('\n')}
  else
    local -a kinds=($operands)
    local kind=\${kinds[count]-}
    # The last operand may be repeatable.
    [[ -n $kind || \${#kinds[@]} -eq 0 || \${kinds[\${#kinds[@]}-1]} != *... ]] || kind=\${kinds[\${#kinds[@]}-1]}
    source=\${kind%...}
    _zfs_vm_values "$source"
  fi

  # bash replaces only what stands after the last character at which it splits words.
  local breaks=\${COMP_WORDBREAKS//[^:=@]/} before=
  [[ -z $quote ]] || breaks=
  [[ -z $breaks ]] || before=\${current%"\${current##*[$breaks]}"}
  for index in "\${!COMPREPLY[@]}"; do
    COMPREPLY[index]=\${COMPREPLY[index]#"$before"}
    [[ -z $attached || $breaks == *=* ]] || COMPREPLY[index]=$attached=\${COMPREPLY[index]}
    [[ -n $quote || $source == files ]] || COMPREPLY[index]=\${COMPREPLY[index]// /"$escaped_blank"}
  done
  [[ \${#COMPREPLY[@]} -ne 1 || \${COMPREPLY[0]} != *[=,] ]] || compopt -o nospace 2>/dev/null
  return 0
}

_zfs_vm_is_first() {
  case "$1" in
    ${listFirstWords(named).map(quoteForShell).join(' | ') || "''"}) return 0 ;;
  esac
  return 1
}

complete -F _zfs_vm zfs-vm
`;
}

function formatCase(command: NamedCommand): string {
  const { called, options, operands } = command;
  const namesOf = (option: OptionDescription): readonly string[] => namesAfter(option, options);
  const kinds = operands.map((operand) => {
    const source = formatSource(sourceOf(operand)) || 'nothing';
    return `${source}${operand.isRepeatable ? '...' : ''}`;
  });
  return `    ${quoteForShell(called.join(' '))})
      flags=${quoteForShell(joinFlags(options, namesOf))}
      values=${quoteForShell(joinValues(options, namesOf))}
      operands=${quoteForShell(kinds.join(' '))}
      ;;`;
}

type NamesOf = (option: OptionDescription) => readonly string[];

function joinFlags(options: readonly OptionDescription[], namesOf: NamesOf): string {
  return options
    .filter(({ value }) => value === undefined)
    .flatMap(namesOf)
    .join(' ');
}

function joinValues(options: readonly OptionDescription[], namesOf: NamesOf): string {
  return options
    .flatMap((option) => {
      if (option.value === undefined) return [];
      const source = formatSource(sourceOf(option.value));
      return namesOf(option).map((name) => `${name}:${source}`);
    })
    .join(' ');
}

function formatSource(source: ReturnType<typeof sourceOf>): string {
  switch (source.from) {
    case 'program':
      return `program=${source.kind}`;
    case 'words':
      return `words=${source.words.join(',')}`;
    case 'files':
      return 'files';
    case 'nothing':
      return '';
  }
}
