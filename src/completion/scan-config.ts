/** A name that the configuration gives to a host, or to several. */
export interface HostName {
  readonly name: string;
  readonly description: string;
}

/**
 * The remotes and groups of a configuration file, for completions. It looks only at the beginnings of lines, so that it is quick, needs no
 * parser, and also finds something in a file that has a fault elsewhere.
 */
export function scanConfig(text: string): HostName[] {
  const found = new Map<string, string>();
  let table: readonly string[] = [];
  for (const line of text.split('\n')) {
    const [, header] = /^\s*\[([^[\]]*)\]/.exec(line) ?? [];
    const [, left, right = ''] = /^\s*([^#=[\]]+?)\s*=\s*(.*)/.exec(line) ?? [];
    if (header !== undefined) table = splitKey(header);
    else if (left === undefined) continue;
    const [kind, name, key] = header === undefined ? [...table, ...splitKey(left ?? '')] : table;
    if (name === undefined) continue;
    if (kind === 'remotes') {
      const [, host] =
        (key === 'host' ? /^["']([^"']*)["']/ : /\bhost\s*=\s*["']([^"']*)["']/).exec(right) ?? [];
      found.set(name, host ?? found.get(name) ?? 'remote');
    } else if (kind === 'groups') {
      found.set(name, 'group');
    }
  }
  return Array.from(found, ([name, description]) => ({ name, description }));
}

/** A key with dots between its parts, each bare or in quotation marks. */
function splitKey(text: string): string[] {
  return Array.from(text.matchAll(/"([^"]*)"|'([^']*)'|([\w-]+)/g), ([, double, single, bare]) => {
    return double ?? single ?? bare ?? '';
  });
}

/** The hosts that an OpenSSH client configuration names, without patterns. */
export function scanSshConfig(text: string): HostName[] {
  return text.split('\n').flatMap((line) => {
    const [, names = ''] = /^\s*Host[\s=]+(.*)/i.exec(line) ?? [];
    return names
      .split(/\s+/)
      .filter((name) => /^[\w.-]+$/.test(name))
      .map((name) => ({ name, description: 'SSH configuration' }));
  });
}
