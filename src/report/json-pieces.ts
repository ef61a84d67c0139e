import { repeatable } from '../base/repeatable.js';

/**
 * A value as JSON on several lines, as `JSON.stringify(value, null, 2)` gives it, in pieces: what can be iterated and is no array becomes
 * one, whose elements are made when they are written. Such a list may stand in an object, also in one of another list.
 */
export function* toJsonPieces(value: unknown, indent = ''): Generator<string> {
  if (isList(value)) {
    yield* writeList(value, indent);
  } else if (hasList(value)) {
    yield* writeObject(value, indent);
  } else {
    const text = JSON.stringify(value, null, 2);
    yield indent === '' ? text : text.replaceAll('\n', `\n${indent}`);
  }
}

function* writeList(list: Iterable<unknown>, indent: string): Generator<string> {
  const inner = `${indent}  `;
  let isEmpty = true;
  for (const element of list) {
    yield `${isEmpty ? '[' : ','}\n${inner}`;
    yield* toJsonPieces(element, inner);
    isEmpty = false;
  }
  yield isEmpty ? '[]' : `\n${indent}]`;
}

function* writeObject(object: object, indent: string): Generator<string> {
  const inner = `${indent}  `;
  let start = '{';
  for (const [key, value] of Object.entries(object)) {
    if (value === undefined) continue;
    yield `${start}\n${inner}${JSON.stringify(key)}: `;
    yield* toJsonPieces(value, inner);
    start = ',';
  }
  yield `\n${indent}}`;
}

function isList(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value && !Array.isArray(value);
}

/** Whether a list is in it. An array has none: only what is iterated is made as it is written. */
function hasList(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).some(mayHaveList)
  );
}

function mayHaveList(value: unknown): boolean {
  return isList(value) || hasList(value);
}

/** What is made of each element of a list when it is written. */
export function mapLater<T, U>(list: Iterable<T>, make: (element: T) => U): Iterable<U> {
  return repeatable(function* () {
    for (const element of list) yield make(element);
  });
}
