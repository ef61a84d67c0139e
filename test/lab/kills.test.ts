import { afterEach, test } from 'node:test';
import { prepareKills, runKill } from './kills.js';
import { useClientLab } from './use-client-lab.js';

const lab = useClientLab();

afterEach(() => lab.a.setLink({}));

// `npm run test:kills` does many, at random.
test('a sender that is reset in the middle goes on where it stood', async () => {
  const { undisturbedBytes } = await prepareKills(lab);
  await runKill(lab, { victim: 'sender', afterSeconds: 12 }, undisturbedBytes);
});
