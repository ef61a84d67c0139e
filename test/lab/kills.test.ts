import { after, before, test } from 'node:test';
import { acquireClientLab, type ClientLab } from './client.js';
import { prepareKills, runKill } from './kills.js';

let lab: ClientLab;

before(async () => {
  lab = await acquireClientLab();
});

after(async () => {
  await lab.a.setLink({});
  await lab.release();
});

// `npm run test:kills` does many, at random.
test('a sender that is reset in the middle goes on where it stood', async () => {
  const { undisturbedBytes } = await prepareKills(lab);
  await runKill(lab, { victim: 'sender', afterSeconds: 12 }, undisturbedBytes);
});
