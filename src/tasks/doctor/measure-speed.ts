import { performance } from 'node:perf_hooks';
import { pipeline } from 'node:stream/promises';
import type { Host } from '../../host/host.js';
import { runCommand } from '../../host/run-command.js';
import type { Finding } from './finding.js';

/** As much as is sent each way, unless it takes too long. */
const mostBytes = 256 * 2 ** 20;

const longestMs = 5000;

const chunk = Buffer.alloc(2 ** 18);

/** Measures how fast bytes go to a host and come from it, the way large streams go. */
export async function measureSpeed(host: Host, signal: AbortSignal): Promise<Finding> {
  const startedAt = performance.now();
  await runCommand(host, ['sh', '-c', ':'], { signal });
  const roundTripMs = performance.now() - startedAt;
  const way = (await host.bulk?.open()) ?? host;
  try {
    const upload = await measureUpload(way, signal);
    const download = await measureDownload(way, signal);
    return { kind: 'speed', level: 'ok', roundTripMs, upload, download };
  } finally {
    if (way !== host) await way.close();
  }
}

/** The time counts until the host has read all. */
async function measureUpload(host: Host, signal: AbortSignal): Promise<number> {
  let bytes = 0;
  const startedAt = performance.now();
  function* fill(): Generator<Buffer> {
    while (bytes < mostBytes && performance.now() - startedAt < longestMs) {
      bytes += chunk.length;
      yield chunk;
    }
  }
  const command = await host.start(['sh', '-c', 'cat >/dev/null'], { signal });
  command.stdout.resume();
  command.stderr.resume();
  await pipeline(fill, command.stdin).catch(() => undefined);
  await command.exit;
  signal.throwIfAborted();
  return (bytes * 1000) / (performance.now() - startedAt);
}

async function measureDownload(host: Host, signal: AbortSignal): Promise<number> {
  const stop = new AbortController();
  let bytes = 0;
  const startedAt = performance.now();
  const command = await host.start(['head', '-c', String(mostBytes), '/dev/zero'], {
    signal: AbortSignal.any([signal, stop.signal]),
  });
  command.stdin.end();
  command.stderr.resume();
  command.stdout.on('data', (data: Buffer) => {
    bytes += data.length;
    if (performance.now() - startedAt > longestMs) stop.abort();
  });
  await command.exit;
  signal.throwIfAborted();
  return (bytes * 1000) / (performance.now() - startedAt);
}
