import { after, before, test } from 'node:test';
import { acquireChaosLab } from './chaos.js';
import { findFault } from './chaos-faults.js';
import { playRound } from './chaos-play.js';
import { chooseRound } from './chaos-round.js';
import type { ClientLab } from './client.js';

let lab: ClientLab | undefined;

before(async () => {
  lab = await acquireChaosLab();
});

after(() => lab?.release());

/**
 * What the other tests of the lab don't have already, and only so much of it as there is time for. `npm run test:chaos` plays all,
 * at random.
 */
const selection: readonly (readonly [fault: string, seed: number])[] = [
  ['a snapshot is destroyed under a send', 4],
  ['two clients bring the same streamlines', 6],
];

for (const [fault, seed] of selection) {
  test(`nothing is lost when, in the middle of a run, ${fault}`, async () => {
    if (lab === undefined) throw new Error('there is no lab');
    await playRound(lab, chooseRound(seed, [findFault(fault)]));
  });
}
