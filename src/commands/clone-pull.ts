import type { Choice } from '../plan/sources.js';
import type { Tag } from '../streamline/tag.js';
import { PullCommand } from './pull.js';

/** The pull that brings a version for `clone --from`. */
export class ClonePull extends PullCommand {
  /** Without this version on the other host, nothing is to be sent. */
  required: Tag | undefined;

  override readChoice(): Choice {
    return { ...super.readChoice(), required: this.required };
  }
}
