import type {
  CommandDescription,
  OperandDescription,
  OptionDescription,
} from '../command-line/describe-command.js';
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
 * The completion script for zsh: a file `_zfs-vm` in a folder of `fpath`, or text to be read by `source`.
 * @param globals the options that may stand before the command
 */
export function formatZshCompletion(
  commands: readonly CommandDescription[],
  globals: readonly OptionDescription[],
): string {
  const named = listByName(commands);
  const before = globals.map((option) => formatOption(option, option.names));
  return `#compdef zfs-vm
# zsh completion for zfs-vm, printed by "zfs-vm completion zsh"

# Lists the values of a kind, in the order in which the program prints them.
_zfs_vm_values() {
  local line
  local -a values
  for line in \${(f)"$("\${~program}" ${valuesCommand.join(' ')} $1 "\${(Q)PREFIX}" $before 2>/dev/null)"}; do
    # A colon begins the description there.
    values+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  local -a suffix
  [[ $1 != property-value ]] || suffix=(-S '')
  _describe -V -t values $1 values "\${suffix[@]}"
}

_zfs_vm_words() {
  local -a next
  case "$1" in
${['', ...listFirstWords(named)].map((first) => formatNextWords(named, first)).join('\n')}
  esac
  _describe -t commands command next
}

_zfs-vm() {
  local curcontext=$curcontext context state state_descr program=$words[1]
  local -a line before=("\${(@)words[2,CURRENT-1]}")
  typeset -A opt_args
  _arguments -C -s -S -A '-*' : \\
${indent(before, 4)} \\
    ': : _zfs_vm_words zfs-vm' \\
    '*::: :->arguments' && return
  [[ $state == arguments ]] || return
  words=("$line[1]" "\${words[@]}")
  ((CURRENT++))
  case "$line[1]" in
    help) _arguments ':command: _zfs_vm_words zfs-vm' ;;
${named
  .filter(({ called }) => called.length === 1)
  .map((command) => formatCase(command, 4))
  .join('\n')}
${listFirstWords(named)
  .map(
    (first) => `    ${first})
      _arguments -C -s -S -A '-*' : \\
${indent(
  globals.map((option) => formatOption(option, namesAfter(option, globals))),
  8,
)} \\
        ': : _zfs_vm_words ${first}' \\
        '*::: :->arguments' && return
      words=("$line[1]" "\${words[@]}")
      ((CURRENT++))
      case "$line[1]" in
${named
  .filter(({ called }) => called[0] === first && called.length === 2)
  .map((command) => formatCase(command, 8))
  .join('\n')}
      esac
      ;;`,
  )
  .join('\n')}
  esac
}

if [[ $funcstack[1] == _zfs-vm ]]; then
  _zfs-vm "$@"
else
  compdef _zfs-vm zfs-vm
fi
`;
}

function formatNextWords(named: readonly NamedCommand[], first: string): string {
  const words = listNextWords(named, first === '' ? [] : [first]);
  const entries = words.map(([word, description]) => quoteForShell(`${word}:${description}`));
  return `    ${first === '' ? 'zfs-vm' : first})
      next=(
${entries.map((entry) => `        ${entry}`).join('\n')}
      )
      ;;`;
}

function formatCase({ called, options, operands }: NamedCommand, depth: number): string {
  const margin = ' '.repeat(depth);
  const specifications = [
    ...options.map((option) => formatOption(option, namesAfter(option, options))),
    ...operands.map(formatOperand),
  ];
  return `${margin}${called.at(-1) ?? ''})
${margin}  _arguments -s -S : \\
${indent(specifications, depth + 4)}
${margin}  ;;`;
}

function indent(lines: readonly string[], depth: number): string {
  return lines.map((line) => `${' '.repeat(depth)}${line}`).join(' \\\n');
}

/** An option as \`_arguments\` wants it. */
function formatOption({ value, help, isRepeatable }: OptionDescription, names: readonly string[]): string {
  const spelled = names.map((name) => {
    if (value === undefined) return name;
    return name.startsWith('--') ? `${name}=` : `${name}+`;
  });
  const first = isRepeatable ? '*' : `(${names.join(' ')})`;
  const takes = value === undefined ? '' : `:${escape(value.name)}:${formatAction(value)}`;
  const [only] = spelled;
  const rest = `[${escape(help)}]${takes}`;
  return spelled.length === 1
    ? quoteForShell(`${first}${only ?? ''}${rest}`)
    : `${quoteForShell(first)}{${spelled.join(',')}}${quoteForShell(rest)}`;
}

function formatOperand(operand: OperandDescription): string {
  const { name, isRequired, isRepeatable } = operand;
  const start = isRepeatable ? '*' : isRequired ? '' : ':';
  return quoteForShell(`${start}:${escape(name)}:${formatAction(operand)}`);
}

/** What lists the values; with a blank before it, zsh puts no words of its own between. */
function formatAction(described: Parameters<typeof sourceOf>[0]): string {
  const source = sourceOf(described);
  switch (source.from) {
    case 'program':
      return ` _zfs_vm_values ${source.kind}`;
    case 'words':
      return `(${source.words.join(' ')})`;
    case 'files':
      return '_files';
    case 'nothing':
      return ' ';
  }
}

/** A text within a specification, where colons and brackets mean something. */
function escape(text: string): string {
  return text.replace(/[\\:[\]]/g, '\\$&');
}
