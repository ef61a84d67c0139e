import { connect } from 'node:net';

/** How long an agent may take to say what it has. */
const patienceMs = 2000;

/** The request for a list of keys, and the answer to it: see draft-ietf-sshm-ssh-agent. */
const requestIdentities = Buffer.from([0, 0, 0, 1, 11]);
const identitiesAnswer = 12;

/** Length, kind and number come before the keys. */
const headLength = 9;

/** How many keys an agent has; undefined when it doesn't tell. ssh2 passes over those that it doesn't know. */
export function countAgentKeys(socketPath: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    let answer = Buffer.alloc(0);
    socket.setTimeout(patienceMs, () => socket.destroy());
    socket.once('connect', () => socket.write(requestIdentities));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      resolve(undefined);
    });
    socket.on('data', (chunk: Buffer) => {
      answer = Buffer.concat([answer, chunk]);
      if (answer.length < headLength) return;
      resolve(answer[4] === identitiesAnswer ? answer.readUInt32BE(5) : undefined);
      socket.destroy();
    });
  });
}
