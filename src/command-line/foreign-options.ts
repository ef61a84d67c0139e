/** An option of zfs, rsync, ssh or syncoid, and what to do here instead. */
interface ForeignOption {
  readonly names: readonly string[];
  /** One of the options of the commands for which this is said; all, where it is left out. */
  readonly besides?: string;
  readonly advice: string;
}

const foreignOptions: readonly ForeignOption[] = [
  {
    names: ['-F', '--force', '--force-delete', '--force-rollback'],
    besides: '--rollback',
    advice: 'to discard later changes on the receiver, use --rollback; to replace a dataset, use --replace',
  },
  {
    names: ['-R', '-r', '--recursive', '--replicate'],
    besides: '--latest',
    advice: 'omit it: every dataset of a version is transferred; to choose streamlines, use -n PATTERN',
  },
  {
    names: ['-i', '-I'],
    besides: '--latest',
    advice:
      'omit it: increments are found automatically; SSH keys are set with IdentityFile in ~/.ssh/config',
  },
  {
    names: ['-p', '-P', '--port', '--sshport', '--ssh-port'],
    besides: '--transport',
    advice: 'to give a port, use ssh://user@host:port as the host',
  },
  {
    names: ['-e', '--rsh', '--identity', '--identity-file', '--sshkey', '--sshconfig', '--sshoption'],
    besides: '--transport',
    advice: 'set it for the host in ~/.ssh/config',
  },
  { names: ['-l', '-u', '--login', '--user'], besides: '--transport', advice: 'use user@host as the host' },
  {
    names: ['--progress', '--partial', '--resume', '-P', '--no-sync-snap'],
    besides: '--latest',
    advice:
      'omit it: progress is shown on a terminal, interrupted transfers are resumed, and no snapshots are created',
  },
  { names: ['-z', '--zstd', '--gzip'], besides: '--compress', advice: 'use --compress' },
  {
    names: ['--source-bwlimit', '--target-bwlimit', '--limit', '--rate-limit'],
    besides: '--bwlimit',
    advice: 'use --bwlimit RATE, e.g. --bwlimit 20M',
  },
  { names: ['-y', '--assume-yes', '--noconfirm', '--no-confirm'], besides: '--yes', advice: 'use --yes' },
  {
    names: ['--to', '--target', '--into', '--parent'],
    besides: '--destination',
    advice: 'use -d DATASET for the parent of new datasets',
  },
  {
    names: ['--include', '--exclude', '--filter', '--streamline'],
    besides: '--name',
    advice: 'to choose streamlines, use -n PATTERN',
  },
  {
    names: ['-N', '--noop', '--simulate', '--check', '--preview'],
    besides: '--dry-run',
    advice: 'use --dry-run',
  },
  { names: ['--version'], advice: 'zfs-vm version' },
];

/**
 * What to do instead of giving an option that other programs have; undefined where there is nothing to say.
 * @param known the names of the options that the command has
 */
export function adviseOnForeignOption(option: string, known: readonly string[]): string | undefined {
  return foreignOptions.find(
    ({ names, besides }) => names.includes(option) && (besides === undefined || known.includes(besides)),
  )?.advice;
}
