import { bookmarkProgram } from '../../src/zfs/protect.js';
import { roleProgram, roleProperty } from '../../src/zfs/role.js';
import { complain, say, type Call } from './call.js';
import { runDiff } from './diff.js';
import type { Dataset } from './dataset.js';
import { runGet, runList } from './list.js';
import { readOptions, type Options } from './options.js';
import { readToEnd } from './pipe.js';
import { checkUnmountable, type Pools } from './pools.js';
import { findProperty, isKnownProperty } from './properties.js';
import { runReceive } from './receive.js';
import { ZfsRefusal } from './refusal.js';
import { runSend } from './send.js';
import { mayDo } from './user.js';

/** What zfs does with a subcommand's words; gives the exit status. */
type Subcommand = (call: Call, words: readonly string[], pools: Pools) => Promise<number> | number;

/** The zfs of a simulated host. */
export async function runZfs(call: Call): Promise<number> {
  const { machine } = call.session;
  const [name = '', ...words] = machine.lie?.(call.words) ?? call.words;
  const subcommand = Object.hasOwn(subcommands, name) ? subcommands[name] : undefined;
  if (subcommand === undefined) throw new Error(`a simulated zfs has no ${name}: ${call.words.join(' ')}`);
  try {
    await machine.pace(call.process, 'zfs', 0);
    await machine.beforeZfs?.(call.words, call);
    call.process.check();
    if (machine.isZfsDenied) throw new ZfsRefusal(`cannot ${name}: permission denied`);
    return await subcommand(call, words, machine.pools);
  } catch (error) {
    if (!(error instanceof ZfsRefusal)) throw error;
    await complain(call, error.message);
    return error.status;
  }
}

const subcommands: Readonly<Record<string, Subcommand>> = {
  list: runList,
  get: runGet,
  send: runSend,
  receive: runReceive,
  recv: runReceive,
  create: (call, words, pools) => {
    const options = readOptions(words, 'po:V:s');
    const name = onlyOperand('create', options.operands);
    permit(call, ['create', 'mount'], `cannot create '${name}'`);
    const properties = readProperties(options.values('o'));
    const size = options.value('V');
    if (size === undefined) {
      pools.create(name, { properties });
      return 0;
    }
    properties.set('volsize', size);
    pools.create(name, { type: 'volume', properties });
    return 0;
  },
  'change-key': (call, words, pools) => {
    const options = readOptions(words, 'lio:');
    const name = onlyOperand('change-key', options.operands);
    permit(call, ['change-key'], `cannot change key of '${name}'`);
    const keyFile = readProperties(options.values('o')).get('keylocation');
    pools.changeKey(name, { inherits: options.has('i'), keyFile });
    return 0;
  },
  'load-key': (call, words, pools) => {
    const options = readOptions(words, 'L:');
    const name = onlyOperand('load-key', options.operands);
    permit(call, ['load-key'], `Key load error`);
    pools.loadKey(name, options.value('L'));
    return 0;
  },
  'unload-key': (call, words, pools) => {
    const name = onlyOperand('unload-key', words);
    permit(call, ['load-key'], `Key unload error`);
    pools.unloadKey(name);
    return 0;
  },
  set: (call, words, pools) => {
    const properties = readProperties(words.filter((word) => word.includes('=')));
    const names = words.filter((word) => !word.includes('='));
    return forEach(call, names, (name) => {
      permit(call, ['userprop'], `cannot set property for '${name}'`);
      pools.set(name, properties);
    });
  },
  inherit: (call, [property = '', name = ''], pools) => {
    permit(call, ['userprop'], `cannot inherit ${property} for '${name}'`);
    pools.open(name).properties.delete(property);
    return 0;
  },
  snapshot: (call, words, pools) => {
    const options = readOptions(words, 'ro:');
    const properties = readProperties(options.values('o'));
    const rights = ['snapshot', 'mount', ...(properties.size > 0 ? ['userprop'] : [])];
    permit(call, rights, `cannot create snapshots `);
    pools.snapshot(options.operands, { recursive: options.has('r'), properties });
    return 0;
  },
  clone: (call, words, pools) => {
    const options = readOptions(words, 'o:');
    const [origin = '', name = ''] = options.operands;
    permit(call, ['clone', 'create', 'mount'], `cannot create '${name}'`);
    mountClone(call, pools, pools.clone(origin, name, readProperties(options.values('o'))));
    return 0;
  },
  mount: (_call, words, pools) => {
    mount(pools.open(onlyOperand('mount', words)));
    return 0;
  },
  unmount: (_call, words, pools) => {
    const dataset = pools.open(onlyOperand('unmount', words));
    if (!dataset.isMounted && !dataset.isInUse) {
      throw new ZfsRefusal(`cannot unmount '${dataset.name}': not currently mounted`);
    }
    // What is mounted below it goes first.
    for (const each of [...pools.below(dataset.name), dataset].filter(
      ({ isMounted, isInUse }) => isMounted || isInUse,
    )) {
      checkUnmountable(each);
      each.isMounted = false;
    }
    return 0;
  },
  diff: runDiff,
  promote: (call, words, pools) => {
    const name = onlyOperand('promote', words);
    permit(call, ['promote', 'mount'], `cannot promote '${name}'`);
    pools.promote(name);
    return 0;
  },
  rename: (call, words, pools) => {
    const options = readOptions(words, 'r');
    const [from = '', to = ''] = options.operands;
    permit(call, ['rename', 'create', 'mount'], `cannot rename '${from}'`);
    if (from.includes('@')) pools.renameSnapshot(from, to, { recursive: options.has('r') });
    else pools.rename(from, to);
    return 0;
  },
  bookmark: (call, words, pools) => {
    const [source = '', target = ''] = words;
    permit(call, ['bookmark'], `cannot create bookmark '${target}'`);
    pools.bookmark(source, target.startsWith('#') ? source.replace(/[@#].*/, '') + target : target);
    return 0;
  },
  destroy: async (call, words, pools) => {
    const options = readOptions(words, 'rnvp');
    const name = onlyOperand('destroy', options.operands);
    if (['n', 'v', 'p'].some((letter) => options.has(letter))) return tellReclaim(call, options, pools);
    permit(call, ['destroy', 'mount'], `cannot destroy '${name}'`);
    const [dataset = '', list] = name.split('@');
    if (name.includes('#')) pools.destroyBookmark(name);
    else if (list !== undefined) pools.destroySnapshots(dataset, list.split(','));
    else pools.destroy(name, { recursive: options.has('r') });
    return 0;
  },
  rollback: (call, words, pools) => {
    const options = readOptions(words, 'r');
    const name = onlyOperand('rollback', options.operands);
    permit(call, ['rollback', 'mount'], `cannot rollback '${name.replace(/@.*/, '')}'`);
    pools.rollback(name, { recursive: options.has('r') });
    return 0;
  },
  hold: (call, [tag = '', ...names], pools) =>
    forEach(call, names, (name) => {
      permit(call, ['hold'], `cannot hold snapshot '${name}'`);
      pools.hold(tag, name);
    }),
  release: (call, [tag = '', ...names], pools) =>
    forEach(call, names, (name) => {
      permit(call, ['release'], `cannot release hold from snapshot '${name}'`);
      pools.release(tag, name);
    }),
  version: async (call, _words, pools) => {
    await say(call, `zfs-${pools.version}.9-1\nzfs-kmod-${pools.version}.9-1\n`);
    return 0;
  },
  /** `zfs allow DATASET`: what the user who asks has been given, on all pools. */
  allow: async (call, words) => {
    const name = onlyOperand('allow', words);
    const { name: user, permissions } = call.user;
    if (permissions.size === 0) return 0;
    const [pool = ''] = name.split('/');
    const own = pool === name ? '' : `---- Permissions on ${name} ----\n`;
    const list = [...permissions].sort().join(',');
    await say(
      call,
      `${own}---- Permissions on ${pool} ----\nLocal+Descendent permissions:\n\tuser ${user} ${list}\n`,
    );
    return 0;
  },
  holds: async (call, words, pools) => {
    const options = readOptions(words, 'H');
    for (const name of options.operands) {
      for (const [tag, atSeconds] of pools.openSnapshot(name).holds) {
        await say(call, `${name}\t${tag}\t${atSeconds}\n`);
      }
    }
    return 0;
  },
  /** The channel programs that zfs-vm has. */
  program: async (call, words, pools) => {
    const [, file, ...given] = words;
    const text = (await readToEnd(call.stdin, call.process)).toString();
    const program = programs.get(text);
    if (program === undefined && [...programs.keys()].some((whole) => whole.startsWith(text))) {
      throw new ZfsRefusal('Channel program execution failed:\nsyntax error near <eof>');
    }
    if (file !== '-' || program === undefined) {
      throw new Error('a simulated zfs knows no other channel program');
    }
    if (!call.user.isRoot) {
      throw new ZfsRefusal(`Channel program execution failed:\nOperation not permitted.`);
    }
    program(given, pools);
    return 0;
  },
};

/** What channel programs do with the words that they are given. What is refused stops nothing. */
const programs: ReadonlyMap<string, (words: readonly string[], pools: Pools) => void> = new Map([
  [
    bookmarkProgram,
    (snapshots, pools) => {
      for (const snapshot of snapshots) {
        unlessRefused(() => {
          pools.bookmark(snapshot, snapshot.replace('@', '#'));
        });
      }
    },
  ],
  [
    roleProgram,
    (words, pools) => {
      for (let index = 0; index < words.length; index += 2) {
        const [name = '', value = ''] = words.slice(index);
        unlessRefused(() => {
          pools.set(name, new Map([[roleProperty, value]]));
        });
      }
    },
  ],
]);

function unlessRefused(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof ZfsRefusal)) throw error;
  }
}

/** `zfs destroy -n -v -p dataset@a,b`: takes no rights, and looks at no holds. */
async function tellReclaim(call: Call, options: Options, pools: Pools): Promise<number> {
  const name = onlyOperand('destroy', options.operands);
  const [dataset = '', list] = name.split('@');
  if (!['n', 'v', 'p'].every((letter) => options.has(letter)) || options.has('r') || list === undefined) {
    throw new Error(`a simulated zfs destroy knows -n, -v and -p only together, for snapshots: ${name}`);
  }
  const { snapshots, bytes } = pools.findReclaim(dataset, list.split(','));
  await say(call, snapshots.map(({ fullName }) => `destroy\t${fullName}\n`).join(''));
  await say(call, `reclaim\t${bytes}\n`);
  return 0;
}

/** A clone that can't be mounted is made all the same. */
function mountClone({ user }: Call, pools: Pools, dataset: Dataset): void {
  const { name, type } = dataset;
  const find = (property: string): string =>
    findProperty(pools, { kind: type, name, dataset }, property)?.value ?? '';
  const mountpoint = find('mountpoint');
  if (find('canmount') !== 'on' || !mountpoint.startsWith('/')) return;
  if (!user.isRoot) {
    throw new ZfsRefusal('filesystem successfully created, but it may only be mounted by root');
  }
  if (dataset.encryption !== undefined && !dataset.isKeyLoaded) {
    throw new ZfsRefusal(
      `cannot mount '${mountpoint}': encryption key not loaded\nfilesystem successfully created, but not mounted`,
    );
  }
  mount(dataset);
}

function mount(dataset: Dataset): void {
  dataset.isMounted = dataset.type === 'filesystem';
}

/** Does it for each name; one that is refused keeps none of the others from it. */
async function forEach(call: Call, names: readonly string[], work: (name: string) => void): Promise<number> {
  let status = 0;
  for (const name of names) {
    try {
      work(name);
    } catch (error) {
      if (!(error instanceof ZfsRefusal)) throw error;
      await complain(call, error.message);
      status = error.status;
    }
  }
  return status;
}

function permit({ user }: Call, permissions: readonly string[], failure: string): void {
  if (!mayDo(user, permissions)) throw new ZfsRefusal(`${failure}: permission denied`);
}

function onlyOperand(name: string, operands: readonly string[]): string {
  const [only, ...others] = operands;
  if (only !== undefined && others.length === 0) return only;
  throw new Error(`a simulated zfs ${name} takes one name: ${operands.join(' ')}`);
}

function readProperties(texts: readonly string[]): Map<string, string> {
  const properties = new Map<string, string>();
  for (const text of texts) {
    const separator = text.indexOf('=');
    const name = text.slice(0, separator);
    const isCreation = ['encryption', 'keyformat', 'keylocation'].includes(name);
    if (!isCreation && !isKnownProperty(name)) throw new ZfsRefusal(`invalid property '${name}'`);
    properties.set(name, text.slice(separator + 1));
  }
  return properties;
}
