import type { AlgorithmChoice } from './algorithms.js';
import { chooseAuthentications } from './authentications.js';
import { isNo, isYes, notNone, type FirstValue } from './option-values.js';
import type { PathList } from './path-list.js';

/** Lists of known_hosts files. */
export interface KnownHostsLists {
  readonly userKnownHosts: PathList;
  readonly globalKnownHosts: PathList;
}

/** What the configuration knows of host keys that we can't know. */
export function listSafeguards(
  first: FirstValue,
  { userKnownHosts, globalKnownHosts }: KnownHostsLists,
): readonly string[] {
  const reasons: readonly (readonly [boolean, string])[] = [
    [
      !userKnownHosts.isCertain,
      'known_hosts files whose names "ssh -G" prints ambiguously (UserKnownHostsFile)',
    ],
    [
      !globalKnownHosts.isCertain,
      'known_hosts files whose names "ssh -G" prints ambiguously (GlobalKnownHostsFile)',
    ],
    [notNone(first('revokedhostkeys')) !== undefined, 'a list of revoked host keys (RevokedHostKeys)'],
    [notNone(first('knownhostscommand')) !== undefined, 'host keys printed by a command (KnownHostsCommand)'],
  ];
  return reasons.filter(([isAsked]) => isAsked).map(([, reason]) => reason);
}

/** Options without which a connection would be another one than was asked for, as `ssh -G` names them. */
const onlyOpensshKnows = [
  ['certificatefile', 'CertificateFile', 'login with a certificate'],
  ['pkcs11provider', 'PKCS11Provider', 'keys on a PKCS#11 token'],
  ['bindaddress', 'BindAddress', 'a source address'],
  ['bindinterface', 'BindInterface', 'a network interface'],
] as const;

/** What only OpenSSH can do, without which a connection would be another one than was asked for, or none. */
export function listIndispensable(
  values: ReadonlyMap<string, readonly string[]>,
  algorithms: AlgorithmChoice,
): string[] {
  const first = (name: string): string | undefined => values.get(name)?.[0];
  const reasons: string[] = [];
  for (const [name, option, what] of onlyOpensshKnows) {
    const isSet = values.get(name)?.some((value) => notNone(value) !== undefined);
    if (isSet === true) reasons.push(`${what} (${option})`);
  }

  const dns = first('verifyhostkeydns');
  if (dns !== undefined && !isNo(dns)) reasons.push('host keys from DNS (VerifyHostKeyDNS)');

  // Until OpenSSH 8.4, where the other option has another name, everybody had it.
  if (isYes(first('checkhostip')) && first('pubkeyacceptedalgorithms') !== undefined) {
    reasons.push("host keys checked by the host's address too (CheckHostIP)");
  }

  if ((first('rekeylimit') ?? '0 0') !== '0 0') {
    reasons.push('a limit for rekeying (RekeyLimit)');
  }

  if (isYes(first('proxyusefdpass'))) reasons.push('a proxy that passes its socket (ProxyUseFdpass)');

  if (chooseAuthentications(first).length === 0) {
    reasons.push('its authentication methods (PreferredAuthentications, e.g. GSSAPI)');
  }

  for (const [kind, names] of Object.entries(algorithms)) {
    if ((names as readonly string[]).length === 0) reasons.push(`the allowed ${kind} algorithms`);
  }
  return reasons;
}

/** What only OpenSSH can do, and what nobody misses who gets a connection of his own. */
export function listDispensable(first: FirstValue): string[] {
  return notNone(first('controlpath')) === undefined
    ? []
    : ['a connection shared with other ssh processes (ControlPath)'];
}
