import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PairedHost, type BesideHost } from '../../../src/host/connect/paired-host.js';
import { LocalHost } from '../../../src/host/local-host.js';

/** A host that others open connections beside, which come about when they are let. */
class World {
  readonly opened: FakeBeside[] = [];
  readonly told: string[] = [];
  refuses = false;
  readonly host = new PairedHost(
    new LocalHost(),
    (signal) => {
      const beside = new FakeBeside(signal);
      this.opened.push(beside);
      return this.refuses ? Promise.reject(new Error('Permission denied')) : Promise.resolve(beside);
    },
    (line) => this.told.push(line),
  );
}

class FakeBeside extends LocalHost implements BesideHost {
  isLost = false;
  isClosed = false;
  readonly signal: AbortSignal;

  constructor(signal: AbortSignal) {
    super();
    this.signal = signal;
  }

  override close(): Promise<void> {
    this.isClosed = true;
    return super.close();
  }
}

test('one stream after another gets the same connection, those side by side get one each', async () => {
  const { host, opened } = new World();
  host.bulk.prepare();
  host.bulk.prepare();
  assert.equal(opened.length, 1);
  const first = await host.bulk.open();
  await first?.close();
  const second = await host.bulk.open();
  assert.equal(opened.length, 1);
  const third = await host.bulk.open();
  assert.equal(opened.length, 2);
  await second?.close();
  await third?.close();
  assert.ok(opened.every(({ isClosed }) => !isClosed));
  await host.close();
  assert.ok(opened.every(({ isClosed }) => isClosed));
});

test('a connection that is lost is used no more', async (t) => {
  const { host, opened } = new World();
  t.after(() => host.close());
  await (await host.bulk.open())?.close();
  for (const beside of opened) beside.isLost = true;
  assert.notEqual(await host.bulk.open(), undefined);
  assert.equal(opened.length, 2);
});

test('where a connection is refused, none is tried again, also for those who ask at the same time', async (t) => {
  const world = new World();
  t.after(() => world.host.close());
  world.refuses = true;
  const { bulk } = world.host;
  assert.deepEqual(await Promise.all([bulk.open(), bulk.open(), bulk.open()]), [
    undefined,
    undefined,
    undefined,
  ]);
  assert.equal(await bulk.open(), undefined);
  assert.equal(world.opened.length, 1);
  assert.match(world.told.join(), /Permission denied/);
});

test('there are eight at most: the ninth stream goes the other way', async (t) => {
  const { host } = new World();
  t.after(() => host.close());
  const hosts = [];
  for (let count = 0; count < 9; count++) hosts.push(await host.bulk.open());
  assert.equal(hosts.filter((each) => each === undefined).length, 1);
});

test('a connection that is still being made is given up with the host', async () => {
  const { host, opened } = new World();
  host.bulk.prepare();
  await host.close();
  assert.ok(opened[0]?.signal.aborted);
  assert.equal(await host.bulk.open(), undefined);
});
