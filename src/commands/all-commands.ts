import type { CommandClass } from '../command-line/run-command-line.js';
import { AbortCommand } from './abort.js';
import type { CommandContext } from './base-command.js';
import { CloneCommand } from './clone.js';
import { CompletionCommand } from './completion.js';
import { ConfigCommand } from './config.js';
import { CopyCommand } from './copy.js';
import { DiffCommand } from './diff.js';
import { DoctorCommand } from './doctor.js';
import { GateCommand } from './gate.js';
import { ListCommand } from './list.js';
import { LogCommand } from './log.js';
import { PruneCommand } from './prune.js';
import { PullCommand } from './pull.js';
import { PushCommand } from './push.js';
import { RenameCommand } from './rename.js';
import { RestoreCommand } from './restore.js';
import { ShowCommand } from './show.js';
import { StatusCommand } from './status.js';
import { SyncCommand } from './sync.js';
import { TagCommand } from './tag.js';
import { UntagCommand } from './untag.js';
import { VersionCommand } from './version.js';

/** Every command there is, in the order of the help; a new one is added here. */
export const commandClasses: readonly CommandClass<CommandContext>[] = [
  TagCommand,
  ListCommand,
  ShowCommand,
  PushCommand,
  PullCommand,
  SyncCommand,
  CloneCommand,
  RestoreCommand,
  DiffCommand,
  CopyCommand,
  StatusCommand,
  DoctorCommand,
  PruneCommand,
  UntagCommand,
  RenameCommand,
  AbortCommand,
  GateCommand,
  LogCommand,
  CompletionCommand,
  ConfigCommand,
  VersionCommand,
];
