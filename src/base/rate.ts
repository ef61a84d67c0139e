/** How rates are written, for errors and help. */
export const rateForm = 'bytes per second, e.g. 500K, 20M or 1G';

/** Reads a rate as people write it (`500K`, `20M`, `1.5G`), in bytes a second; powers of 1024, as zfs has them. Undefined for anything else. */
export function parseRate(text: string): number | undefined {
  const [, number = '', unit = ''] = /^([0-9]{1,15}(?:\.[0-9]{1,15})?)([KMGT]?)$/i.exec(text) ?? [];
  const rate = Number(number) * 1024 ** ' KMGT'.indexOf(unit === '' ? ' ' : unit.toUpperCase());
  return number !== '' && rate >= 1 ? rate : undefined;
}
