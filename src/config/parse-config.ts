import { localName } from '../base/local-name.js';
import { parseAddress } from '../base/address.js';
import { durationForm, parseDuration } from '../base/duration.js';
import { ZfsVmError } from '../base/errors.js';
import type { Retention } from '../plan/retention.js';
import { parseRate, rateForm } from '../base/rate.js';
import { parsePattern } from '../streamline/selection.js';
import { readShortTag, type Tag } from '../streamline/tag.js';
import { transports, type Transport } from '../base/transports.js';
import { findDatasetNameFault } from '../zfs/names.js';
import { type Config, type Remote, type StreamlineRetention } from './config.js';
import { TableReader, type FaultListener, type Reading } from './table-reader.js';
import { parseToml, TomlFault, type TomlValue } from './toml.js';

/**
 * Reads a configuration file.
 * @param file its name, for errors
 * @throws ZfsVmError `usage` at the first thing that can't be, with file and line
 */
export function parseConfig(text: string, file: string): Config {
  try {
    return readConfig(parseToml(text));
  } catch (error) {
    if (!(error instanceof TomlFault)) throw error;
    throw new ZfsVmError('usage', `${file}:${error.line}: ${error.message}`, {
      hint: 'fix this line of the file; docs/reference/zfs-vm.toml.md has an example',
      cause: error,
    });
  }
}

/**
 * Finds all that is wrong with a configuration file, by line. Where it is no TOML, only the first thing is known.
 * @returns the lines, from 1, and what is wrong there
 */
export function findConfigFaults(text: string): { readonly line: number; readonly message: string }[] {
  const faults: TomlFault[] = [];
  try {
    readConfig(parseToml(text), (fault) => faults.push(fault));
  } catch (error) {
    if (!(error instanceof TomlFault)) throw error;
    faults.push(error);
  }
  return faults.map(({ line, message }) => ({ line, message })).sort((a, b) => a.line - b.line);
}

function readConfig(root: TomlValue, onFault?: FaultListener): Config {
  const table = new TableReader(root, 'the file', ['remotes', 'groups', 'retention'], onFault);
  const remotes = table.readEach('remotes', (name, value) => {
    checkName('remote', name, value);
    const reader = new TableReader(value, `the remote "${name}"`, remoteKeys, onFault);
    return readRemote(reader, `remotes.${name}`, onFault);
  });
  const groups = table.readEach('groups', (name, value) => {
    checkName('group', name, value);
    if (remotes.has(name)) {
      throw new TomlFault(value.line, `the group "${name}" has the same name as a remote`);
    }
    return readGroup(name, value, table.listNames('remotes'));
  });
  const retentions = table.readEach('retention', (name, value) =>
    readStreamlineRetention(name, value, { path: 'retention', onFault }),
  );
  return { remotes, groups, retentions: [...retentions.values()] };
}

/** A name that is no word of the shell's, nothing that looks like an option, and no address of somebody at some host. */
function checkName(what: 'remote' | 'group', name: string, { line }: TomlValue): void {
  if (name === localName) {
    throw new TomlFault(line, `a ${what} cannot be named "${name}": that name stands for this machine`);
  }
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name)) return;
  throw new TomlFault(
    line,
    `invalid name of a ${what} ${JSON.stringify(name)}: use letters, digits, - _ and . only, starting with a letter or digit`,
  );
}

const remoteKeys = ['host', 'dest', 'sudo', 'gate', 'transport', 'bwlimit', 'relay', 'retention'] as const;

function readRemote(
  table: TableReader<(typeof remoteKeys)[number]>,
  path: string,
  onFault?: FaultListener,
): Remote | undefined {
  const address = table.readText('host', readAddress);
  const rest = {
    destination: table.readText('dest', readDataset),
    sudo: table.readFlag('sudo') ?? false,
    gate: table.readFlag('gate') ?? false,
    transport: table.readText('transport', readTransport),
    bytesPerSecond: table.readText('bwlimit', readRate),
    mayRelay: table.readFlag('relay') ?? true,
    retentions: [
      ...table
        .readEach('retention', (name, value) =>
          readStreamlineRetention(name, value, { path: `${path}.retention`, onFault }),
        )
        .values(),
    ],
  };
  if (address !== undefined) return { address, ...rest };
  if (table.has('host')) return undefined;
  throw new TomlFault(table.line, `${table.what} has no host`);
}

function readGroup(name: string, value: TomlValue, remotes: ReadonlySet<string>): string[] {
  if (value.kind !== 'list') {
    throw new TomlFault(
      value.line,
      `the group "${name}" must be a list of remotes, e.g. ["backup", "offsite"]`,
    );
  }
  if (value.items.length === 0) throw new TomlFault(value.line, `the group "${name}" is empty`);
  return value.items.map((item) => {
    if (item.kind !== 'scalar' || typeof item.value !== 'string' || !remotes.has(item.value)) {
      const member = item.kind === 'scalar' ? JSON.stringify(item.value) : `a ${item.kind}`;
      throw new TomlFault(
        item.line,
        `the group "${name}" contains ${member}, which is not a remote in this file`,
      );
    }
    return item.value;
  });
}

/** The rules that count versions, and what they are in the file. */
const countKeys = {
  'keep-last': 'last',
  'keep-hourly': 'hourly',
  'keep-daily': 'daily',
  'keep-weekly': 'weekly',
  'keep-monthly': 'monthly',
  'keep-yearly': 'yearly',
} as const satisfies Readonly<Record<string, keyof Retention>>;

const retentionKeys = [...Object.keys(countKeys), 'keep-within', 'keep'];

/** @param path the table in which it stands, as the file names it */
function readStreamlineRetention(
  pattern: string,
  value: TomlValue,
  { path, onFault }: { readonly path: string; readonly onFault: FaultListener | undefined },
): StreamlineRetention | undefined {
  const isRule = retentionKeys.includes(pattern);
  if (value.kind !== 'table') {
    const subject = isRule
      ? `${pattern} must say for which streamlines`
      : `${JSON.stringify(pattern)} must be a table`;
    const example = `[${path}.${JSON.stringify(isRule ? '*' : pattern)}]`;
    throw new TomlFault(
      value.line,
      `[${path}]: ${subject}: put the rules below a line ${example}, e.g. keep-last = 10`,
    );
  }
  const what = `the retention of ${JSON.stringify(pattern)}`;
  if (!/^[A-Za-z0-9_. *?-]+$/.test(pattern) || parsePattern(pattern) === undefined) {
    throw new TomlFault(value.line, `${what}: not a streamline name or a pattern with * and ?`);
  }
  const table = new TableReader(value, what, retentionKeys, onFault);
  const retention: { -readonly [Key in keyof Retention]: Retention[Key] } = {};
  for (const [key, rule] of Object.entries(countKeys)) {
    const count = table.readCount(key);
    if (count !== undefined) retention[rule] = count;
  }
  const withinSeconds = table.readText('keep-within', readDuration);
  if (withinSeconds !== undefined) retention.withinSeconds = withinSeconds;
  const versions = table.readTexts('keep', readTag);
  if (versions !== undefined && versions.length > 0) retention.versions = versions;
  if (Object.keys(retention).length > 0) return { pattern, retention };
  // Its content is invalid, which was reported.
  if (onFault !== undefined && value.entries.size > 0) return undefined;
  throw new TomlFault(value.line, `${what} has no rule, so it would keep nothing`);
}

function readAddress(text: string): Reading<string> {
  try {
    parseAddress(text);
    return { value: text };
  } catch (error) {
    if (!(error instanceof ZfsVmError)) throw error;
    return { fault: error.message };
  }
}

function readDataset(text: string): Reading<string> {
  const fault = findDatasetNameFault(text);
  return fault === undefined
    ? { value: text }
    : { fault: `invalid dataset name ${JSON.stringify(text)}: ${fault}` };
}

function readTransport(text: string): Reading<Transport> {
  const value = transports.find((transport) => transport === text);
  return value === undefined
    ? { fault: `${JSON.stringify(text)} is not "${transports.join('" or "')}"` }
    : { value };
}

function readRate(text: string): Reading<number> {
  const value = parseRate(text);
  return value === undefined ? { fault: `${JSON.stringify(text)} is not a rate: ${rateForm}` } : { value };
}

function readDuration(text: string): Reading<number> {
  const value = parseDuration(text);
  return value === undefined
    ? { fault: `${JSON.stringify(text)} is not a time: ${durationForm}` }
    : { value };
}

function readTag(text: string): Reading<Tag> {
  const reading = readShortTag(text);
  return reading.kind === 'tag'
    ? { value: reading.tag }
    : { fault: `${JSON.stringify(text)} is not a version, e.g. debian-7:1` };
}
