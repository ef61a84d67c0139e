import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createWriteStream } from 'node:fs';
import { joinPieces } from '../src/base/write-all.js';

/** What there is a lot of. */
export interface LargeContent {
  readonly datasets: number;
  /** Versions of each, each dataset having a streamline of its own. */
  readonly versions: number;
  /** Other snapshots of each. */
  readonly others?: number;
}

/** Its lists are files, so that it costs next to nothing; nothing is held, and nothing is large. */
const zfs = `#!/bin/sh
here=$(dirname "$0")
case "$*" in
*'-t filesystem,volume'*) exec cat "$here/datasets" ;;
*userrefs*) shift 6; for name; do echo "$name	0"; done ;;
*referenced*) exec cat "$here/detailed" ;;
*'-t snapshot,bookmark'*) exec cat "$here/snapshots" ;;
*'-t snapshot'*) exit 1 ;;
'destroy -n'*) echo 'reclaim	1000' ;;
'send -n'*) echo 'size	1000' ;;
*) exec cat >/dev/null ;;
esac
`;

/** This machine as if it had very many snapshots: a folder with a zfs that lists them. */
export class LargeHost {
  readonly folder = mkdtempSync(join(tmpdir(), 'zfs-vm-large-'));

  static async make(content: LargeContent): Promise<LargeHost> {
    const host = new LargeHost();
    writeFileSync(join(host.folder, 'zfs'), zfs);
    chmodSync(join(host.folder, 'zfs'), 0o755);
    await host.#write('datasets', listDatasets(content));
    await host.#write('snapshots', listSnapshots(content, ''));
    await host.#write('detailed', listSnapshots(content, '\t1795249568\t126464\t-\t-'));
    return host;
  }

  /** What a program has to be run with, to meet it. */
  get env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      PATH: `${this.folder}${delimiter}${process.env['PATH'] ?? ''}`,
      HOME: this.folder,
    };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  async #write(file: string, lines: Iterable<string>): Promise<void> {
    await pipeline(Readable.from(joinPieces(lines)), createWriteStream(join(this.folder, file)));
  }
}

function* listDatasets({ datasets, versions }: LargeContent): Generator<string> {
  const row = (name: string, newest: string, guid: number): string =>
    `${name}\tfilesystem\t-\t0\t1795249568\toff\t${newest}\t-\t${guid}\t-\t-\t-\t-\n`;
  yield row('tank', '-', 1);
  yield row('tank/vm', '-', 2);
  for (let index = 0; index < datasets; index++) {
    const name = `tank/vm/disk-${index}`;
    yield row(name, versions === 0 ? '-' : `${name}@zfs-vm:web-${index}:${versions}`, index + 3);
  }
}

function* listSnapshots(
  { datasets, versions, others = 0 }: LargeContent,
  details: string,
): Generator<string> {
  for (let index = 0; index < datasets; index++) {
    for (let number = 1; number <= others + versions; number++) {
      const name = number <= others ? `auto-${number}` : `zfs-vm:web-${index}:${number - others}`;
      // Close to 64 bits, as real ones are.
      const guid = (1n << 63n) + BigInt(index * (others + versions) + number) * 2_654_435_761n;
      yield `tank/vm/disk-${index}@${name}\t${guid}\t${index + number * datasets}${details}\n`;
    }
  }
}
