import { readPattern } from '../../src/command-line/patterns.js';
import { toEndpoint, type Endpoint } from '../../src/host/endpoint.js';
import type { Plan } from '../../src/plan/plan.js';
import { planTransfer } from '../../src/plan/plan-transfer.js';
import type { Choice } from '../../src/plan/choice.js';
import { isConclusive } from '../../src/probe/questions/is-conclusive.js';
import { readSides } from '../../src/probe/read-sides.js';
import type { Machine } from './machine.js';
import type { TransferWords } from './random-command.js';
import { expectThat } from './violation.js';

/**
 * Expects that a quick look at the receiver gives the very plan that reading all of it gives. Both are made of the program's own parts,
 * as a transfer makes them, and nothing is asked of the hosts but to be read.
 * @throws Violation
 */
export async function compareLooks(
  sender: Machine,
  receiver: Machine,
  { wanted, destination }: TransferWords,
): Promise<void> {
  const patterns = wanted.patterns.map(({ streamline, upTo }) =>
    readPattern(upTo === undefined ? streamline : `${streamline}:${upTo}`),
  );
  const { latest, allSnapshots } = wanted;
  // With all snapshots, the random commands name no datasets.
  const choice: Choice = allSnapshots ? { datasets: [], latest } : { patterns, latest };
  const look = async (isThorough: boolean): Promise<Plan> => {
    const sides = { sender: open(sender), receiver: open(receiver) };
    const inventories = await readSides(sides, {
      ...{ choice, destination, isThorough, properties: [] },
      signal: new AbortController().signal,
      emit: () => undefined,
    });
    const planWith = (datasets: typeof inventories.receiver.datasets): Plan =>
      planTransfer({
        ...{ sender: inventories.sender.datasets, receiver: datasets },
        ...{ choice, destination, rollback: false, replace: false },
      });
    const plan = planWith(inventories.receiver.datasets);
    const { quickLook } = inventories;
    if (quickLook === undefined || isConclusive(plan, quickLook)) return plan;
    return planWith((await quickLook.readRest()).datasets);
  };
  const [quick, full] = [describePlan(await look(false)), describePlan(await look(true))];
  expectThat(
    quick === full,
    `a quick look gives another plan than reading everything:\n${quick}\nand everything:\n${full}`,
  );
}

function open(machine: Machine): Promise<Endpoint> {
  return Promise.resolve(toEndpoint(machine.connect('local')));
}

/** What a plan comes to, a line for each dataset. What the receiver has beyond the sender changes nothing where all is there. */
function describePlan({ chains, upToDate, conflicts }: Plan): string {
  return [
    ...chains.map(({ source, destination, preparation, steps }) =>
      [
        `${source} -> ${destination}${preparation === undefined ? '' : `, ${preparation.kind} first`}:`,
        ...steps.map((step) => {
          const from = 'from' in step ? ` from ${step.from.guid}` : '';
          return `${step.kind} ${step.to.name}${from}${'origin' in step ? ` as a clone of ${step.origin}` : ''}`;
        }),
      ].join(' '),
    ),
    ...upToDate.map(({ source, destination }) => `${source} = ${destination}`),
    ...conflicts.map(({ source, reason }) => `${source}: ${reason.kind}`),
  ].join('\n');
}
