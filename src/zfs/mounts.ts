/**
 * Reads `/proc/self/mounts` of Linux: where each filesystem of ZFS is mounted. Of several places it is the first, which is also the one
 * that zfs itself goes by (`libzfs_mnttab_find`).
 */
export function parseMounts(text: string): Map<string, string> {
  const places = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [source, place, type] = line.split(' ');
    if (type !== 'zfs' || source === undefined || place === undefined) continue;
    const dataset = decode(source);
    if (!places.has(dataset)) places.set(dataset, decode(place));
  }
  return places;
}

/** Reads `/proc/self/mounts` of Linux: where something is mounted, whatever it is. */
export function parseMountPlaces(text: string): Set<string> {
  return new Set(
    text
      .split('\n')
      .flatMap((line) => line.split(' ')[1] ?? [])
      .map(decode),
  );
}

/** White space and backslashes are written as a backslash and three octal digits. */
function decode(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_all, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
