import { after, before, test } from 'node:test';
import { runScenario, startKindPair, type KindPair } from './matrix-pair.js';
import { scenarios } from './matrix-scenarios.js';

// The short part of `npm run test:matrix`, on the two kinds whose images the other tests need anyway.
let pair: KindPair | undefined;

before(async () => {
  pair = await startKindPair(`matrix-${process.pid}`, ['2.1', '2.3']);
});

after(() => pair?.stop());

for (const scenario of scenarios.filter(({ isShort }) => isShort === true)) {
  for (const [index, direction] of ['2.1 to 2.3', '2.3 to 2.1'].entries()) {
    test(`${scenario.title}: from OpenZFS ${direction}`, async () => {
      const hosts = pair?.directions[index];
      if (hosts === undefined) throw new Error('the hosts are there only while tests run');
      await runScenario(hosts, scenario);
    });
  }
}
