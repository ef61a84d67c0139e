import type { ChalkInstance } from 'chalk';
import { nameHost, qualify } from '../../base/host-words.js';
import type { Chain, Step } from '../../plan/plan.js';
import { nameForPeople } from '../../streamline/dataset.js';
import { describeConflict } from './describe-conflict.js';
import {
  describeBeside,
  describeChoices,
  describeDeletes,
  describeLanding,
  describePassed,
  describePreparation,
  describeProperties,
  describeRoute,
  describeSetAside,
  describeStep,
  describeUpToDate,
  type Ends,
} from './describe-plan.js';
import { suggestResolution } from './suggest-resolution.js';
import type { EstimatedPlan } from './plan-json.js';
import { formatBytes, formatCount } from '../quantities.js';

/**
 * A plan for people, in pieces: a block a chain with its steps, the reason for the first one's base, sizes; then what is left.
 */
export function* formatPlanAsText(plan: EstimatedPlan, colors: ChalkInstance): Generator<string> {
  for (const line of listLines(plan, colors)) yield `${line}\n`;
}

function* listLines(
  { plan, passed, sizes, sender, receiver }: EstimatedPlan,
  colors: ChalkInstance,
): Generator<string> {
  const receiverName = receiver.host.name;
  const ends = { senderName: sender.host.name, receiverName };
  for (const chain of plan.chains) yield* formatChain(chain, sizes, ends, colors);
  yield* describeBeside(plan, receiverName);
  for (const each of plan.upToDate) yield colors.dim(describeUpToDate(each, receiverName));
  if (passed !== undefined) yield* [describePassed(passed, receiverName) ?? []].flat();
  for (const conflict of plan.conflicts) {
    yield colors.yellow(`conflict: ${describeConflict(conflict, ends)}`);
    yield `  to resolve: ${suggestResolution(conflict.reason, ends)}`;
  }
  const landing = describeLanding(plan, ends);
  if (landing !== undefined) yield landing;
  for (const line of describeDeletes(plan, receiverName)) yield colors.red(line);
  yield summarize(plan.chains, sizes, receiverName);
}

function* formatChain(
  chain: Chain,
  sizes: ReadonlyMap<Step, number>,
  ends: Ends,
  colors: ChalkInstance,
): Generator<string> {
  const { receiverName } = ends;
  yield colors.bold(describeRoute(chain, ends));
  for (const parent of chain.parents) yield `  create ${qualify(receiverName, parent)}`;
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
      return `${nameHost(receiverName)} has no version of it`;
    case 'incremental':
      return step.from.kind === 'bookmark'
        ? 'the newest common version; the sender has only its bookmark'
        : 'the newest common version';
    case 'clone':
      return `${nameHost(receiverName)} ${chain.after.includes(step.origin) ? 'then has' : 'has'} it as ${step.origin}`;
    case 'resume':
      return `${nameHost(receiverName)} kept the part that was received`;
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
  if (count === 0) return `nothing to send to ${nameHost(receiverName)}`;
  const size = known === count ? `about ${formatBytes(sizeBytes)}` : 'size unknown';
  return `${formatCount(count, 'version')} in ${formatCount(chains.length, 'dataset')} to ${nameHost(receiverName)}, ${size}`;
}
