import type { Machine } from '../sim/machine.js';
import type { SimWorld } from '../sim/sim-world.js';
import { listBlocks } from './pages.js';

/** What a person types in, which is nothing to zfs-vm. */
const passedOver = /^(?:apt|cd|cp|cron|curl|editor|install|mkdir|npm|scp|ssh-copy-id|ssh-keygen|systemctl)\b/;

/** A command of a page, and how it ended on the simulated hosts. */
export interface PlayedLine {
  readonly script: string;
  readonly status: number;
  /** Whether the hosts are as `makeWorld` gives them. */
  readonly isFirst: boolean;
}

/**
 * Runs the commands of a page, its `sh` blocks, one after another on simulated hosts, and puts what they print into the `text` block that
 * follows each. The person sits at host a. A comment `<!-- fresh hosts -->` above a block begins anew; what a comment `<!-- setup: … -->` has is run,
 * too, and its output is not shown.
 * @param makeWorld gives the hosts as the first command finds them
 * @param hear is told of each command
 * @returns the page with the output of now
 * @throws Error when a command without a block for its output fails
 */
export async function playPage(
  page: string,
  makeWorld: () => Promise<SimWorld>,
  hear: (played: PlayedLine) => void = () => undefined,
): Promise<string> {
  const blocks = listBlocks(page);
  let world = await makeWorld();
  let isFirst = true;
  let played = '';
  let end = 0;
  for (const [index, { language, text, start }] of blocks.entries()) {
    if (language !== 'sh' && language !== 'setup') continue;
    if (/<!-- fresh hosts -->\s*(?:```sh|<!-- setup:)\n$/.test(page.slice(0, start))) {
      world = await makeWorld();
      isFirst = true;
    }
    const next = blocks[index + 1];
    const shown = next?.language === 'text' ? next : undefined;
    const lines = await playLines(text, world);
    const failed = lines.find(({ status }) => status !== 0);
    if (failed !== undefined && shown === undefined) {
      throw new Error(`status ${failed.status}: ${failed.script}\n${failed.said}`);
    }
    for (const { script, status } of lines) {
      hear({ script, status, isFirst });
      isFirst = false;
    }
    if (language === 'setup') continue;
    const output = lines
      .map(({ said }) => said)
      .join('')
      .replaceAll(/ +$/gm, '');
    await world.clock.sleep(3_600_000);
    if (shown === undefined) continue;
    played += page.slice(end, shown.start) + output;
    end = shown.end;
  }
  return played + page.slice(end);
}

async function playLines(text: string, world: SimWorld): Promise<(Line & Played)[]> {
  const played: (Line & Played)[] = [];
  for (const each of readLines(text)) {
    played.push({ ...each, ...(await playLine(each.line, each.input, world, 'a')) });
    await world.clock.sleep(20_000);
  }
  return played;
}

interface Line {
  readonly line: string;
  /** What stands below it up to the word after `<<`. */
  readonly input: string;
  /** Both, as a shell reads them. */
  readonly script: string;
}

/** The commands of a block, without comments, continued lines joined. */
function readLines(text: string): Line[] {
  const lines: Line[] = [];
  const rest = text.replaceAll('\\\n', '').split('\n');
  for (let line = rest.shift(); line !== undefined; line = rest.shift()) {
    const command = line.replace(/(?:^|\s+)#\s.*$/, '').trim();
    if (command === '') continue;
    const [, quoted] = /<<'(\w+)'/.exec(command) ?? [];
    const end = quoted === undefined ? 0 : rest.indexOf(quoted);
    const input = rest.splice(0, quoted === undefined ? 0 : end + 1).slice(0, -1);
    const given = input.map((each) => `${each}\n`).join('');
    lines.push({
      line: command,
      input: given,
      script: quoted === undefined ? command : `${command}\n${given}${quoted}`,
    });
  }
  return lines;
}

interface Played {
  readonly status: number;
  readonly said: string;
}

async function playLine(line: string, input: string, world: SimWorld, host: string): Promise<Played> {
  const done: Played = { status: 0, said: '' };
  const [, file] = /> *(\S+) *<</.exec(line) ?? [];
  if (file !== undefined) {
    world.configFiles.set(file.startsWith('~') ? 'config.toml' : file, input);
    return done;
  }
  const [, remote, onRemote] = /^ssh (?:root@)?(\w+) (.*)$/.exec(line) ?? [];
  if (remote !== undefined && onRemote !== undefined) {
    return playLine(onRemote.replace(/^'(.*)'$/, '$1'), '', world, remote);
  }
  const words = Array.from(
    line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g),
    ([, single, double, plain = '']) => single ?? double ?? plain,
  );
  if (words[0] === 'zfs-vm') {
    const { status, output } = await world.run(host, words.slice(1));
    return { status, said: output };
  }
  if (words[0] === 'zfs') return playZfs(world.machine(host), words);
  const [, path] = /\s\/(tank\/\S+)$/.exec(line) ?? [];
  if (path !== undefined) {
    writeTo(world.machine(host), path);
    return done;
  }
  if (passedOver.test(line)) return done;
  throw new Error(`nobody knows how to play: ${line}`);
}

/** Something is written to the filesystem that a path lies in. */
function writeTo({ pools }: Machine, path: string): void {
  const dataset = [...pools.datasets.keys()]
    .filter((name) => path.startsWith(`${name}/`))
    .sort((a, b) => b.length - a.length)[0];
  if (dataset === undefined) throw new Error(`no dataset has /${path}`);
  pools.write(
    dataset,
    Array.from({ length: 40 }, () => pools.random.below(2000)),
  );
}

async function playZfs(machine: Machine, words: readonly string[]): Promise<Played> {
  const host = machine.connect('local');
  const process = await host.start(words);
  process.stdin.end();
  const [stdout, stderr, exit] = await Promise.all([
    readText(process.stdout),
    readText(process.stderr),
    process.exit,
  ]);
  return { status: exit.kind === 'exited' ? exit.code : 1, said: stdout + stderr };
}

async function readText(stream: AsyncIterable<unknown>): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}
