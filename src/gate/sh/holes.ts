/*
 * Holes in what the renderings of requests make: where a value of a client stands, once there is one.
 */

/** Stands for the value of a shell variable in a script that is rendered: a plain word, which no quoting changes. */
export function shellHole(name: string): string {
  return `@${name}@`;
}

/** A script with variables in its holes. */
export function fillShellHoles(script: string, names: readonly string[]): string {
  return names.reduce((text, name) => text.replaceAll(shellHole(name), `"$${name}"`), script);
}

/** Stands before and after the name of a value in a template, for awk: no text of a request has it. */
export const holeMark = '\u0001';

/** Stands for the values of a field in a template. */
export function valueHole(name: string): string {
  return `${holeMark}${name}${holeMark}`;
}

/** A text of a program of awk. */
export function awkText(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  return `"${escaped.replaceAll('\t', '\\t').replaceAll(holeMark, '\\001')}"`;
}
