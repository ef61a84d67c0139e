import { Violation } from './violation.js';

/** How much time of the processor a seed may take. */
const longestWorkMs = 30_000;

const lookEveryMs = 3000;

/** What is alive takes more than that between two looks, also on a machine with much else to do. */
const leastWorkMs = 20;

/** After so many looks at which it did nothing, it waits for what never comes. */
const mostIdleLooks = 10;

/**
 * Waits for work that may take only so long. It is measured by the time of the processor, so that a machine that has much else to do
 * makes nothing fail.
 * @throws Violation when it takes longer, or waits for ever
 */
export async function withinWorkLimit<Result>(work: () => Promise<Result>): Promise<Result> {
  const startedMs = workMs();
  let lastMs = startedMs;
  let idleLooks = 0;
  let timer: NodeJS.Timeout | undefined;
  const slow = new Promise<never>((_resolve, reject) => {
    timer = setInterval(() => {
      const nowMs = workMs();
      idleLooks = nowMs - lastMs < leastWorkMs ? idleLooks + 1 : 0;
      lastMs = nowMs;
      if (nowMs - startedMs > longestWorkMs) {
        reject(new Violation(`it takes more than ${longestWorkMs / 1000} s of the processor`));
      }
      if (idleLooks >= mostIdleLooks) reject(new Violation('it waits for what never comes'));
    }, lookEveryMs);
  });
  try {
    return await Promise.race([work(), slow]);
  } finally {
    clearInterval(timer);
  }
}

/** How much time of the processor this process has taken. */
function workMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
