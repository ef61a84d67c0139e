import type { LabHost } from './lab-host.js';

/**
 * Waits on a host until a shell test is so, but not for long; tells whether it is. The host looks itself: asking it again and again
 * from outside would take half of what an emulated processor can do.
 */
export async function waitOn(host: LabHost, test: string): Promise<boolean> {
  const looks = 40;
  const script = `look=0; until ${test}; do
    [ $look -lt ${looks} ] || exit 1; look=$((look + 1)); sleep 0.5
  done`;
  return (await host.run(script, { check: false })).code === 0;
}
