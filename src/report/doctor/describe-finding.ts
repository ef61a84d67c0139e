import type { ZfsVmError } from '../../base/errors.js';
import { toPrintable } from '../../base/printable.js';
import { quoteCommand, showCommand } from '../../base/shell.js';
import type { Duty } from '../../tasks/doctor/duties.js';
import type { ClonedDataset, Finding } from '../../tasks/doctor/finding.js';
import { formatBytes, formatCount } from '../quantities.js';

/** A finding in words, without a line end. */
export interface FindingWords {
  /** What it is about. */
  readonly subject: string;
  readonly message: string;
  /** What to do; undefined where there is nothing to be done. */
  readonly remedy?: string | undefined;
}

type Kind = Finding['kind'];

/** What a kind of finding is in words. @param host what people call the host */
type Describe<K extends Kind> = (
  finding: Extract<Finding, { kind: K }>,
  host: string,
) => Omit<FindingWords, 'subject'> & { readonly subject?: string };

/** How many names are shown of a list. */
const shownNames = 3;

const words: { readonly [K in Kind]: Describe<K> } = {
  local: () => ({ subject: 'connection', message: 'this machine' }),
  connection: ({ transport, isAsked, reasons, elapsedMs }) => {
    const why = isAsked ? ', as asked for' : reasons.map((reason) => `; ${reason}`).join('');
    return { message: `${transport ?? 'connected'}${why} (${Math.round(elapsedMs)} ms)` };
  },
  unreachable: ({ error }) => ({ subject: 'connection', ...describeError(error) }),
  gate: ({ error }) => describeError(error),
  'host-key': ({ fingerprint }) => ({
    message: fingerprint === undefined ? 'checked by ssh' : `known: ${fingerprint}`,
  }),
  sessions: ({ reason }) =>
    reason === undefined
      ? { message: 'several commands at once' }
      : {
          message: `only one command at a time (${reason})`,
          remedy: 'set "MaxSessions 10" in its sshd_config',
        },
  speed: ({ roundTripMs, upload, download }) => ({
    message: `${formatRate(upload)} to the host, ${formatRate(download)} from it; a command takes ${Math.round(roundTripMs)} ms`,
  }),
  account: ({ user, isRoot, shell }) => ({
    message: `${user}${isRoot ? ' (root)' : ''}${shell === '' ? '' : `, login shell ${shell}`}`,
  }),
  banner: ({ text }) =>
    text === undefined
      ? { message: 'login scripts print nothing' }
      : {
          message: `login scripts print text to stdout: ${JSON.stringify(text)}`,
          remedy: 'none needed; to speed up streams, print it only in interactive shells',
        },
  programs: ({ missing }) =>
    missing.length === 0
      ? { message: 'all that are needed' }
      : { message: `missing: ${missing.join(', ')}`, remedy: 'install them there' },
  zstd: ({ isThere }) =>
    isThere
      ? { message: 'installed' }
      : { message: 'not installed: --compress is not possible', remedy: 'install zstd there' },
  clock: ({ skewSeconds }, host) =>
    skewSeconds === 0
      ? { message: 'in step with this machine' }
      : {
          message: `${Math.abs(skewSeconds)} s ${skewSeconds > 0 ? 'ahead of' : 'behind'} this machine`,
          remedy: `set the clock of ${host} or of this machine, e.g. by NTP ("timedatectl set-ntp true")`,
        },
  'zfs-unusable': ({ error }) => ({ subject: 'zfs', ...describeError(error) }),
  'zfs-version': ({ level, version, kernelVersion }) => {
    if (version === undefined) return { subject: 'zfs', message: 'the zfs of illumos' };
    const message = `OpenZFS ${version}`;
    if (level === 'ok') return { subject: 'zfs', message };
    return kernelVersion === undefined
      ? { subject: 'zfs', message: `${message}: too old`, remedy: 'update OpenZFS to 2.0 or later' }
      : {
          ...{ subject: 'zfs', message: `${message}, but the kernel module is ${kernelVersion}` },
          remedy: 'restart the host, or load the module of the same version',
        };
  },
  pools: ({ names }) =>
    names.length === 0
      ? { message: 'no pool is imported', remedy: 'import one there: "zpool import"' }
      : { message: names.join(', ') },
  'pool-health': ({ level, pool, health }) => ({
    ...{ subject: `pool ${pool}`, message: health },
    remedy: level === 'ok' ? undefined : `see ${showCommand('zpool', 'status', pool)} there`,
  }),
  'pool-readonly': ({ pool }) => ({
    ...{ subject: `pool ${pool}`, message: 'imported read-only: it can receive nothing' },
    remedy: `import it again: "${quoteCommand(['zpool', 'export', pool])}; ${quoteCommand(['zpool', 'import', pool])}"`,
  }),
  'pool-features': ({ pool, disabled }) => ({
    subject: `pool ${pool}`,
    ...(disabled.length === 0
      ? { message: 'has all features that streams need' }
      : {
          message: `features that streams may need are disabled: ${disabled.join(', ')}`,
          remedy: `${showCommand('zpool', 'upgrade', pool)} there; hosts with an older OpenZFS cannot import it afterwards`,
        }),
  }),
  'pool-space': ({ level, pool, freeBytes, percentUsed }) => ({
    ...{ subject: `pool ${pool}`, message: `${formatBytes(freeBytes)} free, ${percentUsed} % used` },
    remedy: level === 'ok' ? undefined : 'free space: "zfs-vm prune", or "zfs list -o space" there',
  }),
  quota: ({ dataset, quotaBytes, availableBytes }) => ({
    message: `${dataset}: ${formatBytes(availableBytes)} left of a quota of ${formatBytes(quotaBytes)}`,
    remedy: `raise it: ${showCommand('zfs', 'set', 'quota=SIZE', dataset)}`,
  }),
  destination: ({ dataset, missing }, host) =>
    missing === undefined
      ? { message: dataset }
      : missing.includes('/')
        ? { message: `${dataset} does not exist yet: a push creates it` }
        : {
            message: `${dataset} cannot be created: no pool "${missing}"`,
            remedy: `name a dataset of a pool that ${host} has`,
          },
  'destination-key': ({ dataset, root }) => ({
    ...{
      subject: 'destination',
      message: `the key of ${root} is not loaded: only raw streams can arrive below ${dataset}`,
    },
    remedy: `${showCommand('zfs', 'load-key', root)} there`,
  }),
  rights: describeRights,
  'all-rights': ({ by }) => ({
    ...{
      subject: 'rights',
      message: by === 'root' ? 'root may do everything' : 'zfs runs as root, through sudo',
    },
  }),
  'sudo-unusable': ({ error }) => ({ subject: 'sudo', ...describeError(error) }),
  sudo: ({ isLogging }) =>
    isLogging
      ? {
          message: 'works, and logs what commands read: each stream needs a channel of its own',
          remedy: 'to send faster, set "Defaults!/usr/sbin/zfs !log_input, !log_stdin" in sudoers',
        }
      : { message: 'works' },
  holds: ({ count, snapshots }, host) => ({
    ...{
      subject: 'leftovers',
      message: `${formatCount(count, 'hold')} of earlier runs: ${listSome(snapshots)}`,
    },
    remedy: `${showCommand('zfs-vm', 'doctor', '--clean', host)}, or the next push from the machine that took them`,
  }),
  'young-holds': ({ count }) => ({
    ...{ subject: 'leftovers', message: `${formatCount(count, 'hold')} of a run that may still be at work` },
  }),
  partials: ({ datasets, isResumable }, host) => ({
    ...{
      subject: 'leftovers',
      message: `${formatCount(datasets.length, 'interrupted receive')}${isResumable ? '' : ' that nothing can continue'}: ${listSome(datasets)}`,
    },
    remedy: `${isResumable ? 'send again to continue, or drop' : 'drop'} ${datasets.length === 1 ? 'it' : 'them'}: ${isResumable ? showCommand('zfs-vm', 'abort', host) : showCommand('zfs-vm', 'doctor', '--clean', host)}`,
  }),
  asides: ({ datasets, cloned }) => ({
    ...{
      subject: 'leftovers',
      message: `${formatCount(datasets.length, 'dataset')} set aside: ${listSome(datasets)}${describeCloned(cloned)}`,
    },
    remedy: suggestDestroying(datasets, cloned),
  }),
  bookmarks: ({ count }, host) => ({
    ...{ subject: 'leftovers', message: `${formatCount(count, 'old bookmark')}: listing takes longer` },
    remedy: `destroy them: ${showCommand('zfs-vm', 'doctor', '--clean', host)}`,
  }),
  'malformed-tags': ({ names }) => ({
    ...{
      subject: 'leftovers',
      message: `snapshots that look like versions and are none: ${listSome(names)}`,
    },
    remedy: 'rename them: "zfs rename"',
  }),
  'no-leftovers': () => ({ subject: 'leftovers', message: 'none' }),
  locks: ({ error }) => (error === undefined ? { message: 'can be taken' } : describeError(error)),
};

/** What a finding is in words. @param host what people call the host */
export function describeFinding(finding: Finding, host: string): FindingWords {
  const describe = words[finding.kind] as Describe<Kind>;
  const { subject = finding.kind.replace('-', ' '), message, remedy } = describe(finding, host);
  return {
    ...{ subject: toPrintable(subject), message: toPrintable(message) },
    remedy: remedy === undefined ? undefined : toPrintable(remedy),
  };
}

function describeCloned(cloned: readonly ClonedDataset[]): string {
  return cloned
    .map(({ dataset, clones }) => `; ${dataset} cannot be destroyed while it has clones: ${listSome(clones)}`)
    .join('');
}

/** How datasets that were set aside are destroyed: one that has clones only after each of them has taken over the snapshots that it rests on. */
function suggestDestroying(datasets: readonly string[], cloned: readonly ClonedDataset[]): string {
  const [free] = datasets.filter((name) => !cloned.some(({ dataset }) => dataset === name));
  const [first] = cloned;
  const ways = [
    ...(free === undefined
      ? []
      : [`destroy what is not needed any more: ${showCommand('zfs', 'destroy', '-r', free)}`]),
    ...(first === undefined
      ? []
      : [
          `before ${first.dataset} is destroyed, promote each clone that is needed, as in ${showCommand('zfs', 'promote', first.clones[0] ?? '')}, and destroy the others`,
        ]),
  ];
  return ways.join('; ');
}

const verbs: Readonly<Record<Duty, string>> = {
  tag: 'tag versions',
  send: 'send',
  receive: 'receive',
  prune: 'prune',
};

function describeRights({
  level,
  duty,
  user,
  place = 'DATASET',
  missing,
  wanted,
}: Extract<Finding, { kind: 'rights' }>): FindingWords {
  const subject = `rights to ${verbs[duty]}`;
  if (missing.length === 0) return { subject, message: `granted on ${place}` };
  if (level === 'note') {
    return {
      subject,
      message: `not granted to ${user}`,
      remedy: `if needed: ${formatGrant(user, wanted, place)}`,
    };
  }
  const effect = level === 'warning' ? `works without, with less` : `${user} cannot ${verbs[duty]}`;
  return {
    ...{ subject, message: `${user} lacks ${missing.join(', ')} on ${place}: ${effect}` },
    remedy: formatGrant(user, missing, place),
  };
}

function formatGrant(user: string, permissions: readonly string[], place: string): string {
  return `${showCommand('zfs', 'allow', '-u', user, permissions.join(','), place)} there, as root`;
}

function describeError({ message, hint }: ZfsVmError): Omit<FindingWords, 'subject'> {
  return { message, remedy: hint };
}

function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(Math.round(bytesPerSecond))}/s`;
}

function listSome(names: readonly string[]): string {
  const more = names.length - shownNames;
  return `${names.slice(0, shownNames).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
