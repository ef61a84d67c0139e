import type { Endpoint } from '../../host/endpoint.js';
import { runCommand, type CommandResult } from '../../host/run-command.js';
import type { RestorePlan } from '../../plan/plan-restore.js';
import { quoteWord } from '../../base/shell.js';
import type { Dataset } from '../../streamline/dataset.js';
import {
  callLine,
  ignoreSignals,
  notUndone,
  orUndo,
  unlessChanged,
} from '../../transfer/around/move-aside.js';
import { cloneArguments } from '../../zfs/clone.js';
import { destroyDatasetArguments } from '../../zfs/destroy.js';
import { promoteArguments, renameArguments } from '../../zfs/move.js';
import { getValueArguments, keepPropertiesLine, setPropertyArguments } from '../../zfs/properties.js';
import { formatRole, roleProperty, type Role } from '../../zfs/role.js';

/** How datasets are mounted, by their names. */
export interface MountState {
  readonly mounted: ReadonlySet<string>;
  /** Their `canmount`; undefined for volumes. */
  readonly canmount: ReadonlyMap<string, string>;
}

/** A step of a restore, as a person sees it. */
export interface RestoreStep {
  readonly what: 'unmount' | 'rename' | 'clone' | 'promote' | 'mount';
  readonly name: string;
  /** What it becomes, or is made as. */
  readonly to?: string;
}

/** What a restore does, in order. */
export function listRestoreSteps(
  { dataset, aside, moved, parts }: RestorePlan,
  state: MountState,
): RestoreStep[] {
  const toAside = renamer(dataset.name, aside);
  return [
    ...listMounted(moved, state).map((name) => ({ what: 'unmount', name }) as const),
    { what: 'rename', name: dataset.name, to: aside },
    ...parts.map(({ from, destination }) => {
      return { what: 'clone', name: `${toAside(from.dataset)}@${from.name}`, to: destination } as const;
    }),
    ...parts.flatMap(({ isOwn, destination }) =>
      isOwn ? [{ what: 'promote', name: destination } as const] : [],
    ),
    ...listToMount({ dataset, parts }, state).map((name) => ({ what: 'mount', name }) as const),
  ];
}

/**
 * The calls that undo a restore, in order: what was set aside takes back its history, its name, and its mounts, and what was restored stays beside it
 * under another name. Nothing that is changed after the restore is lost. A filesystem is mounted before `canmount` is on, as that may mount it.
 */
export function listUndoCalls(plan: RestorePlan, state: MountState): string[][] {
  const { dataset, aside, moved, parts } = plan;
  const { name } = dataset;
  const [toAside, toBeside] = [renamer(name, aside), renamer(name, nameBeside(aside))];
  const remounted = moved.filter((each) => state.mounted.has(each.name)).map((each) => each.name);
  const changing = moved.filter((each) => state.canmount.get(each.name) === 'on').map((each) => each.name);
  const unmounted = parts.filter(({ source }) => source.type === 'filesystem');
  return [
    ...listToMount(plan, state)
      .reverse()
      .map((each) => ['unmount', each]),
    ...unmounted.map(({ destination }) => setPropertyArguments(destination, 'canmount', 'noauto')),
    ...parts.flatMap(({ isOwn, destination }) => (isOwn ? [promoteArguments(toAside(destination))] : [])),
    renameArguments(name, nameBeside(aside)),
    renameArguments(aside, name),
    ...moved.map(({ name: each, role, guid }) =>
      role === undefined
        ? ['inherit', roleProperty, each]
        : setPropertyArguments(each, roleProperty, formatRole(role, guid ?? 0n)),
    ),
    // Two datasets would say that they are the copy.
    ...parts.flatMap(({ existing, destination }) =>
      existing?.role === undefined ? [] : [['inherit', roleProperty, toBeside(destination)]],
    ),
    ...remounted.map((each) => ['mount', each]),
    ...changing.map((each) => setPropertyArguments(each, 'canmount', 'on')),
  ];
}

/** What is restored is called so when that is undone. */
function nameBeside(aside: string): string {
  return aside.replace(/set-aside-(?=[^/]*$)/, 'restored-');
}

/** The mounted ones, what lies below another one first. */
function listMounted(moved: readonly Dataset[], { mounted }: MountState): string[] {
  return moved
    .map(({ name }) => name)
    .filter((name) => mounted.has(name))
    .reverse();
}

/** The restored ones that are mounted then: as what was there before, and what wasn't there, where the dataset was mounted. */
export function listToMount(
  { dataset, parts }: Pick<RestorePlan, 'dataset' | 'parts'>,
  { mounted }: MountState,
): string[] {
  return parts
    .filter(({ source }) => source.type === 'filesystem')
    .filter(({ existing, destination }) => mounted.has(existing === undefined ? dataset.name : destination))
    .map(({ destination }) => destination);
}

/** Gives the names that datasets have once one of them has another name. */
function renamer(from: string, to: string): (name: string) => string {
  return (name) => (name === from || name.startsWith(`${from}/`) ? `${to}${name.slice(from.length)}` : name);
}

/**
 * Restores, by one script, which goes on to its end when nobody hears it any more, and undoes what it has done where a step fails. A
 * filesystem that is in use can't be unmounted: then all stays as it was.
 * @param asideRole what is written down on what is set aside
 * @returns how it ended
 * @throws ZfsVmError when commands can't be started
 */
export async function runRestore(
  { host, zfs }: Endpoint,
  plan: RestorePlan,
  {
    state,
    asideRole,
    signal,
  }: { readonly state: MountState; readonly asideRole: Role; readonly signal: AbortSignal },
): Promise<CommandResult> {
  const script = [ignoreSignals, ...restoreLines(plan, state, asideRole)].join('\n');
  return runCommand(host, ['sh', '-c', script, 'sh', ...zfs], { signal });
}

/** Whether a restore that failed left something of what it had done. */
export function isLeftHalf({ stderr }: Pick<CommandResult, 'stderr'>): boolean {
  return stderr.includes(notUndone);
}

function restoreLines(plan: RestorePlan, state: MountState, asideRole: Role): string[] {
  const { dataset, aside, moved, parts } = plan;
  const { name } = dataset;
  const toAside = renamer(name, aside);
  const changed = `cannot continue: ${name} was replaced by another dataset meanwhile`;
  const lines =
    dataset.guid === undefined
      ? []
      : [unlessChanged(name, { property: 'guid', value: String(dataset.guid), changed })];
  /** What undoes what was done so far, what was done last first. */
  const undo: string[] = [];
  const act = (words: readonly string[], undoing?: readonly string[]): void => {
    lines.push(orUndo(callLine(words), ...undo));
    if (undoing !== undefined) undo.unshift(callLine(undoing));
  };
  for (const mounted of listMounted(moved, state)) act(['unmount', mounted], ['mount', mounted]);
  act(renameArguments(name, aside), renameArguments(aside, name));
  for (const { from, source, destination } of parts) {
    // It is mounted when all is in place.
    const properties = source.type === 'filesystem' ? [{ name: 'canmount', value: 'noauto' }] : [];
    const snapshot = `${toAside(from.dataset)}@${from.name}`;
    act(cloneArguments(snapshot, destination, properties), destroyDatasetArguments(destination));
  }
  for (const { isOwn, destination } of parts) {
    if (isOwn) act(promoteArguments(destination), promoteArguments(toAside(destination)));
  }
  for (const each of moved) {
    act(setPropertyArguments(toAside(each.name), roleProperty, formatRole(asideRole, each.guid ?? 0n)));
  }
  // From here on, all is there: what fails now undoes nothing.
  for (const each of moved) {
    if (state.canmount.get(each.name) !== 'on') continue;
    lines.push(`${callLine(setPropertyArguments(toAside(each.name), 'canmount', 'noauto'))} || :`);
  }
  for (const { existing, source, destination } of parts) {
    if (existing !== undefined) {
      lines.push(`${keepPropertiesLine('"$@"', { from: toAside(destination), to: destination })} || :`);
      lines.push(...copyRoleLines(existing, destination));
    }
    const canmount = existing === undefined ? 'on' : state.canmount.get(destination);
    if (source.type === 'filesystem' && canmount !== undefined && canmount !== 'noauto') {
      lines.push(`${callLine(setPropertyArguments(destination, 'canmount', canmount))} || :`);
    }
  }
  for (const mounted of listToMount(plan, state)) lines.push(`${callLine(['mount', mounted])} || :`);
  return [...lines, ':'];
}

/** What takes the place of a copy is that copy to its senders. */
function copyRoleLines({ role }: Dataset, destination: string): string[] {
  if (role?.kind !== 'copy') return [];
  const setting = `"$@" set "${roleProperty}=${formatRole(role, '$guid')}" ${quoteWord(destination)} </dev/null`;
  return [`guid=$(${callLine(getValueArguments(destination, 'guid'))}) && ${setting} || :`];
}
