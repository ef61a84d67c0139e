import { tagPrefix } from '../../streamline/tag.js';
import { tooLongVersionExpression, versionExpression } from '../../streamline/version.js';
import { awkText } from './holes.js';

/** A function of awk that tells whether the part of a snapshot's name after `@` is a version that may pass (`findSnapshotFault`). */
export function versionRule(streamlines: readonly string[]): string {
  if (streamlines.length === 0) return 'function isVersion(name) { return 1 }';
  return [
    'function isVersion(name,  version) {',
    `  if (!sub(${awkText(`^${tagPrefix}`)}, "", name)) return 0`,
    '  version = name',
    '  sub(/^[^:]*:/, "", version)',
    `  if (version !~ ${awkText(`^(${versionExpression})$`)}) return 0`,
    '  # Such a number could be too large for a semantic version.',
    `  if (version ~ /[.]/ && version ~ ${awkText(tooLongVersionExpression)}) return 0`,
    '  if (!sub(/:[^:]*$/, "", name) || name !~ /^[A-Za-z0-9_. -]+$/ || name ~ /^ | $/) return 0',
    `  return ${streamlines.map((glob) => `name ~ ${awkText(globExpression(glob))}`).join(' || ')}`,
    '}',
  ].join('\n');
}

/** A pattern for streamlines (`matchesGlob`) as an extended regular expression. */
function globExpression(glob: string): string {
  const parts = Array.from(glob, (char) => {
    if (char === '*') return '.*';
    if (char === '?') return '.';
    if (/[A-Za-z0-9_ -]/.test(char)) return char;
    return char === '^' || char === '\\' ? `\\${char}` : `[${char}]`;
  });
  return `^${parts.join('').replace(/(\.\*)+/g, '.*')}$`;
}
