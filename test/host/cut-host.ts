import type { Host } from '../../src/host/host.js';
import { LocalHost } from '../../src/host/local-host.js';

/** This machine, where each command gets no more of its stdin than so many bytes, as if the way to it had broken then. */
export function cutAfter(bytes: number): Host {
  const local = new LocalHost();
  return {
    name: local.name,
    joinsPipes: local.joinsPipes,
    start: (argv, options) => local.start(['sh', '-c', `head -c ${bytes} | "$@"`, 'sh', ...argv], options),
    close: () => local.close(),
  };
}
