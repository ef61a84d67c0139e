import type { Field } from '../../requests/fields.js';
import type { Fields } from '../../requests/request.js';
import { valueHole } from './holes.js';

/*
 * A request, a leg or a record can be said in a number of ways, by the words that it has and what it leaves out. Each of them is rendered
 * beforehand, with holes where its other values go.
 */

/** One of those ways. */
export interface Variant {
  /** What tells it from the others: a word for each field that isn't only a value. */
  readonly key: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** All ways to say some fields. @param without those that make no difference: they are left out */
export function variantsOf(fields: Fields, without: readonly string[] = []): Variant[] {
  let variants: Variant[] = [{ key: '', values: {} }];
  for (const [name, field] of Object.entries(fields)) {
    const choices = without.includes(name) ? [{ key: '', value: field.read([]) }] : choicesOf(name, field);
    variants = variants.flatMap(({ key, values }) =>
      choices.map((choice) => ({ key: `${key}${choice.key}`, values: { ...values, [name]: choice.value } })),
    );
  }
  return variants;
}

/** How awk finds the same key: what each field adds to it. */
export type KeyPart = 'none' | 'presence' | 'word' | 'words';

/** What a field adds to the key of a variant: nothing, whether it is there, or which words. */
export function keyPartOf({ times, shape }: Field<unknown>): KeyPart {
  if (times === 'at most once') return 'presence';
  if (shape.words === undefined) return 'none';
  return times === 'once' ? 'word' : 'words';
}

function choicesOf(name: string, field: Field<unknown>): readonly { key: string; value: unknown }[] {
  const words = field.shape.words ?? [];
  const hole = valueHole(name);
  switch (keyPartOf(field)) {
    case 'presence':
      return [
        { key: ' -', value: field.read([]) },
        { key: ` ${name}`, value: words.length === 0 ? hole : true },
      ];
    case 'word':
      return words.map((word) => ({ key: ` ${word}`, value: word }));
    case 'words':
      return subsetsOf(words).map((some) => ({ key: ` ${some.join(',') || '-'}`, value: some }));
    case 'none':
      return [{ key: '', value: field.times === 'once' ? hole : [hole] }];
  }
}

function subsetsOf(words: readonly string[]): string[][] {
  return words.reduce<string[][]>((all, word) => [...all, ...all.map((some) => [...some, word])], [[]]);
}
