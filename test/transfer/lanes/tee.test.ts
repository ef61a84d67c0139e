import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Exit, Host, HostProcess } from '../../../src/host/host.js';
import { readTail } from '../../../src/host/run-command.js';
import { LagAccount } from '../../../src/transfer/lanes/lag-account.js';
import { Tee } from '../../../src/transfer/lanes/tee.js';

const mebibyte = 2 ** 20;

/** A time that stands still until the test moves it. */
class StoppedClock {
  ms = 0;
  readonly nowMs = (): number => this.ms;
}

/** A command that writes as many MiB as the test lets it, when they are read. */
class FakeCommand {
  readonly stdout = Readable.from(this.#generate(), { objectMode: false, highWaterMark: 1 });
  readonly stderr = new PassThrough();
  readonly host: Host;
  /** How often it was started. */
  starts = 0;
  isStopped = false;
  /** How many MiB have been read of it. */
  read = 0;
  #limit = 0;
  #hasEnded = false;
  #wake: (() => void) | undefined;
  #end: ((exit: Exit) => void) | undefined;
  readonly #exit = new Promise<Exit>((resolve) => {
    this.#end = resolve;
  });

  constructor() {
    this.host = {
      name: 'local',
      joinsPipes: true,
      start: (_argv, { signal } = {}) => {
        this.starts++;
        signal?.addEventListener('abort', () => {
          this.isStopped = true;
          void this.end({ kind: 'stopped' });
        });
        const { stdout, stderr } = this;
        return Promise.resolve({ stdin: new PassThrough(), stdout, stderr, exit: this.#exit });
      },
      close: () => Promise.resolve(),
    };
  }

  /** Has so many MiB more to say. */
  async write(mebibytes: number): Promise<void> {
    this.#limit += mebibytes;
    this.#wake?.();
    await settle();
  }

  async end(exit: Exit): Promise<void> {
    this.#hasEnded = true;
    this.#wake?.();
    this.stderr.end();
    this.#end?.(exit);
    await settle();
  }

  async *#generate(): AsyncGenerator<Buffer> {
    for (;;) {
      if (this.read < this.#limit) {
        this.read++;
        yield Buffer.alloc(mebibyte, 'x');
      } else if (this.#hasEnded) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}

/** Lets everything happen that can happen by itself. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 200; turns++) await turn();
}

interface Reader {
  readonly process: HostProcess;
  readonly account: LagAccount;
  readonly close: () => Promise<void>;
}

async function open(
  count: number,
  clock = new StoppedClock(),
): Promise<{ command: FakeCommand; readers: Reader[] }> {
  const command = new FakeCommand();
  const accounts = Array.from({ length: count }, () => new LagAccount(clock));
  const tee = new Tee(command.host, accounts);
  const readers = await Promise.all(
    tee.hosts.map(async (host, index): Promise<Reader> => {
      const process = await host.start(['zfs', 'send']);
      void readTail(process.stderr);
      const account = accounts[index] ?? new LagAccount(clock);
      return { process, account, close: () => host.close() };
    }),
  );
  return { command, readers };
}

/** Reads a stream from now on; gives how many bytes came so far. */
function count(stream: Readable): () => number {
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  return () => bytes;
}

test('one command serves all, and each reader gets every byte and how it ended', async () => {
  const { command, readers } = await open(3);
  const counts = readers.map(({ process }) => count(process.stdout));
  await command.write(8);
  await command.end({ kind: 'exited', code: 3 });
  assert.deepEqual(await Promise.all(readers.map(({ process }) => process.exit)), [
    ...Array.from({ length: 3 }, () => ({ kind: 'exited', code: 3 })),
  ]);
  assert.deepEqual(
    counts.map((read) => read()),
    [8, 8, 8].map((size) => size * mebibyte),
  );
  assert.equal(command.starts, 1);
});

test('every reader hears what the command says on stderr', async () => {
  const command = new FakeCommand();
  const clock = new StoppedClock();
  const { hosts } = new Tee(command.host, [new LagAccount(clock), new LagAccount(clock)]);
  const processes = await Promise.all(hosts.map((host) => host.start(['zfs'])));
  for (const { stdout } of processes) stdout.resume();
  command.stderr.write('cannot send');
  await command.end({ kind: 'exited', code: 1 });
  assert.deepEqual(await Promise.all(processes.map(({ stderr }) => readTail(stderr))), [
    'cannot send',
    'cannot send',
  ]);
});

test('when one reader takes nothing, the command has to wait, and memory stays flat', async () => {
  const { command, readers } = await open(2);
  const [fast, slow] = readers.map(({ process }) => process);
  assert.ok(fast && slow);
  const read = count(fast.stdout);
  await command.write(100);
  assert.ok(command.read >= 4 && command.read <= 7, `${command.read} MiB`);
  slow.stdout.resume();
  await settle();
  assert.equal(command.read, 100);
  assert.ok(read() >= 99 * mebibyte);
});

test('the time for which others wait is put down to the one who is slow, and to nobody else', async () => {
  const clock = new StoppedClock();
  const { command, readers } = await open(3, clock);
  const [first, slow, third] = readers;
  assert.ok(first && slow && third);
  first.process.stdout.resume();
  third.process.stdout.resume();
  await command.write(2);
  clock.ms += 1000;
  assert.equal(slow.account.heldMs, 0, 'it has room yet');
  await command.write(20);
  clock.ms += 3000;
  slow.process.stdout.resume();
  await settle();
  clock.ms += 5000;
  assert.deepEqual([first.account.heldMs, slow.account.heldMs, third.account.heldMs], [0, 3000, 0]);
});

test('when all are equally slow, nobody holds anybody back', async () => {
  const clock = new StoppedClock();
  const { command, readers } = await open(2, clock);
  await command.write(20);
  clock.ms += 60000;
  assert.deepEqual(
    readers.map(({ account }) => account.heldMs),
    [0, 0],
  );
});

test('one who leaves holds nobody back any more, and the others get all', async () => {
  const { command, readers } = await open(2);
  const [stays, leaves] = readers;
  assert.ok(stays && leaves);
  const read = count(stays.process.stdout);
  await command.write(20);
  await leaves.close();
  assert.deepEqual(await leaves.process.exit, { kind: 'stopped' });
  assert.equal(command.isStopped, false);
  await command.write(20);
  await command.end({ kind: 'exited', code: 0 });
  assert.deepEqual(await stays.process.exit, { kind: 'exited', code: 0 });
  assert.ok(read() >= 20 * mebibyte);
});

test('when all have left, the command is stopped', async () => {
  const { command, readers } = await open(2);
  await readers[0]?.close();
  assert.equal(command.isStopped, false);
  await readers[1]?.close();
  assert.equal(command.isStopped, true);
});

test('one who comes late finds everything that was said before', async () => {
  const command = new FakeCommand();
  const clock = new StoppedClock();
  const { hosts } = new Tee(command.host, [new LagAccount(clock), new LagAccount(clock)]);
  const [early, late] = hosts;
  assert.ok(early && late);
  const first = await early.start(['zfs']);
  first.stdout.resume();
  await command.write(2);
  await command.end({ kind: 'exited', code: 0 });
  const second = await late.start(['zfs']);
  void readTail(second.stderr);
  const read = count(second.stdout);
  assert.deepEqual(await second.exit, { kind: 'exited', code: 0 });
  assert.equal(read(), 2 * mebibyte);
});

test('readers who want different commands are a defect', async () => {
  const clock = new StoppedClock();
  const { hosts } = new Tee(new FakeCommand().host, [new LagAccount(clock), new LagAccount(clock)]);
  await hosts[0]?.start(['zfs', 'a']);
  await assert.rejects(async () => hosts[1]?.start(['zfs', 'b']), /want different ones/);
});
