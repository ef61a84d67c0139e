import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatRole, roleProperty } from '../../src/zfs/role.js';
import { captureState } from './capture.js';
import type { Machine } from './machine.js';
import { copyByHand } from './meddling.js';
import { Provenance, type Delivery } from './provenance.js';
import { SimWorld } from './sim-world.js';
import { Violation } from './violation.js';

/** Two hosts; a has an image and a clone of it, with versions of which b has copies, as the judge has seen. */
class Judged {
  readonly world = new SimWorld(3);
  readonly a = this.world.addMachine('a');
  readonly b = this.world.addMachine('b');
  readonly #provenance = new Provenance();

  /** @param options whether the copies were made by hand, and nobody has looked */
  constructor({ isUnseen = false } = {}) {
    this.a.pools.create('tank/vm');
    addVersion(this.a, 'tank/vm', 1);
    this.a.pools.clone('tank/vm@zfs-vm:web:1', 'tank/fork');
    addVersion(this.a, 'tank/vm', 2);
    addVersion(this.a, 'tank/fork', 3);
    const bringAll = (): void => {
      bring(this.a, 'tank/vm', this.b, 'tank/vm');
      bring(this.a, 'tank/fork', this.b, 'tank/fork');
    };
    if (isUnseen) bringAll();
    else assert.equal(this.judge(bringAll), 'all is well');
  }

  /** What the judge says when a transfer from a to b has done this to b. */
  judge(
    transfer: () => void,
    { undoes = false, isTouched = false, missesPool = false, isCalm = false } = {},
  ): string {
    const [sender, before] = [captureState(this.a), captureState(this.b)];
    transfer();
    const delivery: Delivery = {
      ...{ from: 'a', to: 'b', sender, before, after: captureState(this.b) },
      ...{ destination: undefined, undoes, isTouched, missesPool, isCalm },
    };
    try {
      this.#provenance.judge(delivery);
      return 'all is well';
    } catch (error) {
      assert.ok(error instanceof Violation, String(error));
      return error.message;
    }
  }
}

function addVersion({ pools }: Machine, dataset: string, version: number): void {
  pools.write(dataset, [version, 7]);
  pools.snapshot([`${dataset}@zfs-vm:web:${version}`]);
}

/** Copies a dataset whole. */
function bring(from: Machine, source: string, to: Machine, place: string): void {
  copyByHand(from.pools.open(source), Infinity, to.pools, place, false);
}

/** Writes down on a dataset that it is the copy of one on a host with these GUIDs. */
function mark({ pools }: Machine, name: string, guid: bigint, poolGuid: bigint): void {
  const role = formatRole({ kind: 'copy', sources: [{ guid, poolGuid }] }, pools.open(name).guid);
  pools.set(name, new Map([[roleProperty, role]]));
}

/** Adds the newest snapshot of a dataset to another one, as an increment does. */
function continueIn(from: Machine, source: string, to: Machine, place: string): void {
  const newest = from.pools.open(source).snapshots.at(-1);
  assert.ok(newest);
  const dataset = to.pools.open(place);
  const txg = to.pools.nextTxg(place);
  dataset.content = newest.content;
  dataset.changedTxg = txg;
  to.pools.addSnapshot(dataset, newest.name, newest.guid, txg);
}

test('a copy that gets the next version of its own source is well', () => {
  const judged = new Judged();
  addVersion(judged.a, 'tank/vm', 4);
  assert.equal(
    judged.judge(() => {
      continueIn(judged.a, 'tank/vm', judged.b, 'tank/vm');
    }),
    'all is well',
  );
});

test('a copy that gets a version of another dataset is seen, whatever the copy is called by then', () => {
  const judged = new Judged();
  addVersion(judged.a, 'tank/vm', 4);
  judged.b.pools.rename('tank/fork', 'tank/between');
  judged.b.pools.rename('tank/vm', 'tank/fork');
  judged.b.pools.rename('tank/between', 'tank/vm');
  assert.equal(
    judged.judge(() => {
      continueIn(judged.a, 'tank/vm', judged.b, 'tank/vm');
    }),
    'tank/vm on the receiver got zfs-vm:web:4 of tank/vm, and it is a copy of tank/fork',
  );
});

test('an archive that gets a version is seen, where the copy is there', () => {
  const judged = new Judged();
  bring(judged.a, 'tank/vm', judged.b, 'tank/archive');
  addVersion(judged.a, 'tank/vm', 4);
  assert.equal(
    judged.judge(() => {
      continueIn(judged.a, 'tank/vm', judged.b, 'tank/archive');
    }),
    'tank/archive on the receiver got zfs-vm:web:4 of tank/vm, whose copy is tank/vm',
  );
});

test('one of several untouched archives may not be taken for the copy, a single one may', () => {
  const takeArchive = (archives: readonly string[]): string => {
    const judged = new Judged();
    judged.b.pools.destroy('tank/fork', { recursive: true });
    judged.b.pools.destroy('tank/vm', { recursive: true });
    for (const name of archives) bring(judged.a, 'tank/vm', judged.b, name);
    addVersion(judged.a, 'tank/vm', 4);
    return judged.judge(() => {
      continueIn(judged.a, 'tank/vm', judged.b, 'tank/one');
    });
  };
  assert.equal(takeArchive(['tank/one']), 'all is well');
  assert.match(takeArchive(['tank/one', 'tank/two']), /somebody else's; .* tank\/one, tank\/two$/);
});

test('a second copy that is made beside the first is seen', () => {
  const judged = new Judged();
  judged.b.pools.rename('tank/vm', 'tank/moved');
  assert.equal(
    judged.judge(() => {
      bring(judged.a, 'tank/vm', judged.b, 'tank/vm');
    }),
    'tank/vm on the receiver got zfs-vm:web:2 of tank/vm, whose copy is tank/moved',
  );
});

test("a copy that is marked as another host's alone, as its mark was lost with a run, may get another one beside it", () => {
  const judged = new Judged();
  judged.b.pools.rename('tank/vm', 'tank/moved');
  mark(judged.b, 'tank/moved', 7n, 8n);
  assert.equal(
    judged.judge(() => {
      bring(judged.a, 'tank/vm', judged.b, 'tank/vm');
    }),
    'all is well',
  );
});

test('what comes without a mark is seen, where nothing went wrong', () => {
  const judged = new Judged();
  addVersion(judged.a, 'tank/vm', 4);
  const transfer = (): void => {
    continueIn(judged.a, 'tank/vm', judged.b, 'tank/vm');
  };
  assert.equal(
    judged.judge(transfer, { isCalm: true }),
    "tank/vm on the receiver got zfs-vm:web:4 of tank/vm, and isn't marked as a copy of it",
  );
  addVersion(judged.a, 'tank/vm', 5);
  mark(judged.b, 'tank/vm', judged.a.pools.open('tank/vm').guid, judged.a.pools.open('tank').guid);
  assert.equal(judged.judge(transfer, { isCalm: true }), 'all is well');
});

test('what sync prunes in the end was there when it took a dataset for the copy', async () => {
  const { world, a, b } = new Judged();
  b.pools.destroy('tank/fork', { recursive: true });
  b.pools.destroy('tank/vm', { recursive: true });
  bring(a, 'tank/vm', b, 'tank/archive');
  addVersion(a, 'tank/vm', 4);
  const words = 'sync --keep-last 1 b';
  const judge = new Provenance().watch(world, 'a', words);
  const { status, stdout, stderr } = await world.run('a', words);
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /using .*archive as the copy/);
  a.pools.destroyBookmark('tank/vm#zfs-vm:web:2');
  judge();
});

test('what can not be seen while its pool is away may get a second copy beside it', () => {
  const judged = new Judged();
  judged.b.pools.rename('tank/vm', 'tank/moved');
  const transfer = (): void => {
    bring(judged.a, 'tank/vm', judged.b, 'tank/vm');
  };
  assert.equal(judged.judge(transfer, { missesPool: true }), 'all is well');
});

test('a dataset that was at its place in step is the copy, though nothing came to it', () => {
  const continueMoved = (wasLookedAt: boolean): string => {
    const judged = new Judged({ isUnseen: true });
    if (wasLookedAt) judged.judge(() => undefined);
    judged.b.pools.rename('tank/vm', 'tank/moved');
    bring(judged.a, 'tank/vm', judged.b, 'tank/archive');
    addVersion(judged.a, 'tank/vm', 4);
    return judged.judge(() => {
      continueIn(judged.a, 'tank/vm', judged.b, 'tank/moved');
    });
  };
  assert.equal(continueMoved(true), 'all is well');
  assert.match(continueMoved(false), /somebody else's; .* tank\/moved, tank\/archive$/);
});

test('whose a snapshot was that is promoted away while it is sent is left open', () => {
  const sendPromoted = (isTouched: boolean): string => {
    const judged = new Judged();
    const { a, b } = judged;
    a.pools.create('tank/img');
    addVersion(a, 'tank/img', 8);
    a.pools.clone('tank/img@zfs-vm:web:8', 'tank/new');
    judged.judge(() => undefined);
    a.pools.promote('tank/new');
    judged.judge(
      () => {
        bring(a, 'tank/new', b, 'tank/img');
      },
      { isTouched },
    );
    addVersion(a, 'tank/new', 9);
    return judged.judge(() => {
      b.pools.clone('tank/img@zfs-vm:web:8', 'tank/new');
      continueIn(a, 'tank/new', b, 'tank/new');
    });
  };
  assert.equal(sendPromoted(true), 'all is well');
  assert.equal(
    sendPromoted(false),
    'tank/new on the receiver got zfs-vm:web:9 of tank/new, whose copy is tank/img',
  );
});

test('whose a version was that is pruned while it is sent, and that a backup still has, is left open', () => {
  const judged = new Judged();
  const { a, b } = judged;
  addVersion(a, 'tank/vm', 4);
  addVersion(a, 'tank/vm', 5);
  bring(a, 'tank/vm', a, 'tank/backup');
  const transfer = (): void => {
    for (const version of [4, 5]) {
      const sent = a.pools.open('tank/backup').snapshots.find(({ name }) => name === `zfs-vm:web:${version}`);
      assert.ok(sent);
      b.pools.addSnapshot(b.pools.open('tank/vm'), sent.name, sent.guid, b.pools.nextTxg('tank/vm'));
    }
  };
  a.pools.destroySnapshots('tank/vm', ['zfs-vm:web:4']);
  assert.equal(judged.judge(transfer, { isTouched: true }), 'all is well');
  addVersion(a, 'tank/backup', 6);
  const bringBackup = (): void => {
    bring(a, 'tank/backup', b, 'tank/backup');
  };
  assert.equal(judged.judge(bringBackup), 'all is well');
  addVersion(a, 'tank/vm', 7);
  const continueVm = (): void => {
    continueIn(a, 'tank/vm', b, 'tank/vm');
  };
  assert.equal(judged.judge(continueVm), 'all is well');
});

test('a clone that has taken the past of the copy over may be gone on with', () => {
  const judged = new Judged();
  judged.b.pools.clone('tank/vm@zfs-vm:web:2', 'tank/new');
  judged.judge(() => undefined);
  judged.b.pools.promote('tank/new');
  addVersion(judged.a, 'tank/vm', 4);
  assert.equal(
    judged.judge(() => {
      continueIn(judged.a, 'tank/vm', judged.b, 'tank/new');
    }),
    'all is well',
  );
});

test('a copy that is lost to make room for another dataset is seen', () => {
  const judged = new Judged();
  judged.a.pools.create('tank/stranger');
  judged.a.pools.snapshot(['tank/stranger@zfs-vm:s:1']);
  assert.match(
    judged.judge(() => {
      judged.b.pools.destroy('tank/fork', { recursive: true });
      bring(judged.a, 'tank/stranger', judged.b, 'tank/fork');
    }),
    /^tank\/fork@zfs-vm:web:3 is lost, and tank\/fork was the copy of tank\/fork/,
  );
});

test('what is lost of a dataset that is no copy is seen, unless it was to be undone', () => {
  const lose = (undoes: boolean): string => {
    const judged = new Judged();
    bring(judged.a, 'tank/vm', judged.b, 'tank/archive');
    judged.b.pools.snapshot(['tank/archive@zfs-vm:web:9']);
    return judged.judge(
      () => {
        judged.b.pools.destroySnapshots('tank/archive', ['zfs-vm:web:9']);
      },
      { undoes },
    );
  };
  assert.equal(lose(false), 'tank/archive@zfs-vm:web:9 is lost, and tank/archive is no copy of ours');
  assert.equal(lose(true), 'all is well');
});

test('what is lost of a dataset that stands in step where the copy belongs is ours to lose', () => {
  const deleteAt = (place: string): string => {
    const judged = new Judged({ isUnseen: true });
    judged.b.pools.rename('tank/vm', 'tank/between');
    judged.b.pools.rename('tank/between', place);
    judged.judge(() => undefined);
    return judged.judge(() => {
      judged.b.pools.destroySnapshots(place, ['zfs-vm:web:1']);
    });
  };
  assert.equal(deleteAt('tank/vm'), 'all is well');
  assert.equal(
    deleteAt('tank/archive'),
    'tank/archive@zfs-vm:web:1 is lost, and tank/archive is no copy of ours',
  );
});
