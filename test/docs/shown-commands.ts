import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** A command that a text of the program shows to people. */
export interface ShownCommand {
  /** Where its text is, e.g. `src/tasks/tag/tag.ts:100`. */
  readonly at: string;
  /** Without quotes around it; values that the shell reads as one word are `quotedValue`, others `rawValue`. */
  readonly text: string;
}

/** What is printed after `try:` or `to resolve:`, with the same marks. */
export interface Hint {
  readonly at: string;
  readonly text: string;
}

/** Stands for a value that is quoted for the shell. */
export const quotedValue = '\u{E000}';
/** Stands for a value that is as it is. */
export const rawValue = '\u{E001}';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Functions that make one command of words, or one word; both quoted for the shell. */
const quotingFunctions: ReadonlySet<string> = new Set(['quoteCommand', 'quoteWord', 'showCommand']);

/** Functions that take the words of a command, as an array or one by one. */
const commandFunctions: ReadonlySet<string> = new Set(['quoteCommand', 'showCommand', 'runOnReceiver']);

/** Names that are one plain word, whatever a host or a person calls things. */
const plainNames: ReadonlyMap<string, string> = new Map([['localName', 'local']]);

const programs = /^(?:zfs-vm|zfs|zpool)$/;

/** Properties and variables that hold hints. */
const hintNames: ReadonlySet<string> = new Set(['hint', 'localHint', 'remedy', 'resolution']);

/** Functions of ours whose second argument is a hint. */
const failingFunctions: ReadonlySet<string> = new Set(['fail', 'usage']);

/** All that the sources show: commands, also those that only some conditions lead to, and hints. */
export function readShown(): { readonly commands: ShownCommand[]; readonly hints: Hint[] } {
  const commands: ShownCommand[] = [];
  const hints: Hint[] = [];
  for (const path of listSources('src')) {
    const file = ts.createSourceFile(
      path,
      readFileSync(join(root, path), 'utf8'),
      ts.ScriptTarget.Latest,
      true,
    );
    for (const node of walk(file)) {
      const at = `${path}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
      const text = readText(node);
      if (text !== undefined) commands.push(...findCommands(text).map((command) => ({ at, text: command })));
      const words = readWords(node);
      if (words !== undefined) commands.push({ at, text: words });
      const hint = findHint(node);
      if (hint !== undefined) hints.push(...listTexts(hint).map((each) => ({ at, text: each })));
    }
  }
  return { commands, hints };
}

function* listSources(folder: string): Generator<string> {
  for (const name of readdirSync(join(root, folder))) {
    const path = join(folder, name);
    if (statSync(join(root, path)).isDirectory()) yield* listSources(path);
    else if (name.endsWith('.ts')) yield path;
  }
}

function* walk(node: ts.Node): Generator<ts.Node> {
  yield node;
  for (const child of node.getChildren()) yield* walk(child);
}

/** The text of a string or a template, with marks for what is put in; undefined for any other node. */
function readText(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return node.templateSpans.reduce(
    (text, { expression, literal }) => `${text}${markValue(expression)}${literal.text}`,
    node.head.text,
  );
}

function markValue(expression: ts.Expression): string {
  if (ts.isIdentifier(expression)) return plainNames.get(expression.text) ?? rawValue;
  const isQuoted = ts.isCallExpression(expression) && quotingFunctions.has(expression.expression.getText());
  return isQuoted ? quotedValue : rawValue;
}

/** The commands in a text, which stand in double quotes or backquotes; `; ` is between two. */
function findCommands(text: string): string[] {
  const line = text.replaceAll(/\s+/g, ' ');
  return Array.from(
    line.matchAll(/(["`])((?:sudo )?(?:zfs-vm|zfs|zpool) (?:(?!\1).)*)\1/g),
    ([, , found = '']) => found.split('; '),
  ).flat();
}

/** The words of a command that a call makes of them; undefined for any other node. */
function readWords(node: ts.Node): string | undefined {
  if (!ts.isCallExpression(node) || !commandFunctions.has(node.expression.getText())) return undefined;
  const [first] = node.arguments;
  const elements: readonly ts.Expression[] =
    first !== undefined && ts.isArrayLiteralExpression(first) ? first.elements : node.arguments;
  const [program] = elements;
  if (program === undefined || !ts.isStringLiteralLike(program) || !programs.test(program.text)) {
    return undefined;
  }
  return elements
    .filter((word) => !ts.isSpreadElement(word))
    .map((word) => (ts.isStringLiteralLike(word) ? word.text : quotedValue))
    .join(' ');
}

/** What a node says to do, if it is where a hint is given its text. */
function findHint(node: ts.Node): ts.Expression | undefined {
  if (ts.isReturnStatement(node)) return isInHintMaker(node) ? node.expression : undefined;
  if (ts.isPropertyAssignment(node) && hintNames.has(node.name.getText())) return node.initializer;
  if (ts.isVariableDeclaration(node) && hintNames.has(node.name.getText())) return node.initializer;
  const isFailure = ts.isCallExpression(node) && failingFunctions.has(node.expression.getText());
  return isFailure ? node.arguments[1] : undefined;
}

/** Whether a statement is in a function that makes hints. */
function isInHintMaker(node: ts.Node): boolean {
  const maker = ts.findAncestor(node, ts.isFunctionDeclaration)?.name?.text ?? '';
  return maker.startsWith('suggest');
}

/** The texts that an expression may come to. */
function listTexts(expression: ts.Expression): string[] {
  const text = readText(expression);
  if (text !== undefined) return [text];
  if (ts.isConditionalExpression(expression)) {
    return [...listTexts(expression.whenTrue), ...listTexts(expression.whenFalse)];
  }
  return [];
}
