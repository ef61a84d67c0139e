import type { LabHost } from './lab-host.js';

/** Where the zfs is that notes what it sends: to be put before the PATH of whoever is watched. */
export const notingFolder = '/tmp/noting';

/** Has a host note each `zfs send` of a stream that is run from `notingFolder`. */
export async function noteSends(host: LabHost): Promise<void> {
  await host.run(
    `mkdir -p ${notingFolder}; cat > ${notingFolder}/zfs <<'END'
#!/bin/sh
case " $* " in *' -n '*) ;; ' send '*) echo "$*" >> /tmp/sends ;; esac
exec /usr/sbin/zfs "$@"
END
    chmod +x ${notingFolder}/zfs; : > /tmp/sends`,
  );
}

/** How many it has noted since this was asked last. */
export async function takeSends(host: LabHost): Promise<number> {
  return Number((await host.run('wc -l < /tmp/sends; : > /tmp/sends')).stdout);
}
