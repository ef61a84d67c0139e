import { readFileSync } from 'node:fs';

/** What `scripts/bundle.js` puts in, as a single executable has no package.json beside it; not there where the sources run. */
declare const builtVersion: string | undefined;

/** The version of the program. */
export function readProgramVersion(): string {
  if (typeof builtVersion === 'string') return builtVersion;
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
