/*
 * Lines of shell scripts that print marks. They print with `echo` what has no backslash: every shell has it built in. `printf` is a process of
 * its own in mksh and posh, and takes no more than a command line does.
 */

/** The line that says how a command ended. @param status a shell word */
export function printEndMark(mark: string, status: string): string {
  return `echo '\n${mark}' ${status}`;
}

/** The line that says that a command begins. */
export function printBeginMark(mark: string): string {
  return `echo '\n${mark}'`;
}
