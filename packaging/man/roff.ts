/** A text as roff prints it: nothing in it is a request, and dashes stay dashes that can be pasted. */
export function escapeRoff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('~', '\\(ti')
    .replaceAll('^', '\\(ha')
    .replaceAll('`', '\\(ga')
    .replaceAll("'", '\\(aq')
    .replace(/^\./gm, '\\&.');
}

/** Paragraphs of ours in roff: what stands in backticks is bold, as it is to be typed. An empty line ends a paragraph. */
export function formatProse(text: string): string {
  return text
    .split(/\n{2,}/)
    .map((paragraph) => formatInline(paragraph.replace(/\s*\n\s*/g, ' ').trim()))
    .join('\n.PP\n');
}

/** A line of ours in roff. */
export function formatInline(text: string): string {
  const roff = text
    .split('`')
    .map((part, index) => (index % 2 === 0 || part === '' ? escapeRoff(part) : `\\fB${escapeRoff(part)}\\fP`))
    .join('');
  return roff.replace(/^(\\&)?\./, '\\&.');
}

/** Lines that stay as they are: examples. */
export function formatExample(lines: string): string {
  return `.RS 4\n.EX\n${escapeRoff(lines)}\n.EE\n.RE`;
}

/** A section. */
export function formatSection(title: string, body: string): string {
  return `.SH ${title}\n${body}`;
}

/** A term and what it means, below it. @param term roff already */
export function formatTerm(term: string, meaning: string): string {
  return `.TP\n${term}\n${meaning}`;
}

/** What a page is about. */
export interface PageHead {
  readonly name: string;
  readonly section: number;
  readonly description: string;
  readonly version: string;
  /** The day that stands at its foot. */
  readonly date: Date;
}

/** A page of the manual. */
export function formatPage(
  { name, section, description, version, date }: PageHead,
  sections: string[],
): string {
  const day = date.toISOString().slice(0, 10);
  const head = `.TH ${escapeRoff(name).toUpperCase()} ${section} "${day}" "zfs-vm ${version}" "zfs-vm"`;
  const title = formatSection('NAME', `${escapeRoff(name)} \\- ${formatInline(description)}`);
  return `${[head, '.nh', '.ad l', title, ...sections].join('\n')}\n`;
}
