import type { StreamRefusal } from '../zfs/failure.js';
import type { StreamOption } from '../zfs/send.js';

/** Which options are left out next, after those in the sets before: from what costs a little time to what an interrupt costs the whole stream. */
const sacrifices: readonly (readonly StreamOption[])[] = [['-e', '-c'], ['-L'], ['-s']];

/**
 * What isn't said where the receiver is known: what becomes encrypted there takes no embedded blocks.
 * @param becomesEncrypted whether the receiver encrypts what arrives
 */
export function chooseOmitted(raw: boolean, becomesEncrypted: boolean): readonly StreamOption[] {
  return !raw && becomesEncrypted ? ['-e'] : [];
}

/**
 * What isn't said next, after the receiver has refused a stream; undefined where no option of ours is the cause. Which feature a pool lacks,
 * zfs doesn't tell: so options are left out a few at a time. What blocks travel encrypted need is fixed, and so is what a resumed stream was
 * begun with.
 */
export function adaptOptions(
  omitted: readonly StreamOption[],
  { raw, isResumed }: { readonly raw: boolean; readonly isResumed: boolean },
  refusal: StreamRefusal | undefined,
): readonly StreamOption[] | undefined {
  if (raw || isResumed || refusal === undefined) return undefined;
  const says = (option: StreamOption): boolean => !omitted.includes(option);
  switch (refusal) {
    case 'embedded':
      return says('-e') ? [...omitted, '-e'] : undefined;
    case 'pool-features': {
      const next = sacrifices.find((options) => options.some(says));
      return next && [...new Set([...omitted, ...next])];
    }
    case 'needs-large-blocks':
      // Not where it was left out as the pool refused it: it would be refused again.
      return says('-L') || !says('-c') ? undefined : omitted.filter((option) => option !== '-L');
  }
}
