/**
 * `node build/test/lab/chaos.js [--minutes M | --rounds N] [--seed N] [--fault NAME]`: rounds of random faults on real hosts. In
 * each a push or pull is disturbed at a random moment, and what it did and said is judged; then the same command is run
 * undisturbed, and both hosts are judged. `--seed N --rounds 1` plays the round of that seed.
 */
import { parseArgs } from 'node:util';
import { faults, findFault, type Fault } from './chaos-faults.js';
import { playRound } from './chaos-play.js';
import { chooseRound, describeRound } from './chaos-round.js';
import { acquireClientLab, type ClientLab } from './client.js';

/** A lab with the program on both hosts. */
export async function acquireChaosLab(): Promise<ClientLab> {
  const lab = await acquireClientLab();
  await lab.lab.deploy(lab.b);
  // A host that is reset has what was on its disk.
  await Promise.all([lab.a.run('sync'), lab.b.run('sync')]);
  return lab;
}

/** What became of the rounds with one fault. */
interface Tally {
  struck: number;
  missed: number;
  readonly lost: string[];
}

async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      minutes: { type: 'string' },
      rounds: { type: 'string' },
      seed: { type: 'string', default: String(Date.now() % 100_000) },
      fault: { type: 'string' },
    },
  });
  const seed = Number(values.seed);
  const rounds = Number(values.rounds ?? (values.minutes === undefined ? faults.length : Infinity));
  const deadline = Date.now() + Number(values.minutes ?? Infinity) * 60_000;
  const among = values.fault === undefined ? faults : [findFault(values.fault)];
  const tallies = new Map<Fault, Tally>(among.map((fault) => [fault, { struck: 0, missed: 0, lost: [] }]));
  const lab = await acquireChaosLab();
  try {
    for (let index = 0; index < rounds && Date.now() < deadline; index++) {
      const round = chooseRound(seed + index, among);
      const tally = tallies.get(round.fault);
      if (tally === undefined) break;
      await playAndTell(lab, round, tally, values.fault);
    }
  } finally {
    await lab.release();
  }
  printTable(tallies);
  return [...tallies.values()].some(({ lost }) => lost.length > 0) ? 1 : 0;
}

/** Plays a round and prints its line; with what went wrong, if something did. */
async function playAndTell(
  lab: ClientLab,
  round: ReturnType<typeof chooseRound>,
  tally: Tally,
  only?: string,
): Promise<void> {
  const began = Date.now();
  let outcome: string;
  let problem = '';
  try {
    const { hasStruck, statuses } = await playRound(lab, round);
    const endings = statuses.map((status) => (status === undefined ? 'killed' : `status ${status}`));
    outcome = `${hasStruck ? '' : 'hit nothing, '}${endings.join(' and ')}, then in sync`;
    if (hasStruck) tally.struck++;
    else tally.missed++;
  } catch (error) {
    outcome = 'FAILED';
    tally.struck++;
    tally.lost.push(`seed ${round.seed}`);
    problem = (error as Error).stack ?? String(error);
  }
  const seconds = Math.round((Date.now() - began) / 1000);
  console.log(`seed ${round.seed}: ${describeRound(round)}: ${outcome} (${seconds} s)`);
  if (problem === '') return;
  console.log(problem.replace(/^/gm, '  '));
  console.log(
    `  again: npm run test:chaos -- --seed ${round.seed} --rounds 1${only === undefined ? '' : ` --fault '${only}'`}`,
  );
}

function printTable(tallies: ReadonlyMap<Fault, Tally>): void {
  console.log('\n| fault | how | times | hit nothing | lost |\n|---|---|---|---|---|');
  for (const [{ name, ways }, { struck, missed, lost }] of tallies) {
    const what = lost.length === 0 ? 'nothing' : `see ${lost.join(', ')}`;
    console.log(`| ${name} | ${Object.keys(ways).join('; ')} | ${struck} | ${missed} | ${what} |`);
  }
}

if (process.argv[1]?.endsWith('chaos.js') === true) process.exitCode = await main(process.argv.slice(2));
