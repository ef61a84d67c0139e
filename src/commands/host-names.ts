/**
 * The hosts that words of a command line name, each once, however often it was named. Here is the one place where words become
 * names of hosts.
 */
export function nameHosts(words: readonly string[]): string[] {
  return [...new Set(words)];
}
