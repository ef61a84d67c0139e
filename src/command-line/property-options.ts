import { ZfsVmError } from '../base/errors.js';
import {
  expandPropertyName,
  findCarryFault,
  findChoiceFault,
  findPropertyNameFault,
  findPropertyValueFault,
  storageProperties,
  type Property,
} from '../zfs/properties.js';
import { list, value, type ValueDefinition } from './option.js';

/** In `--props`, stands for the properties that say how data is stored. */
const storageWord = 'storage';

/** How the options are written, for errors. */
const examples = {
  '-o': '-o compression=lz4',
  '-x': '-x quota',
  '--props': '--props compression,recordsize',
};

/** Sets properties. @param help where they are set */
export function setOption(help: string): ValueDefinition<readonly Property[]> {
  return list(['-o'], { value: 'PROPERTY=VALUE', kind: 'property-value', help, read: readSetting });
}

const carry = value(['--props'], {
  ...{ value: 'LIST', kind: 'property-list', read: readList },
  help: 'new datasets get what these are set to on the sender: names with commas between, or "storage" (docs/usage.md)',
});

/** The options about what datasets get beside their content. */
export const propertyOptions = {
  set: setOption('set it where streams land, as "zfs receive -o" does'),
  exclude: list(['-x'], {
    ...{ value: 'PROPERTY', kind: 'property' },
    help: 'let PROPERTY be inherited on the receiver, as "zfs receive -x" does',
    read: (text) => readName('-x', text, findChoiceFault),
  }),
  carry: {
    ...carry,
    toValue: (texts, context) => carry.toValue(texts, context) ?? [],
  } satisfies ValueDefinition<readonly string[]>,
};

function readSetting(text: string): Property {
  const separator = text.indexOf('=');
  if (separator < 0) {
    throw new ZfsVmError('usage', `-o ${JSON.stringify(text)} is not PROPERTY=VALUE`, {
      hint: 'write e.g. -o compression=lz4',
    });
  }
  const name = readName('-o', text.slice(0, separator), findChoiceFault);
  const value = text.slice(separator + 1);
  const fault = findPropertyValueFault(value);
  if (fault !== undefined) {
    throw new ZfsVmError('usage', `-o ${name} can't be set: ${fault}`, {
      hint: 'write it in one line, as "zfs set" would take it, e.g. -o compression=lz4',
    });
  }
  return { name, value };
}

function readList(text: string): string[] {
  const names = text
    .split(',')
    .flatMap((word) =>
      word === storageWord ? storageProperties : [readName('--props', word, findCarryFault)],
    );
  return [...new Set(names)];
}

function readName(
  option: keyof typeof examples,
  text: string,
  findFault: (name: string) => string | undefined,
): string {
  const name = expandPropertyName(text);
  const fault = findPropertyNameFault(name) ?? findFault(name);
  if (fault === undefined) return name;
  const isName = findPropertyNameFault(name) === undefined;
  const isSettable = option === '--props' && isName && findChoiceFault(name) === undefined;
  const otherwise = isName ? `leave ${name} out` : `write e.g. ${examples[option]}`;
  throw new ZfsVmError('usage', `${option} ${JSON.stringify(text)} can't be: ${fault}`, {
    hint: isSettable ? `say it with -o ${name}=VALUE` : otherwise,
  });
}
