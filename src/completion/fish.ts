import type { CommandDescription, OptionDescription } from '../command-line/describe-command.js';
import {
  listByName,
  listFirstWords,
  listNextWords,
  namesAfter,
  sourceOf,
  valuesCommand,
  type NamedCommand,
} from './words.js';

/**
 * The completion script for fish 3 and newer.
 * @param globals the options that may stand before the command
 */
export function formatFishCompletion(
  commands: readonly CommandDescription[],
  globals: readonly OptionDescription[],
): string {
  const named = listByName(commands);
  const firstWords = listFirstWords(named);
  const before = ['', ...firstWords];
  return `# fish completion for zfs-vm, printed by "zfs-vm completion fish"

# The options of a command that take a value.
function __zfs_vm_value_options
    switch "$argv[1]"
        case ${before.map(quote).join(' ')}
            printf '%s\\n' ${listValueNames(globals, (option) => option.names)}
${commands.map(formatValueOptions).join('\n')}
    end
end

# Prints the command that the line names so far, and how many operands stand behind it.
function __zfs_vm_state
    set -l command ''
    set -l count 0
    set -l only_operands 0
    set -l is_value 0
    for word in (commandline -opc)[2..]
        if test $is_value = 1
            set is_value 0
        else if test $only_operands = 1
            set count (math $count + 1)
        else if test "$word" = --
            set only_operands 1
        else if string match -q -- '-*' "$word"
            if contains -- "$word" (__zfs_vm_value_options "$command")
                set is_value 1
            end
        else if test -z "$command"
            test "$word" = help; or set command "$word"
        else if contains -- "$command" ${firstWords.map(quote).join(' ')}
            set command "$command $word"
        else
            set count (math $count + 1)
        end
    end
    printf '%s\\n' "$command" $count
end

# Whether the line names one of some commands.
function __zfs_vm_is
    set -l state (__zfs_vm_state)
    contains -- "$state[1]" $argv
end

# Whether the operand of that number is next: __zfs_vm_operand NUMBER|NUMBER+ COMMAND...
function __zfs_vm_operand
    set -l state (__zfs_vm_state)
    contains -- "$state[1]" $argv[2..]; or return 1
    if string match -q -- '*+' "$argv[1]"
        test "$state[2]" -ge (string trim -r -c + -- $argv[1])
    else
        test "$state[2]" -eq "$argv[1]"
    end
end

# The values of a kind.
function __zfs_vm_values
    set -l words (commandline -opc)
    set -l program (string replace -r '^~' $HOME -- $words[1])
    set -l current (string replace -r '^--[^=]*=' '' -- (commandline -ct) | string replace -r '^[\\'"]' '')
    set -l plain (string unescape -- "$current"); and set current "$plain"
    $program ${valuesCommand.join(' ')} $argv[1] "$current" $words[2..] 2>/dev/null
end

complete -c zfs-vm -f

${before
  .flatMap((first) =>
    listNextWords(named, first === '' ? [] : [first]).map(([word, description]) =>
      formatWord(first, word, description),
    ),
  )
  .join('\n')}
${formatWord('', 'help', 'show help, of a command after its name')}

${globals.map((option) => formatOption(option, option.names, before)).join('\n')}

${commands.map((command) => formatCommand(command, named)).join('\n\n')}
`;
}

function formatWord(first: string, word: string, description: string): string {
  return `complete -c zfs-vm -n ${quote(`__zfs_vm_is ${quote(first)}`)} -a ${word} -d ${quote(description)}`;
}

function formatValueOptions({ names, options }: CommandDescription): string {
  const valueNames = listValueNames(options, (option) => namesAfter(option, options));
  return `        case ${names.map(quote).join(' ')}
            printf '%s\\n' ${valueNames}`;
}

function listValueNames(
  options: readonly OptionDescription[],
  namesOf: (option: OptionDescription) => readonly string[],
): string {
  return options
    .filter(({ value }) => value !== undefined)
    .flatMap(namesOf)
    .join(' ');
}

function formatCommand(
  { name, names, options, operands }: CommandDescription,
  named: readonly NamedCommand[],
): string {
  const usual = named.find(({ called }) => called.join(' ') === name);
  const lines = operands.map((operand, index) => {
    const source = formatSource(sourceOf(operand));
    if (source === '') return '';
    const number = `${index}${operand.isRepeatable ? '+' : ''}`;
    const condition = `__zfs_vm_operand ${number} ${names.map(quote).join(' ')}`;
    return `complete -c zfs-vm -n ${quote(condition)} -k ${source}`;
  });
  return [
    `# ${usual?.called.join(' ') ?? name}`,
    ...options.map((option) => formatOption(option, namesAfter(option, options), names)),
    ...lines.filter((line) => line !== ''),
  ].join('\n');
}

function formatOption(
  { value, help }: OptionDescription,
  names: readonly string[],
  commands: readonly string[],
): string {
  const words = [
    ...['complete', '-c', 'zfs-vm', '-n', quote(`__zfs_vm_is ${commands.map(quote).join(' ')}`)],
    ...names.flatMap((name) => (name.startsWith('--') ? ['-l', name.slice(2)] : ['-s', name.slice(1)])),
    ...(value === undefined ? [] : [formatTaken(sourceOf(value))]),
    ...['-d', quote(help)],
  ];
  return words.join(' ');
}

/** That an option takes a value: files are offered only where they may be one. */
function formatTaken(source: ReturnType<typeof sourceOf>): string {
  return source.from === 'files' ? '-r -F' : `-x -k ${formatSource(source)}`.trim();
}

function formatSource(source: ReturnType<typeof sourceOf>): string {
  switch (source.from) {
    case 'program':
      return `-a ${quote(`(__zfs_vm_values ${source.kind})`)}`;
    case 'words':
      return `-a ${quote(source.words.join(' '))}`;
    case 'files':
      return '-F';
    case 'nothing':
      return '';
  }
}

/** A text in single quotes, for fish. */
function quote(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
