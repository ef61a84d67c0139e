import { localName } from './local-name.js';

/** What people call a host in a sentence: `this machine`, or its name. */
export function nameHost(hostName: string): string {
  return hostName === localName ? 'this machine' : hostName;
}

/** A dataset or snapshot with the host that has it: `tank/vm` on this machine, `b:tank/vm` on another. */
export function qualify(hostName: string, name: string): string {
  return hostName === localName ? name : `${hostName}:${name}`;
}
