/** What `ssh -G` says of an option, by its name in small letters; the first value where there are several. */
export type FirstValue = (name: string) => string | undefined;

/** `ssh -G` says "true" for some options and "yes" for others. */
export function isYes(value: string | undefined): boolean {
  return value === 'yes' || value === 'true';
}

/** The same for "false" and "no". */
export function isNo(value: string | undefined): boolean {
  return value === 'no' || value === 'false';
}

/** The value of an option; undefined where it says that there is none. */
export function notNone(value: string | undefined): string | undefined {
  return value === undefined || value.toLowerCase() === 'none' ? undefined : value;
}
