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
  help: 'copy these properties from the sender to new datasets: comma-separated names, or "storage"',
});

/** The options about what datasets get beside their content. */
export const propertyOptions = {
  set: setOption('set PROPERTY on the receiver, as "zfs receive -o" does'),
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
    throw new ZfsVmError('usage', `invalid value for -o: ${JSON.stringify(text)} is not PROPERTY=VALUE`, {
      hint: 'use e.g. -o compression=lz4',
    });
  }
  const name = readName('-o', text.slice(0, separator), findChoiceFault);
  const value = text.slice(separator + 1);
  const fault = findPropertyValueFault(value);
  if (fault !== undefined) {
    throw new ZfsVmError('usage', `invalid value for -o ${name}: ${fault}`, {
      hint: 'use one line, as for "zfs set", e.g. -o compression=lz4',
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
  const otherwise = isName ? `omit ${name}` : `use e.g. ${examples[option]}`;
  throw new ZfsVmError('usage', `invalid value for ${option}: ${JSON.stringify(text)}: ${fault}`, {
    hint: isSettable ? `use -o ${name}=VALUE` : otherwise,
  });
}
