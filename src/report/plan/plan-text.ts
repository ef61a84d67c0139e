import type { ChalkInstance } from 'chalk';
import type { Chain, Step } from '../../plan/plan.js';
import { nameForPeople } from '../../streamline/dataset.js';
import {
  describeBeside,
  describeChoices,
  describeConflict,
  describeDeletes,
  describePassed,
  describePreparation,
  describeProperties,
  describeRoute,
  describeSetAside,
  describeStep,
  describeUpToDate,
  suggestWayOut,
} from './describe-plan.js';
import type { EstimatedPlan } from './plan-json.js';
import { formatBytes, formatCount } from '../quantities.js';

/**
 * A plan for people, in pieces: a block a chain with its steps, the reason for the first one's base, sizes; then what is left.
 */
export function* formatPlanAsText(plan: EstimatedPlan, colors: ChalkInstance): Generator<string> {
  for (const line of listLines(plan, colors)) yield `${line}\n`;
}

function* listLines(
  { plan, passed, sizes, receiver }: EstimatedPlan,
  colors: ChalkInstance,
): Generator<string> {
  const receiverName = receiver.host.name;
  for (const chain of plan.chains) yield* formatChain(chain, sizes, receiverName, colors);
  yield* describeBeside(plan, receiverName);
  for (const each of plan.upToDate) yield colors.dim(describeUpToDate(each, receiverName));
  if (passed !== undefined) yield* [describePassed(passed, receiverName) ?? []].flat();
  for (const conflict of plan.conflicts) {
    yield colors.yellow(`conflict: ${describeConflict(conflict, receiverName)}`);
    yield `  way out: ${suggestWayOut(conflict.reason)}`;
  }
  for (const line of describeDeletes(plan, receiverName)) yield colors.red(line);
  yield summarize(plan.chains, sizes, receiverName);
}

function* formatChain(
  chain: Chain,
  sizes: ReadonlyMap<Step, number>,
  receiverName: string,
  colors: ChalkInstance,
): Generator<string> {
  yield colors.bold(describeRoute(chain, receiverName));
  for (const parent of chain.parents) yield `  make ${receiverName}:${parent}`;
  for (const line of describeChoices(chain, receiverName)) yield `  ${line}`;
  for (const line of describeProperties(chain)) yield `  ${line}`;
  const aside = describeSetAside(chain, receiverName);
  if (aside !== undefined) yield `  ${aside}`;
  for (const line of describePreparation(chain, receiverName)) yield colors.red(`  ${line}`);
  let nameWidth = 0;
  for (const { to } of chain.steps) nameWidth = Math.max(nameWidth, nameForPeople(to).length);
  for (const [index, step] of chain.steps.entries()) {
    const sizeBytes = sizes.get(step);
    const size = sizeBytes === undefined ? '' : formatBytes(sizeBytes);
    const why =
      index === 0
        ? `${describeStep(step)}: ${explainFirstStep(step, chain, receiverName)}`
        : describeStep(step);
    yield `  ${nameForPeople(step.to).padEnd(nameWidth)}  ${size.padStart(9)}  ${why}`;
  }
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
  let [count, known, sizeBytes] = [0, 0, 0];
  for (const { steps } of chains) {
    count += steps.length;
    for (const step of steps) {
      if (sizes.has(step)) known++;
      sizeBytes += sizes.get(step) ?? 0;
    }
  }
  if (count === 0) return `nothing to send to ${receiverName}`;
  const size = known === count ? `about ${formatBytes(sizeBytes)}` : 'size not known';
  return `${formatCount(count, 'version')} in ${formatCount(chains.length, 'dataset')} to ${receiverName}, ${size}`;
}
