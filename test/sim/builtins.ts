import { readLine } from './pipe.js';
import { ProcessEnd } from './process.js';
import type { Shell } from './shell.js';

/** A command that a shell runs within itself. */
type Builtin = (
  shell: Shell,
  words: readonly string[],
  assignments: ReadonlyMap<string, string>,
) => Promise<number> | number;

const builtins: Readonly<Record<string, Builtin>> = {
  ':': () => 0,
  true: () => 0,
  false: () => 1,
  echo: (shell, words) => write(shell, `${words.join(' ')}\n`),
  printf: (shell, words) => write(shell, formatWords(words)),
  '[': (_shell, words) => (isTrue(words) ? 0 : 1),
  exit: (shell, [status]) => {
    throw new ProcessEnd({ status: status === undefined ? shell.status : Number(status) });
  },
  return: (shell, [status]) => shell.return(status === undefined ? shell.status : Number(status)),
  shift: (shell) => {
    shell.arguments = shell.arguments.slice(1);
    return 0;
  },
  set: (shell, [option, ...words]) => {
    if (option !== '--') throw new Error(`a simulated shell doesn't know: set ${option ?? ''}`);
    shell.arguments = words;
    return 0;
  },
  read: async (shell, words, assignments) => {
    const [option, name, rest, ...others] = words;
    const separators = assignments.get('IFS');
    const isKnown = rest === undefined ? separators !== '\t' : separators === '\t';
    if (option !== '-r' || name === undefined || others.length > 0 || !isKnown) {
      throw new Error(`a simulated shell doesn't know: read ${words.join(' ')}`);
    }
    const read = await readLine(shell.input(0), shell.process);
    const line = read?.line ?? '';
    if (rest === undefined) {
      shell.variables.set(name, separators === '' ? line : line.trim());
    } else {
      // Blanks of another kind stay; those that separate vanish around a word.
      const [, first = '', remainder = ''] = /^\t*([^\t]*)\t*(.*?)\t*$/.exec(line) ?? [];
      shell.variables.set(name, first);
      shell.variables.set(rest, remainder);
    }
    return read?.isWhole === true ? 0 : 1;
  },
  kill: (shell, words) => {
    const [option, signal = '', pid = ''] = words;
    if (option !== '-s') throw new Error(`a simulated shell doesn't know: kill ${words.join(' ')}`);
    // All of the process group, which is all that the command has started.
    if (pid === '0') {
      shell.session.kill(signal);
      shell.process.check();
    }
    const target = shell.session.find(Number(pid));
    target?.kill(signal);
    return target === undefined ? 1 : 0;
  },
  export: () => 0,
  command: (shell, [option, name = '']) => {
    if (option !== '-v') throw new Error(`a simulated shell doesn't know: command ${option ?? ''}`);
    const { missingPrograms } = shell.session.machine;
    // Most hosts have one of the two.
    const hasSudo = !missingPrograms.has('sudo');
    return missingPrograms.has(name) || (name === 'doas' && hasSudo) ? 1 : 0;
  },
  eval: (shell, words) => shell.run(words.join(' ')),
  trap: (shell, [action, ...signals]) => {
    if (action !== '') throw new Error(`a simulated shell doesn't know: trap ${action ?? ''}`);
    for (const signal of signals) shell.process.ignored.add(signal);
    return 0;
  },
};

/** What the shell itself does by that name. */
export function findBuiltin(name: string): Builtin | undefined {
  return Object.hasOwn(builtins, name) ? builtins[name] : undefined;
}

async function write(shell: Shell, text: string): Promise<number> {
  if (text !== '') await shell.output(1).write(shell.process, Buffer.from(text));
  return 0;
}

/** What printf prints: with more words than its format takes, the format again. */
function formatWords([format = '', ...words]: readonly string[]): string {
  const rest = [...words];
  let text = '';
  do {
    text += format.replace(
      /%(.)|\\(.)/g,
      (all, directive: string | undefined, escape: string | undefined) => {
        if (directive === 's') return rest.shift() ?? '';
        if (directive === 'b') return unescapeOctal(rest.shift() ?? '');
        if (directive === '%') return '%';
        if (escape === 'n') return '\n';
        if (escape === 't') return '\t';
        throw new Error(`a simulated printf doesn't know ${all}`);
      },
    );
  } while (rest.length > 0 && format.includes('%s'));
  return text;
}

/** `\0` and three digits stand for a byte. */
function unescapeOctal(text: string): string {
  const bytes = Buffer.from(text).toString('latin1');
  const plain = bytes.replace(/\\0([0-7]{3})/g, (_all, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
  return Buffer.from(plain, 'latin1').toString();
}

function isTrue(words: readonly string[]): boolean {
  const [left, operator, right, end] = words;
  if (end === ']' && operator === '=') return left === right;
  if (end === ']' && operator === '!=') return left !== right;
  throw new Error(`a simulated shell doesn't know: [ ${words.join(' ')}`);
}
