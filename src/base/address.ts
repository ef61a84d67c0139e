import { isIPv6 } from 'node:net';
import { ZfsVmError } from './errors.js';
import { quoteCommand, quoteWord } from './shell.js';

/** Where to connect, as a person named it. What isn't given is left to the OpenSSH configuration. */
export interface Address {
  /** A host name, an alias of the OpenSSH configuration, or an IP address without brackets. */
  readonly host: string;
  readonly user: string | undefined;
  readonly port: number | undefined;
}

const urlScheme = 'ssh://';

/**
 * Reads `host`, `user@host`, `ssh://user@host:port`; IPv6 addresses plain, or in brackets within `ssh://`.
 * @throws ZfsVmError `usage` for anything that isn't one of these, or that could be taken for an option or a command
 *   by `ssh` or by a shell: the refused characters are those that OpenSSH refuses in names, and white space.
 */
export function parseAddress(text: string): Address {
  return text.startsWith(urlScheme) ? parseUrl(text) : parsePlain(text);
}

/**
 * The command by which a person can try whether an address can be got at, for hints.
 * @param configFile the OpenSSH configuration that is used instead of the person's own
 */
export function formatSshCommand({ host, user, port }: Address, configFile?: string): string {
  return quoteCommand([
    'ssh',
    ...(configFile === undefined ? [] : ['-F', configFile]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    user === undefined ? host : `${user}@${host}`,
  ]);
}

function parsePlain(text: string): Address {
  // A container's id, most likely; ssh takes it for an IPv4 address that nobody writes so.
  if (/^[0-9]+$/.test(text)) {
    throw new ZfsVmError('usage', `invalid host "${text}": a bare number is not a host name`, {
      hint: `to choose a streamline, use -n ${quoteWord(text)}`,
    });
  }
  if (text.includes('/')) throw refusePlace(text);
  const at = text.lastIndexOf('@');
  const host = text.slice(at + 1);
  return checkAddress(text, { host, user: at < 0 ? undefined : text.slice(0, at), port: undefined });
}

/** Refuses a dataset in the place of a host, with or without one before it, as other programs want it. */
function refusePlace(text: string): ZfsVmError {
  const { host, place } = /^(?:(?<host>[^:/]+):)?(?<place>[^:]+)$/.exec(text)?.groups ?? {};
  const option = place === undefined ? '-d DATASET' : `-d ${quoteWord(place)}`;
  return new ZfsVmError('usage', `invalid host ${JSON.stringify(text)}: a host name cannot contain "/"`, {
    hint: `to set the destination, use ${option}${host === undefined ? '' : ` ${host}`}; to choose a streamline, use -n STREAMLINE`,
  });
}

function parseUrl(text: string): Address {
  const rest = text.slice(urlScheme.length);
  const authority = rest.endsWith('/') ? rest.slice(0, -1) : rest;
  const at = authority.lastIndexOf('@');
  const user = at < 0 ? undefined : decodeUser(text, authority.slice(0, at));
  const place = /^(?:\[(?<bracketed>[^\][]*)\]|(?<plain>[^:[\]]*))(?::(?<port>\d{1,5}))?$/.exec(
    authority.slice(at + 1),
  )?.groups;
  if (place === undefined) {
    throw refuse(text, 'expected ssh://user@host:port, with an IPv6 address in brackets');
  }

  const port = place['port'] === undefined ? undefined : Number(place['port']);
  if (port !== undefined && (port < 1 || port > 65_535)) {
    throw refuse(text, 'the port must be a number from 1 to 65535');
  }

  return checkAddress(text, { host: place['bracketed'] ?? place['plain'] ?? '', user, port });
}

function decodeUser(text: string, encoded: string): string {
  if (encoded.includes(':')) {
    throw refuse('ssh://…', 'an address cannot contain a password; ssh asks for it on the terminal');
  }

  try {
    return decodeURIComponent(encoded);
  } catch {
    throw refuse(text, 'the user name contains a malformed % sequence');
  }
}

function checkAddress(text: string, address: Address): Address {
  if (address.host.includes(':') && !isIPv6(address.host)) {
    throw refuse(text, 'to give a port, use ssh://user@host:port');
  }

  checkName(text, 'host', address.host, /[\s\p{Cc}\p{Cf}'"`$\\;&<>|(){}[\]/]/u);
  if (address.user !== undefined) checkName(text, 'user', address.user, /[\s\p{Cc}\p{Cf}'"`;&<>|(){}]/u);

  return address;
}

function checkName(text: string, part: 'host' | 'user', name: string, refused: RegExp): void {
  if (name === '') throw refuse(text, `the ${part} name is empty`);

  if (name.startsWith('-')) throw refuse(text, `a ${part} name cannot start with "-"`);

  const char = refused.exec(name)?.[0];
  if (char !== undefined) throw refuse(text, `a ${part} name cannot contain ${JSON.stringify(char)}`);
}

function refuse(text: string, reason: string): ZfsVmError {
  return new ZfsVmError('usage', `invalid host ${JSON.stringify(text)}: ${reason}`, {
    hint: 'use an address such as fjoe@remote-host or ssh://fjoe@remote-host:2222',
  });
}
