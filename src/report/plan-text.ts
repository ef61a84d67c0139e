import type { ChalkInstance } from 'chalk';
import type { Chain, Step } from '../plan/plan.js';
import { nameForPeople } from '../streamline/dataset.js';
import {
  describeBeside,
  describeChoices,
  describeConflict,
  describeDeletes,
  describePassed,
  describePreparation,
  describeProperties,
  describeRoute,
  describeStep,
  describeUpToDate,
  suggestWayOut,
} from './describe-plan.js';
import type { EstimatedPlan } from './plan-json.js';
import { formatBytes, formatCount } from './quantities.js';

/** A plan for people: a block a chain with its steps, the reason for the first one's base, sizes; then what is left. */
export function formatPlanAsText(
  { plan, passed, sizes, receiver }: EstimatedPlan,
  colors: ChalkInstance,
): string {
  const receiverName = receiver.host.name;
  const lines = [
    ...plan.chains.flatMap((chain) => formatChain(chain, sizes, receiverName, colors)),
    ...describeBeside(plan, receiverName),
    ...plan.upToDate.map((each) => colors.dim(describeUpToDate(each, receiverName))),
    ...(passed === undefined ? [] : [describePassed(passed, receiverName) ?? []].flat()),
    ...plan.conflicts.flatMap((conflict) => [
      colors.yellow(`conflict: ${describeConflict(conflict, receiverName)}`),
      `  way out: ${suggestWayOut(conflict.reason)}`,
    ]),
    ...describeDeletes(plan, receiverName).map((line) => colors.red(line)),
    summarize(plan.chains, sizes, receiverName),
  ];
  return `${lines.join('\n')}\n`;
}

function formatChain(
  chain: Chain,
  sizes: ReadonlyMap<Step, number>,
  receiverName: string,
  colors: ChalkInstance,
): string[] {
  const names = chain.steps.map((step) => nameForPeople(step.to));
  const nameWidth = Math.max(...names.map((name) => name.length));
  const steps = chain.steps.map((step, index) => {
    const sizeBytes = sizes.get(step);
    const size = sizeBytes === undefined ? '' : formatBytes(sizeBytes);
    const why =
      index === 0
        ? `${describeStep(step)}: ${explainFirstStep(step, chain, receiverName)}`
        : describeStep(step);
    return `  ${(names[index] ?? '').padEnd(nameWidth)}  ${size.padStart(9)}  ${why}`;
  });
  return [
    colors.bold(describeRoute(chain, receiverName)),
    ...chain.parents.map((parent) => `  make ${receiverName}:${parent}`),
    ...describeChoices(chain, receiverName).map((line) => `  ${line}`),
    ...describeProperties(chain).map((line) => `  ${line}`),
    ...describePreparation(chain, receiverName).map((line) => colors.red(`  ${line}`)),
    ...steps,
  ];
}

function explainFirstStep(step: Step, chain: Chain, receiverName: string): string {
  switch (step.kind) {
    case 'full':
      return `${receiverName} has nothing of it`;
    case 'incremental':
      return step.from.kind === 'bookmark'
        ? 'the newest that both have; the sender has only its bookmark left'
        : 'the newest that both have';
    case 'clone':
      return `${receiverName} has it as ${step.origin}${chain.after.includes(step.origin) ? ' by then' : ''}`;
    case 'resume':
      return `${receiverName} kept what had arrived`;
  }
}

function summarize(chains: readonly Chain[], sizes: ReadonlyMap<Step, number>, receiverName: string): string {
  const steps = chains.flatMap((chain) => chain.steps);
  if (steps.length === 0) return `nothing to send to ${receiverName}`;
  const known = steps.filter((step) => sizes.has(step));
  const sizeBytes = known.reduce((sum, step) => sum + (sizes.get(step) ?? 0), 0);
  const size = known.length === steps.length ? `about ${formatBytes(sizeBytes)}` : 'size not known';
  return `${formatCount(steps.length, 'version')} in ${formatCount(chains.length, 'dataset')} to ${receiverName}, ${size}`;
}
