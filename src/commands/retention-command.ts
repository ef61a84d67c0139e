import { Option } from 'clipanion';
import type { Retention } from '../plan/retention.js';
import { BaseCommand } from './base-command.js';
import { readRetention } from '../command-line/retention-options.js';

/** A command with options that say what is kept (`retentionOptionHelp`). */
export abstract class RetentionCommand extends BaseCommand {
  keepLast = Option.String('--keep-last');

  keepWithin = Option.String('--keep-within');

  keepHourly = Option.String('--keep-hourly');

  keepDaily = Option.String('--keep-daily');

  keepWeekly = Option.String('--keep-weekly');

  keepMonthly = Option.String('--keep-monthly');

  keepYearly = Option.String('--keep-yearly');

  keep = Option.Array('--keep', []);

  /** What they say; undefined when there is no rule. @throws ZfsVmError `usage` for one that can't be */
  readRetention(): Retention | undefined {
    return readRetention({
      ...{ last: this.keepLast, within: this.keepWithin, hourly: this.keepHourly, daily: this.keepDaily },
      ...{ weekly: this.keepWeekly, monthly: this.keepMonthly, yearly: this.keepYearly, named: this.keep },
    });
  }
}
