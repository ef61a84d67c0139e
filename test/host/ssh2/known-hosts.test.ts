import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { appendKnownHost, readKnownHosts } from '../../../src/host/ssh2/known-hosts-files.js';
import {
  formatFingerprint,
  formatKnownHost,
  judgeHostKey,
  listKnownKeyTypes,
  nameInKnownHosts,
  parseKnownHosts,
  type HostKeyVerdict,
} from '../../../src/host/ssh2/known-hosts.js';

/** Made with `ssh-keygen -t ed25519` and `-t ecdsa`, OpenSSH 9.2. */
const keyA = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMCh5Uv7kHDjJyd5QYnZL6otBws3d2+nDsp2irRwN1Jw';
const fingerprintA = 'SHA256:GYF4KZi1bXMF35z31gWyc67YPODXZUPom36vEKyRqPI';
const keyB = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB';
const ecdsa256 = fakeKey('ecdsa-sha2-nistp256', 'x');
const ecdsa384 = fakeKey('ecdsa-sha2-nistp384', 'y');

function fakeKey(type: string, rest: string): string {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(type.length);
  return `${type} ${Buffer.concat([length, Buffer.from(type + rest)]).toString('base64')}`;
}

function blobOf(key: string): Buffer {
  return Buffer.from(key.split(' ')[1] ?? '', 'base64');
}

function judge(text: string, name: string, key = keyA): HostKeyVerdict {
  return judgeHostKey(parseKnownHosts('kh', text), name, blobOf(key));
}

function kindOf(text: string, name: string, key = keyA): string {
  return judge(text, name, key).kind;
}

test('a fingerprint looks as ssh-keygen shows it', () => {
  assert.equal(formatFingerprint(blobOf(keyA)), fingerprintA);
});

test('a host with this key is known', () => {
  assert.equal(kindOf(`box ${keyA} a comment here\n`, 'box'), 'known');
});

test('a host without an entry is unknown', () => {
  assert.deepEqual(judge(`other ${keyA}\n`, 'box'), { kind: 'unknown', otherTypes: [] });
});

test('names in the file match in any case', () => {
  assert.equal(kindOf(`BOX.Example ${keyA}\n`, nameInKnownHosts('Box.example', 22)), 'known');
});

test('each name of a list is known', () => {
  assert.equal(kindOf(`a,b,10.0.0.1 ${keyA}\n`, '10.0.0.1'), 'known');
});

test('a name is not known by the beginning of a longer one', () => {
  assert.equal(kindOf(`boxes ${keyA}\n`, 'box'), 'unknown');
});

test('a host at another port has brackets', () => {
  assert.equal(kindOf(`[box]:2222 ${keyA}\n`, nameInKnownHosts('box', 2222)), 'known');
});

test('a host at the usual port has none', () => {
  assert.equal(nameInKnownHosts('box', 22), 'box');
});

test('an entry for one port says nothing of another', () => {
  assert.equal(kindOf(`[box]:2222 ${keyA}\n`, nameInKnownHosts('box', 2223)), 'unknown');
});

for (const [pattern, name, kind] of [
  ['*.example', 'a.example', 'known'],
  ['*.example', 'example', 'unknown'],
  ['b?x', 'box', 'known'],
  ['b?x', 'bx', 'unknown'],
  ['*', 'anything', 'known'],
  ['*.example,!evil.example', 'good.example', 'known'],
  ['*.example,!evil.example', 'evil.example', 'unknown'],
  ['!evil.example,*.example', 'evil.example', 'unknown'],
  ['!evil.example', 'good.example', 'unknown'],
  ['a*b*c', 'a-b-b-c', 'known'],
] as const) {
  test(`the pattern ${pattern} makes ${name} ${kind}`, () => {
    assert.equal(kindOf(`${pattern} ${keyA}\n`, name), kind);
  });
}

// printf 'hashed.example %s\n[hashed.example]:2222 %s\n' "$KEY" "$KEY" > kh; ssh-keygen -H -f kh
const hashedFile = [
  `|1|++IvDQ1OVqtIbBBsFmRqP6L4+gw=|mfFb7bAR3zFxk2UXkZ7ZG+cTNro= ${keyA}`,
  `|1|M3t+7LxK434penmMMehrzryB6C0=|FUAUMsH30KEa5TY/h6/Y/cUL5OA= ${keyA}`,
].join('\n');

test('a name hashed by ssh-keygen -H is known', () => {
  assert.equal(kindOf(hashedFile, 'hashed.example'), 'known');
});

test('a name hashed with its port is known', () => {
  assert.equal(kindOf(hashedFile, '[hashed.example]:2222'), 'known');
});

test('another name does not match a hash', () => {
  assert.equal(kindOf(hashedFile, 'other.example'), 'unknown');
});

test('another key of the same type is a changed key, with the place of the entry', () => {
  const verdict = judge(`# comment\nbox ${keyB}\n`, 'box');
  assert.ok(verdict.kind === 'changed');
  assert.deepEqual([verdict.entry.file, verdict.entry.line], ['kh', 2]);
});

test('a key is known if any of several entries has it', () => {
  assert.equal(kindOf(`box ${keyB}\nbox ${keyA}\n`, 'box'), 'known');
});

test('a key of another type is unknown, and the known types are told', () => {
  assert.deepEqual(judge(`box ${ecdsa256}\n`, 'box'), {
    kind: 'unknown',
    otherTypes: ['ecdsa-sha2-nistp256'],
  });
});

test('an ECDSA key on another curve is a changed key', () => {
  assert.equal(kindOf(`box ${ecdsa256}\n`, 'box', ecdsa384), 'changed');
});

test('a revoked key is revoked even where another line knows it', () => {
  assert.equal(kindOf(`box ${keyA}\n@revoked * ${keyA}\n`, 'box'), 'revoked');
});

test('a revoked key does not make others known or changed', () => {
  assert.equal(kindOf(`@revoked box ${keyB}\n`, 'box'), 'unknown');
});

test('a host with nothing but a certificate authority is told apart', () => {
  assert.equal(kindOf(`@cert-authority *.example ${keyB}\n`, 'a.example'), 'certificate-authority');
});

test('the key of a certificate authority is never a host key', () => {
  assert.equal(kindOf(`@cert-authority *.example ${keyA}\n`, 'a.example'), 'certificate-authority');
});

test('a plain entry counts although there is a certificate authority, too', () => {
  assert.equal(kindOf(`@cert-authority * ${keyB}\nbox ${keyA}\n`, 'box'), 'known');
});

for (const [line, why] of [
  ['box', 'a name alone'],
  ['box ssh-ed25519', 'no key'],
  ['box ssh-ed25519 AAAA', 'a key that is too short'],
  [`box ssh-rsa ${keyA.split(' ')[1] ?? ''}`, 'a key of another type than it says'],
  [`@unheard-of box ${keyA}`, 'a marker that nobody knows'],
  [`# box ${keyA}`, 'a comment'],
  [`|1|short ${keyA}`, 'half a hash'],
  [`|2|AAAA|BBBB ${keyA}`, 'a hash of another kind'],
  ['box 1024 35 1234567890', 'a key of SSH 1'],
] as const) {
  test(`a line with ${why} is passed over`, () => {
    assert.equal(kindOf(`${line}\nother ${keyA}\n`, 'box'), 'unknown');
  });
}

test('tabs, several spaces and carriage returns separate fields, too', () => {
  assert.equal(kindOf(` box\t ${keyA.replace(' ', '\t')}\r\n`, 'box'), 'known');
});

test('no text makes the parser throw', () => {
  const piece = fc.constantFrom(
    'box',
    ' ',
    '\n',
    '|1|',
    '|',
    '@revoked ',
    '@cert-authority ',
    '*',
    '!',
    ',',
    keyA,
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string())), (pieces) => {
      judge(pieces.join(''), 'box');
    }),
  );
});

test('a pattern full of stars is matched in no time', () => {
  const start = performance.now();
  assert.equal(kindOf(`${'*a'.repeat(5_000)}b ${keyA}\n`, 'a'.repeat(5_000)), 'unknown');
  assert.ok(performance.now() - start < 2_000);
});

test('the types of the known keys are listed, those of authorities and revoked keys not', () => {
  const entries = parseKnownHosts(
    'kh',
    `box ${ecdsa256}\n@revoked box ${keyA}\n@cert-authority box ${keyB}\n`,
  );
  assert.deepEqual(listKnownKeyTypes(entries, 'box'), ['ecdsa-sha2-nistp256']);
});

for (const hashed of [false, true]) {
  test(`a ${hashed ? 'hashed' : 'plain'} line that we write is known when read again`, () => {
    const line = formatKnownHost('[box]:2222', blobOf(keyA), hashed);
    assert.equal(kindOf(line, '[box]:2222'), 'known');
    assert.equal(line.includes('box'), !hashed);
  });
}

test('a new known_hosts file and its folder belong to their owner alone', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'zfs-vm-kh-'));
  t.after(() => {
    rmSync(dir, { recursive: true });
  });
  const file = join(dir, '.ssh', 'known_hosts');
  await appendKnownHost(file, `box ${keyA}`);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(statSync(join(dir, '.ssh')).mode & 0o777, 0o700);
});

test('a line is added after a last line without newline, not to it', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'zfs-vm-kh-'));
  t.after(() => {
    rmSync(dir, { recursive: true });
  });
  const file = join(dir, 'known_hosts');
  writeFileSync(file, `a ${keyA}`);
  await appendKnownHost(file, `b ${keyA}`);
  await appendKnownHost(file, `c ${keyA}`);
  assert.equal(readFileSync(file, 'utf8'), `a ${keyA}\nb ${keyA}\nc ${keyA}\n`);
});

test('a known_hosts file that is not there has no entries', async () => {
  assert.deepEqual(await readKnownHosts(['/nowhere/at/all']), []);
});
