/** What can be iterated again and again, and is made anew each time. */
export function repeatable<T>(make: () => Iterable<T>): Iterable<T> {
  return { [Symbol.iterator]: () => make()[Symbol.iterator]() };
}
