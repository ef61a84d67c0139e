import ssh2, {
  type AnyAuthMethod,
  type IdentityCallback,
  type ParsedKey,
  type Prompt,
  type SignCallback,
  type SigningRequestOptions,
} from 'ssh2';
import type { ClientConfig } from '../ssh/client-config.js';
import { findIdentities, type Identity } from './identity.js';
import { toPrintable } from '../../base/printable.js';

/** What logging in needs besides the configuration. */
export interface LoginContext {
  readonly config: ClientConfig;
  /** The host, for questions and messages; without the user. */
  readonly label: string;
  /** Asks the person; `undefined` when there is nobody to ask, or no answer. */
  readonly ask: (question: string, secret: boolean) => Promise<string | undefined>;
  /** Does what may take as long as a person takes: an agent may ask whether to sign, or want a token to be touched. */
  readonly waitForPerson: <T>(work: () => Promise<T>) => Promise<T>;
  readonly warn: (line: string) => void;
  readonly debug: (line: string) => void;
}

/** What was tried so far, for the message when nothing was accepted. */
export interface LoginRecord {
  readonly tried: string[];
  /** What the server would still take, as it said last. */
  accepted: readonly string[];
  /** What the ssh of the machine may log in with, and ssh2 can't. */
  readonly beyond: string[];
  /** Something had to be asked, and there was no answer. */
  unanswered: boolean;
}

/** What the server still takes after an attempt; `null` when it hasn't said. */
type MethodsLeft = readonly string[] | null;

/**
 * The attempts to log in, one after another, in OpenSSH's order. Each `next` takes what the server still accepts after the
 * attempt before it; the end means that there is nothing left to try.
 */
export async function* offerLogins(
  context: LoginContext,
  record: LoginRecord,
): AsyncGenerator<AnyAuthMethod, void, MethodsLeft> {
  const username = context.config.user;
  const askServer: AnyAuthMethod = { type: 'none', username };
  const attempts = new Map<string, Iterator<Attempt> | AsyncIterator<Attempt>>([
    ['publickey', offerKeys(context, record)],
    ['keyboard-interactive', offerAnswers(context, record)],
    ['password', offerPasswords(context, record)],
  ]);

  // "none" is how a client asks which methods there are; some servers even accept it.
  let left = yield askServer;
  for (;;) {
    record.accepted = left ?? record.accepted;
    for (const other of context.config.otherAuthentications) {
      if (record.accepted.includes(other)) record.beyond.push(`login by ${other}`);
    }
    const method = context.config.authentications.find(
      (name) => attempts.has(name) && record.accepted.includes(name),
    );
    if (method === undefined) return;

    const attempt = await attempts.get(method)?.next();
    if (attempt === undefined || attempt.done === true) {
      attempts.delete(method);
      continue;
    }
    left = yield attempt.value.method;
    if (attempt.value.wasUsed()) {
      // ssh2 doesn't pass on the answer to a signature. It may have been "right, and now the password, too": ask.
      left = yield askServer;
    }
  }
}

interface Attempt {
  readonly method: AnyAuthMethod;
  /** The server took the key, so that it got a signature. */
  readonly wasUsed: () => boolean;
}

async function* offerKeys(
  { config, ask, waitForPerson, warn, debug }: LoginContext,
  record: LoginRecord,
): AsyncGenerator<Attempt, void, undefined> {
  const identities = findIdentities({
    identityFiles: config.identityFiles,
    identitiesOnly: config.identitiesOnly,
    agentSocket: config.agentSocket,
    askPassphrase: async (file) => {
      const passphrase = await ask(`Enter passphrase for key '${toPrintable(file)}': `, true);
      record.unanswered ||= passphrase === undefined;
      return passphrase;
    },
    passphraseTries: config.passwordPrompts,
    signatureAlgorithms: config.signatureAlgorithms,
    requiredRsaBits: config.requiredRsaBits,
    noteBeyond: (reason) => record.beyond.push(reason),
    warn,
    debug,
  });
  for await (const identity of identities) {
    debug(`offering ${toPrintable(identity.label)}`);
    record.tried.push(`the key ${toPrintable(identity.label)}`);
    const agent = new OneKeyAgent(identity, waitForPerson);
    yield {
      method: { type: 'agent', username: config.user, agent },
      wasUsed: () => agent.hasSigned,
    };
  }
}

function* offerAnswers(
  { config, label, ask, warn }: LoginContext,
  record: LoginRecord,
): Generator<Attempt, void, undefined> {
  for (let attempt = 0; attempt < config.passwordPrompts && !record.unanswered; attempt++) {
    if (attempt === 0) record.tried.push('answers on the terminal');
    else warn(`${label}: permission denied, please try again`);

    const answerAll = async (prompts: readonly Prompt[]): Promise<string[]> => {
      const answers: string[] = [];
      for (const { prompt, echo } of prompts) {
        const answer = await ask(`(${config.user}@${label}) ${toPrintable(prompt)}`, echo !== true);
        if (answer === undefined) {
          record.unanswered = true;
          return [];
        }
        answers.push(answer);
      }
      return answers;
    };
    yield {
      method: {
        type: 'keyboard-interactive',
        username: config.user,
        // eslint-disable-next-line @typescript-eslint/max-params -- ssh2 calls it so
        prompt: (_name, _instructions, _language, prompts, finish) => {
          answerAll(prompts).then(finish, () => {
            finish([]);
          });
        },
      },
      wasUsed: () => false,
    };
  }
}

async function* offerPasswords(
  { config, label, ask, warn }: LoginContext,
  record: LoginRecord,
): AsyncGenerator<Attempt, void, undefined> {
  for (let attempt = 0; attempt < config.passwordPrompts && !record.unanswered; attempt++) {
    if (attempt > 0) warn(`${label}: permission denied, please try again`);

    const password = await ask(`${config.user}@${label}'s password: `, true);
    if (password === undefined) {
      record.unanswered = true;
      return;
    }
    if (attempt === 0) record.tried.push('a password');

    yield { method: { type: 'password', username: config.user, password }, wasUsed: () => false };
  }
}

/**
 * Shows a single key to ssh2 as if it were an agent's. That way every key is an attempt of its own, and a passphrase is
 * asked for only after the server has said that it wants the key: ssh2 signs with key files at once, but waits for agents.
 */
class OneKeyAgent extends ssh2.BaseAgent<ParsedKey> {
  hasSigned = false;
  readonly #identity: Identity;
  readonly #waitForPerson: LoginContext['waitForPerson'];

  constructor(identity: Identity, waitForPerson: LoginContext['waitForPerson']) {
    super();
    this.#identity = identity;
    this.#waitForPerson = waitForPerson;
  }

  override getIdentities(callback: IdentityCallback<ParsedKey>): void {
    callback(null, [this.#identity.publicKey]);
  }

  override sign(
    _key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    callback?: SignCallback,
  ): void {
    const [hash, done] =
      typeof options === 'function'
        ? [undefined, options]
        : [options.hash, callback ?? ((): void => undefined)];
    this.#waitForPerson(() => this.#identity.sign(data, hash)).then(
      (signature) => {
        this.hasSigned = true;
        done(null, signature);
      },
      (error: unknown) => {
        done(error instanceof Error ? error : new Error(String(error)));
      },
    );
  }
}
