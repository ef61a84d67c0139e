/** What speaks SSH: the program itself, or the machine's own ssh. */
export const transports = ['ssh2', 'openssh'] as const;

/** One of them. */
export type Transport = (typeof transports)[number];
