import { transports } from '../base/transports.js';
import { oneOf } from './choices.js';
import { flag, readText, toggle, value, type FlagDefinition } from './option.js';

/** The options of every command, which may also stand before it. */
export const globalOptions = {
  /** Left out, the configuration says. */
  sudo: toggle(['-s', '--sudo'], {
    help: 'run zfs with sudo on the remote host',
    helpWithout: 'do not use sudo, even if configured',
    usual: undefined,
  }),
  transport: value(['--transport'], {
    ...{ value: 'NAME', kind: 'choice', choices: transports },
    help: 'SSH client: ssh2 (built in) or openssh (the ssh command); default: ssh2 where it supports the configuration',
    read: oneOf(transports),
  }),
  configFile: value(['--config'], {
    ...{ value: 'FILE', kind: 'file', read: readText },
    help: 'configuration file (default: ~/.config/zfs-vm/config.toml)',
  }),
  quiet: flag(['-q', '--quiet'], 'only errors, warnings and questions'),
  verbose: flag(['-v', '--verbose'], 'more output'),
  debug: {
    ...flag(['--debug'], 'debug output, with stack traces; -d only before the command'),
    nameBefore: '-d',
  },
} as const;

/** The same as a type: what every command's arguments have. */
export type GlobalOptions = typeof globalOptions;

/** What is answered before anything else is read. */
export const helpOption: FlagDefinition<boolean> = flag(
  ['-h', '--help'],
  'show help; after a command, show help for that command',
);
