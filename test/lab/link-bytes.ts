import type { LabHost } from './lab-host.js';

/** Shell that prints what a host has sent and received on its private links since it started. */
export const scriptCountBytes = `for device in $(ip -o address show to 10.77.0.0/24 | awk '{ print $2 }'); do
  cat /sys/class/net/$device/statistics/rx_bytes /sys/class/net/$device/statistics/tx_bytes
done | awk '{ sum += $1 } END { printf "%d\\n", sum }'`;

/** What a host has sent and received on its private links since it started. */
export async function countBytes(host: LabHost): Promise<number> {
  return Number((await host.run(scriptCountBytes)).stdout);
}
