/** A time as the end of a dataset's name, e.g. `20261130T000531Z`. */
export function formatStamp(dateMs: number): string {
  return new Date(dateMs).toISOString().replace(/[-:]|\.[0-9]+/g, '');
}
