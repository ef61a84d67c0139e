/** Something that must never be, in words. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** Expects something that must always be so. @throws Violation */
export function expectThat(isSo: boolean, what: string): asserts isSo {
  if (!isSo) throw new Violation(what);
}
