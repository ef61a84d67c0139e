import type { Prompter } from '../../src/host/ssh/prompt.js';

/** Answers no question, and lends the terminal to whoever wants it. */
export const nobody: Prompter = {
  ask: () => Promise.resolve(undefined),
  lend: (work) => work(),
  isLent: () => false,
};
