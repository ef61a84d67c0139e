import { FieldFault, snapshot, type Shape } from '../../requests/fields.js';
import { bodyEnd, hasBody, protocolWord } from '../../requests/protocol.js';
import {
  schemaOf,
  schemas,
  type Fields,
  type KindWithBody,
  type RequestKind,
  type SentStream,
} from '../../requests/request.js';
import { callOf, isCallKind, renderBody } from '../../requests/render.js';
import { fromSentStream } from '../../requests/streams.js';
import { receiveWords } from '../../zfs/receive.js';
import { estimateArguments, sendArguments, tellingSendArguments, type Stream } from '../../zfs/send.js';
import {
  findKindFault,
  isCut,
  mostParts,
  oursExpression,
  settingExpression,
  type Policy,
} from '../policy.js';
import { poolOf } from '../../zfs/names.js';
import { awkText, holeMark, valueHole } from './holes.js';
import { readerText } from './reader-text.js';
import { versionRule } from './version-rule.js';
import { keyPartOf, variantsOf, type Variant } from './variants.js';

/*
 * The program of awk that reads what a client asks for, and decides whether it may have it: the grammar of the protocol and the policy. Both
 * come from the tables that the other gate has (`request.ts`, `fields.ts`, `policy.ts`). Here they become tables of awk; how awk goes over them is in
 * `reader-text.ts`.
 *
 * It prints `ok` and what the shell needs to know, a value a line, or `refused` and why. Nothing is printed before all was looked at.
 */

/** How many characters a body may have, as at the other gate. */
const longestBody = 2 ** 28;

/** The kinds of requests that a policy lets through, at least in part. */
export function allowedKinds(policy: Policy): RequestKind[] {
  return allKinds.filter((kind) => findKindFault(policy, kind) === undefined);
}

const allKinds = Object.keys(schemas) as RequestKind[];

/** The program. With `mode=request` it reads the variable `request` of the environment, with `mode=body` its stdin, for the kind `kind`. */
export function readerProgram(policy: Policy): string {
  const kinds = allowedKinds(policy);
  const refused = allKinds.filter((kind) => !kinds.includes(kind));
  const shapes = new Shapes();
  const sections = kinds.flatMap((kind) => sectionLines(kind, shapes));
  const templates = kinds.flatMap((kind) => templateLines(kind));
  const sent = policy.allow.has('send') ? sentLines() : [];
  // It is there before the lines of the shapes are.
  shapes.nameOf(snapshot.shape);
  return [
    '# What may be asked for: the fields of each request, of each stream (leg) and of each line of what comes with it (body).',
    'function fillTables(  i, code) {',
    ...sections,
    ...refused.map((kind) => `  refusal[${awkText(kind)}] = ${awkText(findKindFault(policy, kind) ?? '')}`),
    '# What the values have to be.',
    ...shapes.lines,
    '# What the policy says.',
    ...policy.roots.map((root, index) => `  root[${index}] = ${awkText(root)}`),
    ...[...new Set(policy.roots.map(poolOf))].map((pool) => `  isPool[${awkText(pool)}]`),
    ...kinds.filter(isCallKind).map((kind) => `  isCall[${awkText(kind)}] = 1`),
    ...kinds.filter(isCut).map((kind) => `  isCut[${awkText(kind)}]`),
    ...kinds
      .filter(hasBody)
      .flatMap((kind) =>
        lastLines(kind) === '' ? [] : [`  last[${awkText(kind)}] = ${awkText(lastLines(kind))}`],
      ),
    '# What zfs, or the script that calls it, is told, with holes where values go.',
    ...templates,
    ...sent,
    '# Everything else stands in a value as it is.',
    '  for (code = 32; code < 127; code++)',
    '    if (sprintf("%c", code) !~ "[A-Za-z0-9_./:@,-]") character[sprintf("%02X", code)] = sprintf("%c", code)',
    '}',
    versionRule(policy.streamlines),
    readerText
      .replaceAll('PROTOCOL', awkText(protocolWord))
      .replaceAll('BODY_END', awkText(bodyEnd))
      .replaceAll('LONGEST_BODY', String(longestBody))
      .replaceAll('HOLE', awkText(holeMark))
      .replaceAll('MOST_PARTS', String(mostParts))
      .replaceAll('SETTABLE', awkText(settingExpression))
      .replaceAll('HAS_STREAMLINES', policy.streamlines.length > 0 ? '1' : '0')
      .replaceAll('"SNAPSHOT"', awkText(shapes.nameOf(snapshot.shape)))
      .replaceAll('OURS', awkText(oursExpression)),
  ].join('\n');
}

/** The lines that say which fields a kind has. */
function sectionLines(kind: RequestKind, shapes: Shapes): string[] {
  const { fields, legs, body } = schemaOf(kind);
  const sections = [
    ['', fields],
    ['leg', legs],
    ['body', body],
  ] as const;
  return sections.flatMap(([section, own]) =>
    own === undefined
      ? []
      : [`  fields[${awkText(sectionName(kind, section))}] = ${awkText(describeFields(own, shapes))}`],
  );
}

function sectionName(kind: RequestKind, section: '' | 'leg' | 'body'): string {
  return section === '' ? kind : `${kind} ${section}`;
}

/** Name, times, shape, what it adds to the key of a template, and whether it names a dataset: separated by colons, and fields by blanks. */
function describeFields(fields: Fields, shapes: Shapes): string {
  return Object.entries(fields)
    .map(([name, field]) => {
      const times = field.times.replaceAll(' ', '-');
      const isPlace =
        (field.places?.(field.times === 'any' || field.times === 'at least once' ? ['x'] : 'x') ?? [])
          .length > 0;
      return [name, times, shapes.nameOf(field.shape), keyPartOf(field), isPlace ? 'place' : '-'].join(':');
    })
    .join(' ');
}

/** The shapes that are used, each once. */
class Shapes {
  readonly #names = new Map<Shape, string>();

  nameOf(shape: Shape): string {
    const name = this.#names.get(shape) ?? `s${this.#names.size}`;
    this.#names.set(shape, name);
    return name;
  }

  get lines(): string[] {
    return [...this.#names].flatMap(([{ fits, lacks, mostCharacters, largest, words }, name]) => [
      `  fits[${awkText(name)}] = ${awkText(fits)}`,
      ...(lacks === undefined ? [] : [`  lacks[${awkText(name)}] = ${awkText(lacks)}`]),
      ...(mostCharacters === undefined ? [] : [`  longest[${awkText(name)}] = ${mostCharacters}`]),
      ...(largest === undefined ? [] : [`  largest[${awkText(name)}] = ${awkText(largest)}`]),
      ...(words === undefined ? [] : [`  words[${awkText(name)}] = ${awkText(words.join(' '))}`]),
    ]);
  }
}

/** What a kind's body and legs become. */
function templateLines(kind: RequestKind): string[] {
  const { body, legs } = schemaOf(kind);
  if (kind === 'receive-lane' && legs !== undefined) {
    return variantsOf(legs, ['snapshot', 'isResumed', 'origin']).flatMap((variant) => {
      const { type, makesFilesystem, isResumable } = variant.values;
      if (type === 'volume' && makesFilesystem === true) return [];
      return [
        templateLine(
          `${kind} leg`,
          variant,
          receiveTemplate(type as 'filesystem', makesFilesystem === true, isResumable === true),
        ),
      ];
    });
  }
  // Both are about streams that are sent.
  if (body === undefined || kind === 'estimate') return [];
  return variantsOf(body).map((variant) =>
    templateLine(`${kind} body`, variant, renderVariant(kind as KindWithBody, variant)),
  );
}

/** What zfs is called with for each stream that can be sent, and what comes before that. */
function sentLines(): string[] {
  const fields = schemaOf('send-lane').legs ?? {};
  const templates = variantsOf(fields).flatMap((variant) => {
    const words = unlessFault(() =>
      sendArguments(fromSentStream(variant.values as unknown as SentStream)).slice(1),
    );
    return words === undefined ? [] : [templateLine('stream', variant, toLines(words))];
  });
  const sample: Stream = { kind: 'resume', token: '-' };
  const ownLength = sendArguments(sample).length - 1;
  const prefixes = {
    ...{
      plain: sendArguments(sample),
      telling: tellingSendArguments(sample),
      estimating: estimateArguments(sample),
    },
  };
  return [
    ...templates,
    ...Object.entries(prefixes).map(
      ([how, words]) => `  sendWords[${awkText(how)}] = ${awkText(toLines(words.slice(0, -ownLength)))}`,
    ),
  ];
}

function toLines(words: readonly string[]): string {
  return words.map((word) => `${word}\n`).join('');
}

/** Undefined for what no request can be. */
function unlessFault<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof FieldFault) return undefined;
    throw error;
  }
}

function templateLine(section: string, { key }: Variant, text: string): string {
  return `  template[${awkText(`${section}${key}`)}] = ${awkText(text)}`;
}

/** The words of zfs for a record, a line each, or what its script reads of it. */
function renderVariant(kind: KindWithBody, { values }: Variant): string {
  // It becomes the name of the bookmark, too.
  const snapshotName = `${valueHole('name<')}@${valueHole('name>')}`;
  if (kind === 'bookmark') return toLines(callOf(kind, { name: snapshotName }));
  if (isCallKind(kind)) return toLines(callOf(kind, values as never));
  const text = [...(renderBody(kind, [values as never]) as Iterable<string>)].join('');
  // What is expected stands in a line of its own, before all others.
  if (kind === 'how-far') return text.replace(/^\n/, '');
  return text.slice(0, text.length - lastLines(kind).length);
}

/** What the script of a kind reads at the end. */
function lastLines(kind: KindWithBody): string {
  return isCallKind(kind) || kind === 'how-far'
    ? ''
    : [...(renderBody(kind, []) as Iterable<string>)].join('');
}

/** The words of a receive, with holes: `-o` and `-x` for what is chosen, and before the target what else the snapshot's name needs. */
function receiveTemplate(
  type: 'filesystem' | 'volume',
  makesFilesystem: boolean,
  isResumable: boolean,
): string {
  const [set, value] = [`${holeMark}set`, holeMark];
  const { options, exclusions, target } = receiveWords({
    ...{ destination: valueHole('destination'), snapshot: undefined, type, origin: valueHole('origin') },
    ...{ makesFilesystem, isResumable },
    properties: { set: [{ name: set, value }], exclude: [valueHole('exclude')] },
  });
  const words = [...options, ...exclusions, target];
  return words.map((word) => `${word === `${set}=${value}` ? valueHole('set') : word}\n`).join('');
}
