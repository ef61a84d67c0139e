import type { ChalkInstance } from 'chalk';
import type { TaggedSnapshot } from '../../streamline/dataset.js';
import { fullNameOf } from '../../streamline/dataset.js';
import type { Reach } from '../../streamline/lineage-reach.js';
import type { LineageNode } from '../../streamline/lineage-tree.js';
import { formatTagShort } from '../../streamline/tag.js';
import type { Lineages } from '../../tasks/list/list-lineages.js';
import { cutText } from '../terminal/columns.js';

/** How many versions of a streamline are named; of more, the first and the last. */
const mostNamed = 8;

/** How lineages are drawn. */
export interface LineageTextOptions {
  readonly colors: ChalkInstance;
  /** How many characters fit into a line; any number if undefined. */
  readonly width: number | undefined;
}

/** Lineages as a drawn tree: a line for each dataset, clones below what they were cloned from. */
export function formatLineages(
  { nodes, asides, reaches }: Omit<Lineages, 'host'>,
  { colors, width = Infinity }: LineageTextOptions,
): string[] {
  const lines: string[] = [];
  const add = (node: LineageNode, start: string, below: string): void => {
    const { dataset, members, from, versions, clones } = node;
    const origin = from === undefined ? '' : `from ${from.name}: `;
    const count = members === 0 ? '' : ` (+${members})`;
    const aside = asides.has(dataset) ? ' (set aside)' : '';
    const others = listReaches(versions, reaches.get(dataset) ?? []);
    const place = `${start}${origin}${dataset}${count}${aside}${others}`;
    const own = listVersions(versions);
    const line = cutText(`${place}  ${own}`, width);
    lines.push(
      line.startsWith(`${place}  `) ? `${place}  ${colors.bold(line.slice(place.length + 2))}` : line,
    );
    for (const [index, clone] of clones.entries()) {
      const isLast = index === clones.length - 1;
      add(clone, `${below}${isLast ? '└─ ' : '├─ '}`, `${below}${isLast ? '   ' : '│  '}`);
    }
  };
  for (const node of nodes) add(node, '', '');
  return lines;
}

/** How far other hosts are, e.g. ` [b: 2, c: 3]`. */
function listReaches(versions: readonly TaggedSnapshot[], reaches: readonly Reach[]): string {
  if (reaches.length === 0) return '';
  const isOfOne = new Set(versions.map(({ tag }) => tag.streamline)).size === 1;
  const names = reaches.map(
    ({ host, newest: { tag } }) => `${host}: ${isOfOne ? tag.version.text : formatTagShort(tag)}`,
  );
  return ` [${names.join(', ')}]`;
}

/** The versions of a dataset by streamline: `web: 1 2 3`, `web: 1 2 … 40 (40 versions)`. */
function listVersions(versions: readonly TaggedSnapshot[]): string {
  const byStreamline = new Map<string, string[]>();
  for (const { tag } of versions) {
    const known = byStreamline.get(tag.streamline);
    if (known === undefined) byStreamline.set(tag.streamline, [tag.version.text]);
    else known.push(tag.version.text);
  }
  if (byStreamline.size === 0) return '(no versions)';
  return Array.from(byStreamline, ([streamline, all]) => {
    if (all.length <= mostNamed) return `${streamline}: ${all.join(' ')}`;
    return `${streamline}: ${all.slice(0, 2).join(' ')} … ${all.at(-1) ?? ''} (${all.length} versions)`;
  }).join('; ');
}

/** Lineages as a graph for Graphviz: a box for each dataset with its versions in order, and a dashed arrow to each clone. */
export function formatLineagesAsDot({ nodes, reaches }: Pick<Lineages, 'nodes' | 'reaches'>): string[] {
  const lines = ['digraph lineages {', '  rankdir=LR;', '  node [shape=box];'];
  const add = ({ dataset, versions, from, clones }: LineageNode): void => {
    const names = versions.map(fullNameOf);
    const first = names[0] ?? dataset;
    lines.push(`  subgraph ${quote(`cluster ${dataset}`)} {`, `    label=${quote(dataset)};`);
    if (names.length === 0) lines.push(`    ${quote(dataset)} [label="(no versions)", style=dotted];`);
    const others = reaches.get(dataset) ?? [];
    for (const version of versions) {
      const hosts = others.filter(({ newest }) => newest === version).map(({ host }) => host);
      const label = `${formatTagShort(version.tag)}${hosts.length === 0 ? '' : ` (${hosts.join(', ')})`}`;
      lines.push(`    ${quote(fullNameOf(version))} [label=${quote(label)}];`);
    }
    for (const [index, name] of names.slice(1).entries()) {
      lines.push(`    ${quote(names[index] ?? '')} -> ${quote(name)};`);
    }
    lines.push('  }');
    if (from !== undefined) lines.push(`  ${quote(from.fullName)} -> ${quote(first)} [style=dashed];`);
    for (const clone of clones) add(clone);
  };
  for (const node of nodes) add(node);
  return [...lines, '}'];
}

/** Names of ZFS have no quotes, but what is written is quoted all the same. */
function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}
