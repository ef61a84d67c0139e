import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defineCommand, operand } from '../../src/command-line/command-definition.js';
import { describeCommand, formatSynopsis } from '../../src/command-line/describe-command.js';
import { flag, list, onlyBeside, readText, toggle, value } from '../../src/command-line/option.js';
import { commandClasses } from '../../src/commands/all-commands.js';

const from = value(['--from'], { value: 'HOST', kind: 'host', help: 'from there', read: readText });

const besideFrom = {
  option: '--from',
  describeFault: (names: readonly string[]): string => names.join(' and '),
  hint: 'add --from',
};

const example = defineCommand({
  names: [['brew'], ['plan', 'brew']],
  description: 'make something of it',
  details: `
    What it does,
    at length.
  `,
  examples: [['Do it', 'brew tank/x']],
  options: {
    all: flag(['-a', '--all'], 'everything'),
    deep: toggle(['-r', '--recursive'], { help: 'deeply', helpWithout: 'not deeply', usual: undefined }),
    marks: toggle(['--marks'], { helpWithout: 'leave no marks', usual: true }),
    tries: value(['--tries'], {
      ...{ value: 'N', kind: 'number', usual: '3', read: Number },
      help: 'how often',
    }),
    names: list(['-n', '--name'], { value: 'NAME', kind: 'pattern', help: 'only those', read: readText }),
    from,
    ...onlyBeside(besideFrom, { packed: flag(['--packed'], 'pack it') }),
  },
  operands: { target: operand({ name: 'DATASET', kind: 'dataset', read: (text) => text }) },
});

test('a definition is listed as data, its toggles both ways where these mean something', () => {
  const { options, ...rest } = describeCommand(example);
  assert.deepEqual(rest, {
    name: 'brew',
    names: ['brew', 'plan brew'],
    synopsis:
      'brew [-a] [-r|--no-recursive] [--no-marks] [--tries N] [-n NAME]... [--from HOST [OPTION]...] DATASET',
    description: 'make something of it',
    details: 'What it does,\nat length.',
    examples: [{ purpose: 'Do it', line: 'brew tank/x' }],
    operands: [{ name: 'DATASET', kind: 'dataset', isRequired: true, isRepeatable: false }],
  });
  assert.deepEqual(
    options.filter(({ isGlobal }) => !isGlobal).map(({ names, help }) => [names.join(), help]),
    [
      ['-a,--all', 'everything'],
      ['-r,--recursive', 'deeply'],
      ['--no-recursive', 'not deeply'],
      ['--no-marks', 'leave no marks'],
      ['--tries', 'how often (3)'],
      ['-n,--name', 'only those; repeatable'],
      ['--from', 'from there'],
      ['--packed', 'with --from: pack it'],
    ],
  );
  assert.deepEqual(options.find(({ names }) => names.includes('--from'))?.value, {
    ...{ name: 'HOST', kind: 'host', choices: [] },
  });
  assert.equal(options.find(({ names }) => names.includes('--packed'))?.needs, '--from');
});

test('a synopsis has the wanted options, and says that there are more', () => {
  const synopsis = formatSynopsis({ ...example, inSynopsis: ['names'] });
  assert.equal(synopsis, 'brew [-n NAME]... [OPTION]... DATASET');
});

for (const { definition } of commandClasses) {
  const { name, options, operands, examples, description } = describeCommand(definition);

  test(`every word of ${name} is explained, and no option is there twice`, () => {
    assert.match(description, /^[a-z]/);
    assert.ok(examples.length > 0);
    const keys = [...Object.keys(definition.options), ...Object.keys(definition.operands)];
    assert.deepEqual([...new Set(keys)], keys);
    for (const key of definition.inSynopsis ?? []) assert.ok(keys.includes(key), key);
    const names = options.flatMap((option) => option.names);
    // Before the command, -d is another option.
    const own = options.filter(({ isGlobal }) => !isGlobal).flatMap((option) => option.names);
    assert.deepEqual([...new Set(own)], own);
    assert.ok(names.includes('--sudo') && names.includes('--help'));
    for (const option of options) {
      assert.notEqual(option.help.trim(), '', option.names.join());
      assert.match(option.names.at(-1) ?? '', /^--[a-z][a-z-]+$|^-[a-z]$/);
      if (option.value !== undefined) assert.match(option.value.name, /^[[A-Z]/);
      assert.equal(option.value?.kind === 'choice', (option.value?.choices.length ?? 0) > 0);
    }
    for (const operand of operands) assert.notEqual(operand.name, '');
  });
}
