import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import { describeCommand } from '../../src/command-line/describe-command.js';
import { commandClasses } from '../../src/commands/all-commands.js';
import { findPackageRoot } from '../lab/package-root.js';
import { findCommandFault } from './check-command.js';
import { listSuggestions } from './suggestions.js';
import { quotedValue, rawValue, readShown } from './shown-commands.js';

const { commands, hints } = readShown();

/** What a quoted value may be: with a space each, as a shell reads them, and the values of which there are few. */
const values = [
  "'tank/my vm'",
  "'tank/my vm@zfs-vm:my web:1'",
  "'my web:1'",
  ...new Set(
    commandClasses.flatMap(({ definition: { operands } }) =>
      Object.values(operands).flatMap(({ choices = [] }) => choices),
    ),
  ),
];

/** What is wrong with a command in the source, whatever its values are. */
function findFault(command: string): string | undefined {
  if (command.includes(rawValue)) return 'a value is not quoted for the shell: use showCommand';
  const faults = values.map((value) => findCommandFault(command.replaceAll(quotedValue, value)));
  return faults.includes(undefined) ? undefined : faults[0];
}

const show = (text: string): string => text.replaceAll(quotedValue, '<value>').replaceAll(rawValue, '<raw>');

test('every command that a message or a help shows can be pasted: it is read, and its values are quoted', () => {
  assert.ok(commands.length > 100, `only ${commands.length} commands were found`);
  const faults = commands.flatMap(({ at, text }) => {
    const fault = findFault(text);
    return fault === undefined ? [] : [`${at}: ${show(text)}: ${fault}`];
  });
  assert.deepEqual(faults, []);
});

/** Sentences with the name of the program that show no command. */
const prose = /\b(?:a hanging zfs-vm process|zfs-vm uses it|searched PATH.*)/g;

test('a command in a hint is all of it, or in double quotes, so that one sees where it ends', () => {
  assert.ok(hints.length > 150, `only ${hints.length} hints were found`);
  const faults = hints.flatMap(({ at, text }) => {
    if (/^(?:zfs-vm|zfs|zpool) /.test(text)) {
      const fault = findFault(text);
      return fault === undefined ? [] : [`${at}: ${show(text)}: ${fault}`];
    }
    const bare = text.replaceAll(/"[^"]*"/g, '').replaceAll(prose, '');
    return /\bzfs-vm |: (?:zfs|zpool) /.test(bare) ? [`${at}: ${show(text)}`] : [];
  });
  assert.deepEqual(faults, []);
});

const options = commandClasses.flatMap(({ definition }) =>
  describeCommand(definition).options.map((option) => ({ ...option, command: definition })),
);

/** The options that a hint names outside of commands. */
function listOptions(hint: string): string[] {
  const bare = hint.replaceAll(/"(?:sudo )?(?:zfs|zpool|ssh|ssh-keygen|sudo|modprobe|chsh)[^"]*"/g, '');
  return /^(?:zfs|zpool|ssh) /.test(hint) ? [] : (bare.match(/(?<![\w-])--?[A-Za-z][\w-]*/g) ?? []);
}

test('every option that a hint names exists', () => {
  const named = hints.flatMap(({ at, text }) => listOptions(text).map((option) => ({ at, option })));
  assert.ok(named.length > 50);
  const known = new Set(options.flatMap(({ names }) => names));
  assert.deepEqual(
    named.filter(({ option }) => !known.has(option)).map(({ at, option }) => `${at}: ${option}`),
    [],
  );
});

test('every value that is put behind -n or -d in a hint is quoted', () => {
  const raw = hints.filter(({ text }) => new RegExp(` -[nd] [^ ]*${rawValue}`).test(text));
  assert.deepEqual(
    raw.map(({ at, text }) => `${at}: ${show(text)}`),
    [],
  );
});

test('every value that a hint gives as an example of an option is one', () => {
  const named = hints.flatMap(({ at, text }) =>
    Array.from(
      text.matchAll(/e\.g\. (--?[a-z][a-z-]*) ("[^"]+"|[^\s,]+)/g),
      ([, option = '', value = '']) => ({ at, option, value: value.replaceAll('"', '') }),
    ),
  );
  assert.ok(named.length > 5);
  for (const { at, option, value } of named.filter((each) => !each.value.includes(rawValue))) {
    const readers = commandClasses.flatMap(({ definition }) =>
      Object.values<(typeof definition.options)[string]>(definition.options).filter(({ names }) =>
        names.includes(option),
      ),
    );
    const takes = readers.some((reader) => {
      try {
        if (reader.kind !== 'value') return false;
        reader.toValue([value], { name: option, isGiven: () => false });
        return true;
      } catch {
        return false;
      }
    });
    assert.ok(takes, `${at}: ${option} ${value}`);
  }
});

/** The same with a space in each name: of a dataset below its pool, and of a streamline. */
function addSpaces<Value>(value: Value): Value {
  if (typeof value === 'string') {
    const text =
      value === 'web' ? 'my web' : value.replaceAll('/', '/my ').replaceAll('zfs-vm:', 'zfs-vm:my ');
    return text.replace(/^web:/, 'my web:') as Value;
  }
  if (Array.isArray(value)) return value.map((each: unknown) => addSpaces(each)) as Value;
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, addSpaces(each)])) as Value;
}

for (const { kind, text } of listSuggestions(addSpaces)) {
  test(`what "${kind}" suggests can be pasted where names have spaces`, () => {
    const isCommand = /^(?:zfs-vm|zfs|zpool) /.test(text);
    const found = isCommand ? [text] : Array.from(text.matchAll(/"([^"]+)"/g), ([, each = '']) => each);
    for (const command of found.filter((each) => /^(?:zfs-vm|zfs|zpool) /.test(each))) {
      for (const each of command.split('; ')) assert.equal(findCommandFault(each), undefined, each);
    }
    // A name with a space that stands in no quotes is two words.
    for (const [value = ''] of text.matchAll(/(?<= -[dn] )\S+(?= my)/g)) assert.fail(`${value} in ${text}`);
  });
}

/** The kinds of a union type of the source, by the literals of its members' property `kind`. */
function listKinds(path: string, type: string): string[] {
  const text = readFileSync(join(findPackageRoot(), path), 'utf8');
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const kinds: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isPropertySignature(node) && node.name.getText() === 'kind' && node.type !== undefined) {
      kinds.push(...(node.type.getText().match(/[a-z-]+/g) ?? []));
      return;
    }
    ts.forEachChild(node, visit);
  };
  for (const statement of file.statements) {
    if (ts.isTypeAliasDeclaration(statement) && statement.name.text === type) {
      visit(statement.type);
      if (kinds.length === 0) kinds.push(...(statement.type.getText().match(/[a-z-]+/g) ?? []));
    }
  }
  return kinds;
}

for (const [path, type, least] of [
  ['src/plan/conflict.ts', 'ConflictReason', 20],
  ['src/base/errors.ts', 'ErrorKind', 5],
  ['src/plan/plan-restore.ts', 'RestoreFault', 7],
  ['src/plan/plan-clone.ts', 'CloneFault', 3],
  ['src/plan/plan-clone.ts', 'PlaceFault', 4],
  ['src/plan/plan-untag.ts', 'UntagObstacle', 6],
  ['src/plan/plan-rename.ts', 'RenameObstacle', 4],
] as const) {
  test(`every kind of ${type} has an entry in docs/messages.md`, () => {
    const page = readFileSync(join(findPackageRoot(), 'docs/messages.md'), 'utf8');
    const titles = new Set(Array.from(page.matchAll(/^### (.*)$/gm), ([, title]) => title));
    const kinds = listKinds(path, type);
    assert.ok(kinds.length >= least, `${kinds.length} kinds`);
    assert.deepEqual(
      kinds.filter((kind) => !titles.has(kind)),
      [],
    );
  });
}
