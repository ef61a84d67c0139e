/**
 * Of some names, the one that a person most likely meant by a word that is none of them; undefined when none is near. Near is one slip of the
 * hand, in longer words two or three: a character too many, missing, or another one, two that changed places, or another case.
 */
export function findNearest(word: string, names: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let least = Infinity;
  for (const name of names) {
    const edits = countSlips(word, name);
    if (edits < least) [nearest, least] = [name, edits];
  }
  return least <= mostSlips(word) ? nearest : undefined;
}

/** The end of a message about a word that is none of some names: `; did you mean "push"?`, or nothing where none of them is near. */
export function didYouMean(word: string, names: Iterable<string>): string {
  const nearest = findNearest(word, names);
  return nearest === undefined ? '' : `; did you mean "${nearest}"?`;
}

/** In a short word, nearly everything is near. */
function mostSlips({ length }: string): number {
  if (length <= 2) return 0.5;
  return Math.min(3, Math.max(1, Math.floor(length / 3))) + 0.5;
}

/** Counts less for another case, and for a name that begins like the word. */
function countSlips(word: string, name: string): number {
  if (word === name) return 0;
  const [a, b] = [word.toLowerCase(), name.toLowerCase()];
  const letters = a.replace(/^-+/, '').length;
  const shared = countShared(a, b) - (a.length - letters);
  return shared >= Math.max(3, letters - 1) ? 0.75 : countEdits(a, b) + 0.5;
}

function countShared(a: string, b: string): number {
  let count = 0;
  while (count < a.length && a[count] === b[count]) count++;
  return count;
}

/**
 * How many characters have to be put in, left out, changed or swapped with the next one to make one text of another, each of them once
 * (the restricted distance of Damerau and Levenshtein).
 */
export function countEdits(from: string, to: string): number {
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let line = 1; line <= from.length; line++) {
    const next = [line];
    for (let column = 1; column <= to.length; column++) {
      const [above = 0, left = 0, diagonal = 0] = [row[column], next[column - 1], row[column - 1]];
      const isSame = from[line - 1] === to[column - 1];
      const isSwapped =
        line > 1 && column > 1 && from[line - 1] === to[column - 2] && from[line - 2] === to[column - 1];
      const swapped = isSwapped ? (before[column - 2] ?? 0) + 1 : Infinity;
      next.push(Math.min(above + 1, left + 1, diagonal + (isSame ? 0 : 1), swapped));
    }
    [before, row] = [row, next];
  }
  return row[to.length] ?? 0;
}
