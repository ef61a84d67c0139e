import { captureState, describeHost, snapshotsIn } from './capture.js';
import { judgePrune } from './judge.js';
import type { Runner } from './runner.js';
import { expectThat } from './violation.js';

/** Makes a version of some dataset of the sender, and expects that nothing else is made. @throws Violation */
export async function tagSome(runner: Runner): Promise<void> {
  const { sender, receiver, random } = runner.scene;
  const names = [...sender.pools.datasets.keys()].filter((name) => /^[^/ ]+\/[^ ]+$/.test(name));
  if (names.length === 0) return;
  const before = { sender: captureState(sender), receiver: captureState(receiver) };
  const run = runner.start('a', `tag ${random.chance(0.2) ? '-r ' : ''}${random.pick(names)}`);
  const result = await runner.finish(run, { isTag: true });
  const had = new Set([...snapshotsIn(before.sender)].map(({ snapshot }) => snapshot.guid));
  const made = [...snapshotsIn(captureState(sender))].filter(({ snapshot }) => !had.has(snapshot.guid));
  const told = result?.status === 0 ? result.stdout.trim().split('\n') : [];
  expectThat(
    made
      .map(({ dataset, snapshot }) => `${dataset.name}@${snapshot.name}`)
      .sort()
      .join() === told.sort().join(),
    'tag made something else than it says',
  );
  expectThat(
    describeHost(captureState(receiver)) === describeHost(before.receiver),
    'tag changed the other host',
  );
}

/** Prunes one of the hosts, and expects that it loses what it says, and nothing else. @throws Violation */
export async function pruneSome(runner: Runner): Promise<void> {
  const { sender, receiver, random } = runner.scene;
  const host = random.pick(['a', 'b'] as const);
  const [pruned, other] = host === 'a' ? [sender, receiver] : [receiver, sender];
  const rule = random.pick(['--keep-last 1', '--keep-last 2', '--keep-within 1s', '--keep-daily 1']);
  const [before, otherBefore] = [captureState(pruned), captureState(other)];
  const result = await runner.finish(runner.start(host, `prune ${rule} --yes`), { isTag: true });
  expectThat(result?.status === 0, `prune ends with ${result?.status ?? 'nothing'}`);
  judgePrune(before, captureState(pruned), result);
  expectThat(
    describeHost(captureState(other)) === describeHost(otherBefore),
    `prune of ${host} changed the other host`,
  );
}
