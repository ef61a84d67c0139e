import type { Duplex } from 'node:stream';
import ssh2, { type Client, type ServerHostKeyAlgorithm } from 'ssh2';
import { ZfsVmError } from '../../base/errors.js';
import { offerLogins, type LoginRecord } from './authenticate.js';
import type { ClientConfig } from '../ssh/client-config.js';
import { describeImpatience, describeRefusal, describeSshError } from './login-errors.js';
import { formatFingerprint, type KnownHostsEntry } from './known-hosts.js';
import { describeThrown, toPrintable } from '../../base/printable.js';
import type { Carrier } from './transport.js';
import { createHostKeyChecker } from './verify-host-key.js';

/** How long a host may take to take leave before its connection is cut. */
const farewellMs = 500;

/** Dead peers are noticed by these, where the configuration doesn't ask for others. */
const defaultKeepalive = { intervalMs: 15_000, count: 3 };

/** What logging in needs besides the configuration. */
export interface LoginOptions {
  /** The host, for questions and messages; without the user. */
  readonly label: string;
  /** What a person can try the same way with, for messages. */
  readonly sshCommand: string;
  readonly ask: (question: string, secret: boolean, signal: AbortSignal) => Promise<string | undefined>;
  readonly warn: (line: string) => void;
  readonly debug: (line: string) => void;
  readonly knownHosts: readonly KnownHostsEntry[];
  /** Whether OpenSSH takes over where it may log in and ssh2 can't: then it asks what there is to ask, and not we before. */
  readonly mayLeaveToOpenssh: boolean;
  readonly signal: AbortSignal | undefined;
  /** How long the host may keep silent while we log in; time spent on questions to the person doesn't count. */
  readonly timeoutMs: number;
}

/** What is known of how a connection was opened. */
export interface Login {
  /** The host's key, as it came. */
  readonly hostKey: Buffer;
  /** Whether a person was asked, or may have been by an agent that took its time: they would be asked again for another connection. */
  readonly tookPerson: boolean;
}

/** How long an agent may take to sign without having asked anybody. */
const agentMs = 2000;

/** One SSH connection, logged in. */
export class Connection {
  readonly client: Client;
  readonly login: Login;
  readonly #carrier: Carrier;
  readonly #listeners: (() => void)[] = [];
  readonly #closed: Promise<void>;
  #lossReason: string | undefined;

  /** Takes over a client that has just logged in; `label` is the host's name in reasons. */
  constructor({ client, ...login }: Login & { readonly client: Client }, carrier: Carrier, label: string) {
    this.client = client;
    this.login = login;
    this.#carrier = carrier;
    client.on('error', (error) => {
      // The first word is the cause; what follows are its consequences.
      const reason =
        error.message === 'Keepalive timeout' ? 'the host no longer responds' : describeThrown(error);
      this.#lossReason ??= `connection to ${label} lost: ${reason}`;
    });
    this.#closed = new Promise((resolve) => {
      client.once('close', () => {
        this.#lossReason ??= `connection to ${label} lost: closed by the host`;
        resolve();
        // Not before ssh2 has told the channels.
        setImmediate(() => {
          this.#listeners.forEach((listener) => {
            listener();
          });
        });
      });
    });
  }

  /** Why the connection is gone; `undefined` while it is there. */
  lossReason(): string | undefined {
    return this.#lossReason;
  }

  /** Calls back when the connection is gone. */
  onLost(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Ends the connection and what carries it; fulfils when it is gone, or was cut. */
  async close(): Promise<void> {
    this.#lossReason ??= 'the connection was closed';
    this.client.end();
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, farewellMs);
    });
    await Promise.race([this.#closed, patience]);
    clearTimeout(timer);
    this.client.destroy();
    await this.#carrier.close();
  }
}

/**
 * Speaks SSH over a carrier: checks the host's key, and logs in.
 * @throws ZfsVmError `connection` if the key is refused, nothing that we have lets us in, or the host goes away;
 *   `interrupted` when the signal is aborted. The carrier is closed then.
 */
export async function logIn(
  carrier: Carrier,
  config: ClientConfig,
  options: LoginOptions,
): Promise<Connection> {
  try {
    return new Connection(await negotiate(carrier.stream, config, options), carrier, options.label);
  } catch (error) {
    await carrier.close();
    throw error;
  }
}

async function negotiate(
  stream: Duplex,
  config: ClientConfig,
  options: LoginOptions,
): Promise<Login & { readonly client: Client }> {
  const { label, warn, debug, signal, timeoutMs } = options;
  const questions = new AbortController();
  const deadline = new Deadline(timeoutMs);
  let isWaitingForPerson = false;
  let hasFailed = false;
  const waitForPerson = async <T>(work: () => Promise<T>): Promise<T> => {
    deadline.pause();
    isWaitingForPerson = true;
    try {
      return await work();
    } finally {
      isWaitingForPerson = false;
      deadline.restart();
      // ssh2 can't take an answer that comes after the end of its connection.
      if (hasFailed) await never();
    }
  };
  const ask = (question: string, secret: boolean): Promise<string | undefined> =>
    config.batchMode
      ? Promise.resolve(undefined)
      : waitForPerson(() => options.ask(question, secret, questions.signal));
  // Whoever waits for an answer may pass over why there is none.
  let fail: (error: unknown) => void = () => undefined;
  const checker = createHostKeyChecker({ config, label, ask, warn }, options.knownHosts);
  const record: LoginRecord = { tried: [], accepted: [], beyond: [], unanswered: false };
  let tookPerson = false;
  const logins = offerLogins(
    {
      ...{ config, label, warn, debug },
      ask: async (question, secret) => {
        tookPerson = true;
        try {
          if (options.mayLeaveToOpenssh && record.beyond.length > 0) {
            throw describeRefusal(config, options, record);
          }
          return await ask(question, secret);
        } catch (error) {
          fail(error);
          return never();
        }
      },
      waitForPerson: (work) => {
        const startedAtMs = performance.now();
        return waitForPerson(work).finally(() => {
          tookPerson ||= performance.now() - startedAtMs > agentMs;
        });
      },
    },
    record,
  );
  let trustedKey: Buffer | undefined;

  const client = new ssh2.Client();
  try {
    await new Promise<void>((resolve, reject) => {
      fail = (error) => {
        hasFailed = true;
        reject(error instanceof ZfsVmError ? error : describeSshError(error, options, record));
      };
      deadline.onExpired = () => {
        fail(
          new ZfsVmError(
            'connection',
            `${label} accepted the connection but sent nothing within ${timeoutMs / 1000} s`,
            {
              hint: 'check that sshd listens on that port',
            },
          ),
        );
      };
      client.once('ready', resolve);
      client.on('error', (error) => {
        if ('level' in error && error.level === 'agent') {
          debug(`${label}: cannot use this key: ${describeThrown(error)}`);
        } else {
          fail(isWaitingForPerson ? describeImpatience(label) : error);
        }
      });
      client.on('close', () => {
        const reason = new Error('the host closed the connection during login');
        fail(isWaitingForPerson ? describeImpatience(label) : reason);
      });
      client.on('banner', (text) => {
        debug(`${label}: ${toPrintable(text.trim())}`);
      });
      client.on('change password', () => {
        fail(
          new ZfsVmError(
            'connection',
            `${label} requires ${config.user} to change the password before login`,
            {
              hint: 'log in once with ssh and change the password',
            },
          ),
        );
      });
      const onAbort = (): void => {
        fail(new ZfsVmError('interrupted', `stopped while connecting to ${label}`));
      };
      signal?.addEventListener('abort', onAbort, { signal: questions.signal });
      if (signal?.aborted === true) {
        onAbort();
        return;
      }
      deadline.restart();
      const keepalive = chooseKeepalive(config);
      client.connect({
        sock: stream,
        username: config.user,
        // Ours is used instead: it doesn't run while the person is being asked.
        readyTimeout: 0,
        keepaliveInterval: keepalive.intervalMs,
        keepaliveCountMax: keepalive.count,
        algorithms: {
          kex: [...config.algorithms.kex],
          cipher: [...config.algorithms.cipher],
          hmac: [...config.algorithms.hmac],
          serverHostKey: sortByKnownTypes(config.algorithms.serverHostKey, checker.knownKeyTypes),
        },
        hostVerifier: (key: Buffer, verify: (isTrusted: boolean) => void) => {
          deadline.restart();
          if (trustedKey !== undefined) {
            // Keys are exchanged anew now and then on a long connection: it must be the same host as before.
            verify(trustedKey.equals(key));
            return;
          }
          debug(`${label} presented the host key ${formatFingerprint(key)}`);
          checker.verify(key).then(
            () => {
              trustedKey = key;
              verify(true);
            },
            // Not by ssh2, which fails where the connection is gone meanwhile.
            fail,
          );
        },
        authHandler: (methodsLeft: readonly string[] | null, _partial, next) => {
          deadline.restart();
          logins.next(methodsLeft).then((attempt) => {
            const asksNext = attempt.value?.type === 'keyboard-interactive';
            const isLeft = options.mayLeaveToOpenssh && record.beyond.length > 0 && asksNext;
            if (attempt.done === true || isLeft) {
              fail(describeRefusal(config, options, record));
            } else {
              debug(`${label}: trying ${attempt.value.type}`);
              next(attempt.value);
            }
          }, fail);
        },
      });
    });
    client.removeAllListeners();
    countAnythingAsLife(client, stream, chooseKeepalive(config).intervalMs);
    if (trustedKey === undefined) {
      throw new Error('a host accepted the login without presenting its host key');
    }
    return { client, hostKey: trustedKey, tookPerson };
  } catch (error) {
    // What still comes from it is a consequence of what went wrong already.
    client.removeAllListeners().on('error', () => undefined);
    client.destroy();
    throw error;
  } finally {
    deadline.end();
    questions.abort();
  }
}

/** For what nobody waits for any more. */
function never(): Promise<never> {
  return new Promise(() => undefined);
}

/** A time limit that can be stopped and started anew, until it is over for good. */
class Deadline {
  onExpired: () => void = () => undefined;
  readonly #timeoutMs: number;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  restart(): void {
    clearTimeout(this.#timer);
    // An answer that comes too late, or new keys on a long connection, mustn't start it again.
    if (!this.#isOver) {
      this.#timer = setTimeout(() => {
        this.onExpired();
      }, this.#timeoutMs);
    }
  }

  pause(): void {
    clearTimeout(this.#timer);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#isOver = true;
  }
}

function chooseKeepalive(config: ClientConfig): { readonly intervalMs: number; readonly count: number } {
  return config.serverAliveIntervalMs > 0
    ? { intervalMs: config.serverAliveIntervalMs, count: config.serverAliveCountMax }
    : defaultKeepalive;
}

/**
 * Lets ssh2 take whatever comes from the host for a sign of life, as OpenSSH does. By itself it counts only answers to its questions,
 * and these wait behind all that is still to be sent: on a slow line that may be minutes, while the host is as lively as can be.
 */
function countAnythingAsLife(client: Client, stream: Duplex, intervalMs: number): void {
  const { _resetKA: restartKeepalive } = client as unknown as { readonly _resetKA: () => void };
  let countedAtMs = performance.now();
  stream.on('data', () => {
    const nowMs = performance.now();
    // Data comes by the thousand pieces a second.
    if (nowMs - countedAtMs < intervalMs / 2) return;
    countedAtMs = nowMs;
    restartKeepalive();
  });
}

/** Types that are known for a host come first, or it may show a key that nobody has seen yet. */
function sortByKnownTypes(
  algorithms: readonly ServerHostKeyAlgorithm[],
  knownTypes: readonly string[],
): ServerHostKeyAlgorithm[] {
  const isKnown = (algorithm: string): boolean =>
    knownTypes.includes(algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm);
  return [...algorithms.filter(isKnown), ...algorithms.filter((algorithm) => !isKnown(algorithm))];
}
