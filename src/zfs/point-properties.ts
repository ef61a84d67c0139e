/** What a host said of some of its snapshots and bookmarks: values by full name and property. */
export type PointProperties = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * Arguments of zfs that tell what snapshots and bookmarks are whose full names follow, for `parsePointProperties`: with what their blocks were
 * encrypted (`ivsetguid`), and what a bookmark for redacted streams leaves out (`redact_snaps`). Both are hidden from `zfs get all` (seen on
 * OpenZFS 2.1.11 and 2.3.2); 0.8 knows the first only, and refuses the question.
 */
export const getPointPropertiesArguments = [
  ...['get', '-Hp', '-o', 'name,property,value'],
  'ivsetguid,redact_snaps',
] as const;

/** Reads the output of `getPointPropertiesArguments`. Nobody chooses these values; a line of another form says nothing. */
export function parsePointProperties(output: string): PointProperties {
  const properties = new Map<string, Map<string, string>>();
  for (const line of output.split('\n')) {
    const [fullName = '', name = '', value, ...rest] = line.split('\t');
    if (value === undefined || rest.length > 0) continue;
    const known = properties.get(fullName);
    if (known === undefined) properties.set(fullName, new Map([[name, value]]));
    else known.set(name, value);
  }
  return properties;
}
