import type { LabHost } from './lab-host.js';

/** What a host has. Everything is by its full name. */
export interface LabState {
  /** Type, GUID and origin of datasets, snapshots and bookmarks. */
  readonly things: ReadonlyMap<string, Thing>;
  /** `SNAPSHOT TAG` of each hold. */
  readonly holds: readonly string[];
  /** Datasets with the rest of an interrupted receive. */
  readonly partials: readonly string[];
  /** Checksums of the files of datasets that are nobody's but the person's. */
  readonly files: string;
}

/** A dataset, snapshot or bookmark. */
export interface Thing {
  readonly type: string;
  readonly guid: string;
  readonly origin: string;
}

const separator = '--';

/** Reads what a host has. @param folders whose files are read too */
export async function captureState(host: LabHost, folders: readonly string[]): Promise<LabState> {
  const { stdout } = await host.run(
    `set -e
    zfs list -Hp -t all -o name,type,guid,origin; echo ${separator}
    zfs list -Ho name -t snapshot | xargs -r zfs holds -H; echo ${separator}
    zfs list -Ho name,receive_resume_token -t filesystem,volume; echo ${separator}
    find ${folders.join(' ')} -type f | sort | xargs sha256sum`,
  );
  return parseState(stdout);
}

function parseState(text: string): LabState {
  const [things = [], holds = [], tokens = [], files = []] = text
    .split(`${separator}\n`)
    .map((part) => part.split('\n').filter((line) => line !== ''));
  return {
    things: new Map(
      things.map((line) => {
        const [name = '', type = '', guid = '', origin = ''] = line.split('\t');
        return [name, { type, guid, origin }];
      }),
    ),
    holds: holds.map((line) => line.split('\t').slice(0, 2).join(' ')),
    partials: tokens.filter((line) => !line.endsWith('\t-')).map((line) => line.replace(/\t.*/, '')),
    files: files.join('\n'),
  };
}

/** A checksum of each version of a host, by the name without the dataset: its files, or what is on the volume. */
export async function hashVersions(host: LabHost): Promise<string[]> {
  const { stdout } = await host.run(
    `set -e
    folder=/run/zfs-vm-test; mkdir -p $folder
    zfs list -Ho name -t snapshot -r tank | grep @zfs-vm: | while read -r snapshot; do
      if [ "$(zfs get -Ho value type "\${snapshot%@*}")" = volume ]; then
        zfs clone "$snapshot" tank/hashed
        for try in $(seq 100); do [ -e /dev/zvol/tank/hashed ] && break; sleep 0.1; done
        sum=$(sha256sum < /dev/zvol/tank/hashed)
        for try in $(seq 100); do zfs destroy tank/hashed 2> /dev/null && break; sleep 0.1; done
      else
        mount -t zfs "$snapshot" $folder
        sum=$(cd $folder; find . -type f | sort | xargs sha256sum | sha256sum)
        umount $folder
      fi
      echo "\${snapshot#*@} $sum"
    done`,
    { timeoutMs: 120_000 },
  );
  return stdout.trim().split('\n').sort();
}
