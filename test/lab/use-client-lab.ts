import { after, before, beforeEach } from 'node:test';
import { acquireClientLab, freshPools, type ClientLab } from './client.js';

/** The lab of a test file: there from its first test on, with empty pools before each, and given back after the last. */
export function useClientLab(): Pick<ClientLab, 'a' | 'b' | 'outside' | 'lab'> {
  let acquired: ClientLab | undefined;
  const get = (): ClientLab => {
    if (acquired === undefined) throw new Error('the lab is there only while tests run');
    return acquired;
  };
  before(async () => {
    acquired = await acquireClientLab();
  });
  beforeEach(() => freshPools(get()));
  after(() => acquired?.release());
  return {
    get a() {
      return get().a;
    },
    get b() {
      return get().b;
    },
    get outside() {
      return get().outside;
    },
    get lab() {
      return get().lab;
    },
  };
}
