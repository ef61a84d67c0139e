/** The SSH clients: ssh2, which is built in, or the ssh command of this machine. */
export const transports = ['ssh2', 'openssh'] as const;

/** One of them. */
export type Transport = (typeof transports)[number];
