import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from './random.js';
import { snapshotsByGuid } from './oracle.js';
import type { Machine } from './machine.js';
import { SimWorld, type SimRun } from './sim-world.js';
import { expectRun } from './steps.js';

const [minuteMs, hourMs] = [60_000, 3_600_000];

/** What one line of a crontab says, and the rules of both sides. */
const line = 'sync --keep-hourly 12 --keep-daily 3 backup';
const config = `
  [remotes.backup]
  host = "b"
  dest = "tank/backup"
  [remotes.backup.retention."*"]
  keep-hourly = 48
  keep-daily = 7
`;

/** A version that was made, whenever it was seen. */
interface Made {
  readonly name: string;
  readonly guid: bigint;
  readonly atMs: number;
}

/** Two hosts, of which a has an image and a tree, and everything that is made there. */
class Week {
  readonly world: SimWorld;
  readonly random: Random;
  readonly a: Machine;
  readonly b: Machine;
  /** Every version of a dataset of a that ever was. */
  readonly made = new Map<string, Map<bigint, Made>>();
  readonly story: string[] = [];
  #awayUntilMs = 0;

  constructor(seed: number) {
    this.world = new SimWorld(seed);
    this.random = new Random(seed);
    this.a = this.world.addMachine('a');
    this.b = this.world.addMachine('b');
    this.world.configFiles.set('config.toml', config);
    for (const dataset of ['tank/web', 'tank/tree', 'tank/tree/x', 'tank/tree/y']) {
      this.a.pools.create(dataset);
    }
  }

  async begin(): Promise<void> {
    await expectRun(this.world, 'a', 'tag -n web:1 tank/web');
    await expectRun(this.world, 'a', 'tag -r -n tree:1 tank/tree');
    this.note();
  }

  /** Notes what there is on a: the newest versions are never pruned, so none that was made is missed. */
  note(): void {
    for (const { name, snapshots } of this.a.pools.datasets.values()) {
      const known = this.made.get(name) ?? new Map<bigint, Made>();
      for (const each of snapshots) {
        if (known.has(each.guid)) continue;
        known.set(each.guid, { name: each.name, guid: each.guid, atMs: this.a.dateMs });
      }
      if (known.size > 0) this.made.set(name, known);
    }
  }

  /** An hour: something is written, something goes wrong, and cron runs its line. */
  async spendHour(hour: number): Promise<void> {
    const { random, a, world } = this;
    for (const dataset of ['tank/web', 'tank/tree', 'tank/tree/x', 'tank/tree/y']) {
      const blocks = Array.from({ length: random.pick([1, 5, 60]) }, () => random.below(200));
      if (random.below(3) > 0) a.pools.write(dataset, blocks);
    }
    const run = world.start('a', line);
    const trouble = this.#makeTrouble(run, hour);
    const result = await Promise.race([
      run.finished.then(({ status }) => `status ${status}`),
      world.clock.sleep(40 * minuteMs).then(() => 'still at work'),
    ]);
    this.story.push(`hour ${hour}: ${trouble}, ${result}`);
    this.note();
    await this.#waitFor((hour + 1) * hourMs);
  }

  /** Ends all trouble. */
  end(): void {
    this.b.unreachable = undefined;
    this.b.delayMs = undefined;
  }

  #makeTrouble(run: SimRun, hour: number): string {
    const { random, b, world } = this;
    if (world.clock.nowMs >= this.#awayUntilMs) b.unreachable = undefined;
    b.delayMs = () => random.below(20);
    const soon = (work: () => void): void => {
      void world.clock.sleep(random.below(400)).then(work);
    };
    switch (random.below(9)) {
      case 0: {
        const hours = 1 + random.below(6);
        this.#awayUntilMs = (hour + hours) * hourMs;
        b.unreachable = 'no route to host';
        return `b is away for ${hours} h`;
      }
      case 1:
        soon(() => {
          b.reset();
        });
        return 'b restarts';
      case 2:
        soon(() => {
          run.kill();
        });
        return 'the run is killed';
      case 3:
        soon(() => {
          run.connections.findLast((each) => each.machine === b)?.disconnect('the network is gone');
        });
        return 'the connection breaks';
      case 4:
        b.delayMs = () => random.below(60_000);
        return 'b is slow';
      default:
        return 'no trouble';
    }
  }

  async #waitFor(atMs: number): Promise<void> {
    await this.world.clock.sleep(Math.max(0, atMs - this.world.clock.nowMs));
  }
}

/** The names that these rules keep, found without any of the code that is tested. */
function keptOf(all: Iterable<Made>, hours: number, days: number): string[] {
  const newestFirst = [...all].sort((one, other) => other.atMs - one.atMs);
  const newestOfEach = (length: number): Made[] => {
    const spans = new Map<string, Made>();
    for (const each of newestFirst) {
      const span = new Date(each.atMs).toISOString().slice(0, length);
      if (!spans.has(span)) spans.set(span, each);
    }
    return [...spans.values()];
  };
  const kept = new Set([
    ...newestOfEach('2024-01-01T00'.length).slice(0, hours),
    ...newestOfEach('2024-01-01'.length).slice(0, days),
  ]);
  return [...kept].sort((one, other) => one.atMs - other.atMs).map(({ name }) => name);
}

for (let seed = 1; seed <= 2; seed++) {
  test(`a week of hourly runs with outages ends in sync, with what the rules name (seed ${seed})`, async () => {
    const week = new Week(seed);
    await week.begin();
    for (let hour = 0; hour < 7 * 24; hour++) await week.spendHour(hour);
    week.end();
    await expectRun(week.world, 'a', line);
    week.note();
    const story = week.story.join('\n');
    const namesOn = (machine: Machine, dataset: string): string[] =>
      machine.pools.open(dataset).snapshots.map(({ name }) => name);
    assert.ok(week.made.size === 4 && [...week.made.values()].every(({ size }) => size > 60), story);
    for (const [dataset, made] of week.made) {
      const place = dataset.replace('tank/', 'tank/backup/');
      assert.deepEqual(namesOn(week.a, dataset), keptOf(made.values(), 12, 3), `${dataset}\n${story}`);
      assert.deepEqual(namesOn(week.b, place), keptOf(made.values(), 48, 7), `${place}\n${story}`);
    }
    const known = new Set([...week.made.values()].flatMap((each) => [...each.keys()]));
    for (const guid of snapshotsByGuid(week.b).keys()) assert.ok(known.has(guid), story);
    for (const { fullName, holds } of snapshotsByGuid(week.a).values()) assert.equal(holds.size, 0, fullName);
    assert.deepEqual(week.world.journal('a').records, []);
  });
}
