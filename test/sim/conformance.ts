import { runCommand } from '../../src/host/run-command.js';
import { quoteWord } from '../../src/base/shell.js';
import { VirtualClock } from './clock.js';
import { Machine } from './machine.js';
import type { ZfsVersion } from './pools.js';
import { Random } from './random.js';
import { beginning, OperationGenerator } from './random-operations.js';

/*
 * The same sequence of operations is run on the simulator and on a host with real ZFS. An operation is shell text that both
 * understand, but for writing to a filesystem.
 */

/** One operation of a sequence. */
export type Operation =
  | { readonly kind: 'shell'; readonly script: string }
  /** A file of a filesystem gets a new content. */
  | { readonly kind: 'write'; readonly dataset: string; readonly file: number };

/** What came of an operation. */
export interface Outcome {
  readonly status: number;
  readonly stderr: string;
  /** What is there afterwards, in lines that mean the same on all hosts; empty where nobody looked. */
  readonly state: readonly string[];
}

/** A sequence with what came of it on the simulator. */
export interface Played {
  readonly operations: readonly Operation[];
  readonly outcomes: readonly Outcome[];
}

/** The pool in which all of it takes place. */
const pool = 'tank';

/** How long a written file is: more than half of what is left of a stream that is cut. */
const fileBytes = 300_000;

/** As ZFS has it by default. */
const blockBytes = 131_072;
const fileBlocks = Math.ceil(fileBytes / blockBytes);

/*
 * Making sequences.
 */

/** After how many operations the state is looked at: that takes an emulated host as long as five to ten operations. */
const statesEvery = 15;

/** A random sequence, made along with the simulator so that most of its operations make sense. */
export async function makeSequence(seed: number, length: number, version: ZfsVersion): Promise<Played> {
  const player = new SimulatedPlayer(version);
  const generator = new OperationGenerator(new Random(seed), player.machine);
  const operations: Operation[] = [];
  const outcomes: Outcome[] = [];
  for (let index = 0; index < length; index++) {
    const operation = beginning[index] ?? generator.next();
    operations.push(operation);
    outcomes.push(await player.play(operation, isLookedAt(index, length)));
  }
  return { operations, outcomes };
}

/** Plays a sequence on the simulator. */
export async function playSimulated(operations: readonly Operation[], version: ZfsVersion): Promise<Played> {
  const player = new SimulatedPlayer(version);
  const outcomes: Outcome[] = [];
  for (const [index, operation] of operations.entries()) {
    outcomes.push(await player.play(operation, isLookedAt(index, operations.length)));
  }
  return { operations, outcomes };
}

function isLookedAt(index: number, length: number): boolean {
  return (index + 1) % statesEvery === 0 || index === length - 1;
}

/*
 * Playing them.
 */

/** What is listed of everything; some columns differ in what they say, and are made alike by `StateReader`. */
const stateColumns =
  'name,type,guid,origin,userrefs,receive_resume_token,written,prevsnap,encryptionroot,keystatus';

/** Makes what hosts list comparable. */
class StateReader {
  readonly #guids = new Map<string, number>();

  /** @param output what `zfs list` printed with `stateColumns` */
  read(output: string): string[] {
    const lines = output.split('\n').filter((line) => line !== '');
    return lines.map((line) => {
      const fields = line.split('\t');
      const [name = '', type = '', guid = '', origin = '', holds = '', token = '', written = ''] = fields;
      const [newest = '', root = '', key = ''] = fields.slice(7);
      const known = this.#guids.get(guid) ?? this.#guids.size;
      this.#guids.set(guid, known);
      const isDataset = type === 'filesystem' || type === 'volume';
      return [
        ...[name, type, `guid ${known}`, origin],
        ...(type === 'snapshot' ? [`holds ${holds}`] : []),
        ...(isDataset
          ? [
              token === '-' ? 'no token' : 'token',
              written === '0' ? 'unchanged' : 'changed',
              `newest ${newest}`,
              ...(root === '-' ? [] : [`opened by ${root}`, `key ${key}`]),
            ]
          : []),
      ].join(' ');
    });
  }
}

const listState = `zfs list -Hp -t all -o ${stateColumns} </dev/null`;

class SimulatedPlayer {
  readonly machine: Machine;
  readonly #states = new StateReader();

  constructor(version: ZfsVersion) {
    this.machine = new Machine({ clock: new VirtualClock(), random: new Random(1), version, blockBytes });
    this.machine.pools.createPool(pool);
    this.machine.pools.set(pool, new Map([['mountpoint', 'legacy']]));
  }

  async play(operation: Operation, isStateWanted: boolean): Promise<Outcome> {
    const host = this.machine.connect('simulated');
    const { status, stderr } =
      operation.kind === 'write' ? this.#write(operation) : await this.#run(host, operation.script);
    if (!isStateWanted) return { status, stderr, state: [] };
    const { stdout } = await runCommand(host, ['sh', '-c', listState]);
    return { status, stderr, state: this.#states.read(stdout) };
  }

  async #run(
    host: ReturnType<Machine['connect']>,
    script: string,
  ): Promise<{ status: number; stderr: string }> {
    const { exit, stderr } = await runCommand(host, ['sh', '-c', script]);
    return { status: exit.kind === 'exited' ? exit.code : -1, stderr };
  }

  #write({ dataset, file }: Extract<Operation, { kind: 'write' }>): { status: number; stderr: string } {
    const found = this.machine.pools.datasets.get(dataset);
    if (found?.encryption !== undefined && !(found.isKeyLoaded && found.canBeOpened)) {
      return { status: 32, stderr: `mount: ${dataset}: permission denied.` };
    }
    const blocks = Array.from({ length: fileBlocks }, (_, index) => file * fileBlocks + index);
    this.machine.pools.write(dataset, blocks);
    return { status: 0, stderr: '' };
  }
}

/**
 * Shell text that plays a sequence on a real host with an empty pool, and prints what `readOutcomes` reads. On an emulated host nearly
 * all the time goes into starting processes, so there are as few as can be.
 */
export function scriptSequence(operations: readonly Operation[]): string {
  const calls = operations.flatMap((operation, index) => {
    const script =
      operation.kind === 'write'
        ? `write_file ${quoteWord(operation.dataset)} ${operation.file}`
        : `{ ${operation.script}; }`;
    return [
      `${script} >/dev/null 2>/run/conformance.stderr; tell $?`,
      ...(isLookedAt(index, operations.length) ? ['list_state'] : []),
    ];
  });
  return `
    mkdir -p /run/conformance
    for key in 1 2 3; do printf '%032d' $key > /run/conformance-key$key; done
    write_file() {
      # Without the helper of mount, which is one more process that knows zfs.
      mount -i -t zfs "$1" /run/conformance &&
        head -c ${fileBytes} /dev/urandom > "/run/conformance/$2" &&
        umount -i /run/conformance
    }
    # With nothing but the shell itself.
    tell() {
      echo "=$1"
      count=0
      while [ $count -lt 40 ] && IFS= read -r line; do
        printf '!%s\\n' "$line"
        count=$((count + 1))
      done </run/conformance.stderr
    }
    list_state() { ${listState}; }
    ${calls.join('\n')}
  `;
}

/** Reads what the script prints; the state is empty where it wasn't listed. */
export function readOutcomes(output: string): Outcome[] {
  const states = new StateReader();
  return output
    .split(/^=/m)
    .slice(1)
    .map((text) => {
      const [status = '', ...lines] = text.split('\n');
      const said = lines.filter((line) => line.startsWith('!')).map((line) => `${line.slice(1)}\n`);
      const listed = lines.filter((line) => !line.startsWith('!'));
      return { status: Number(status), stderr: said.join(''), state: states.read(listed.join('\n')) };
    });
}
