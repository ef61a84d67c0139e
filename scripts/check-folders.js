/** Fails when folders of src/ import each other in a circle: then none of them can be read without the others. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = join(dirname(fileURLToPath(import.meta.url)), '..', 'src');

/** What each folder imports of the others. */
const imported = new Map();
for (const file of readdirSync(source, { recursive: true }).filter((name) => name.endsWith('.ts'))) {
  const folder = dirname(file);
  const others = imported.get(folder) ?? new Map();
  imported.set(folder, others);
  const text = readFileSync(join(source, file), 'utf8');
  for (const [, path] of text.matchAll(/(?:from|import\()\s*'(\.[^']*)'/g)) {
    const other = dirname(normalize(join(folder, path)));
    if (other !== folder) others.set(other, relative(source, join(source, file)));
  }
}

/** The first circle that a folder is in, as the folders on the way. */
function findCircle(folder, way) {
  const seenAt = way.indexOf(folder);
  if (seenAt >= 0) return [...way.slice(seenAt), folder];
  if (done.has(folder)) return undefined;
  for (const other of imported.get(folder)?.keys() ?? []) {
    const circle = findCircle(other, [...way, folder]);
    if (circle !== undefined) return circle;
  }
  done.add(folder);
  return undefined;
}

const done = new Set();
for (const folder of imported.keys()) {
  const circle = findCircle(folder, []);
  if (circle === undefined) continue;
  const steps = circle.slice(1).map((other, index) => {
    const from = circle[index] ?? '';
    return `  ${from} imports ${other}, e.g. in ${imported.get(from)?.get(other) ?? ''}`;
  });
  console.error(`folders of src/ import each other in a circle:\n${steps.join('\n')}`);
  process.exit(1);
}
