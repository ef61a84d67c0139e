/**
 * Whether worlds have what makes it hard to tell which dataset is the copy (promoted clones, archives, renames, backups on the same
 * machine), and are judged by it. The planner's rules for that are not all there yet.
 */
export const isIdentityJudged: boolean = false;
