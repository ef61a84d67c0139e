import { toOperations, type Regression } from './conformance-regressions.js';

/** How something is made that is an encryption root of its own, with one of three keys. */
const withKey = (key: number): string => `-o encryption=on -o keyformat=raw -o keylocation=${keyFile(key)}`;

const keyFile = (key: number): string => `file:///run/conformance-key${key}`;

/** What they begin with: an encrypted filesystem with two snapshots below its root, one in the clear, and another root. */
const source = `
  zfs create ${withKey(1)} tank/e
  zfs create tank/e/c
  write tank/e/c 0
  zfs snapshot tank/e/c@1
  write tank/e/c 1
  zfs snapshot tank/e/c@2
  zfs create tank/p
  write tank/p 0
  zfs snapshot tank/p@1
  write tank/p 1
  zfs snapshot tank/p@2
  zfs create ${withKey(2)} tank/x
  zfs create tank/r`;

/** Sequences about encryption. */
export const encryptionSequences: readonly Regression[] = [
  {
    title: 'encryption roots: made, changed, renamed and promoted',
    operations: toOperations(`
      ${source}
      zfs change-key -i tank/e
      zfs change-key -i tank/p
      zfs change-key -i tank/e/c
      zfs change-key -o keyformat=raw -o keylocation=${keyFile(3)} tank/e/c
      zfs create tank/e/c/d
      zfs change-key -i tank/e/c
      zfs rename tank/e/c tank/c
      zfs rename tank/e/c tank/e/b
      zfs clone tank/e/b@1 tank/e/k
      zfs clone tank/e/b@1 tank/r/k
      zfs promote tank/e/k
      zfs promote tank/r/k
      write tank/r/k 0
      zfs change-key -o keyformat=raw -o keylocation=${keyFile(3)} tank/e/k
      zfs unload-key tank/e/b
      zfs unload-key tank/e
      zfs unload-key tank/e`),
  },
  {
    title: 'what is locked: made below it, snapshotted, cloned, sent and opened',
    operations: toOperations(`
      ${source}
      zfs unload-key tank/e
      write tank/e/c 0
      zfs create tank/e/n
      zfs create -o encryption=off tank/e/clear
      zfs create ${withKey(3)} tank/e/own
      zfs snapshot tank/e/c@3
      zfs clone tank/e/c@1 tank/e/k
      zfs rename tank/e/c tank/e/b
      zfs send tank/e/b@1 | zfs receive -s -u tank/r/b
      zfs send tank/p@1 | zfs receive -s -u tank/e/p
      zfs send -w tank/p@1 | zfs receive -s -u tank/e/clear/p
      zfs send -w tank/e/b@1 | zfs receive -s -u tank/e/raw
      zfs change-key -o keyformat=raw -o keylocation=${keyFile(3)} tank/e/b
      zfs load-key -L ${keyFile(2)} tank/e
      zfs load-key -L ${keyFile(1)} tank/e/b
      zfs load-key -L ${keyFile(1)} tank/p
      zfs load-key -L ${keyFile(1)} tank/e
      zfs load-key -L ${keyFile(1)} tank/e
      write tank/e/k 0
      write tank/e/b 0`),
  },
  {
    title: 'raw streams: a copy of its own root, its increments, and its key',
    operations: toOperations(`
      ${source}
      zfs send -w tank/e/c@1 | zfs receive -s -u tank/r/c
      zfs send -w -i @1 tank/e/c@2 | head -c 150000 | zfs receive -s -u tank/r/c
      zfs receive -A tank/r/c
      zfs send -i @1 tank/e/c@2 | zfs receive -s -u tank/r/c
      zfs load-key -L ${keyFile(2)} tank/r/c
      zfs load-key -L ${keyFile(1)} tank/r/c
      zfs send -w -i @1 tank/e/c@2 | zfs receive -s -u tank/r/c
      write tank/r/c 0
      zfs rollback tank/r/c@2
      zfs change-key -o keyformat=raw -o keylocation=${keyFile(3)} tank/e
      write tank/e/c 2
      zfs snapshot tank/e/c@3
      zfs send -w -i @2 tank/e/c@3 | zfs receive -s -u tank/r/c
      zfs unload-key tank/r/c
      zfs load-key -L ${keyFile(1)} tank/r/c
      zfs load-key -L ${keyFile(3)} tank/r/c
      write tank/r/c 0`),
  },
  {
    title: 'what was sent decrypted, and encrypted anew or not at all, takes no raw increment',
    operations: toOperations(`
      ${source}
      zfs send tank/e/c@1 | zfs receive -s -u tank/x/c
      zfs send -w -i @1 tank/e/c@2 | zfs receive -s -u tank/x/c
      zfs send -i @1 tank/e/c@2 | zfs receive -s -u tank/x/c
      zfs send tank/e/c@1 | zfs receive -s -u tank/r/c
      zfs send -w -i @1 tank/e/c@2 | zfs receive -s -u tank/r/c
      zfs send -i @1 tank/e/c@2 | zfs receive -s -u tank/r/c
      zfs send -w tank/e/c@1 | zfs receive -s -u tank/x/raw
      zfs bookmark tank/e/c@1 tank/e/c#1
      zfs send -w -i tank/e/c#1 tank/e/c@2 | zfs receive -s -u tank/x/raw`),
  },
  {
    title: 'embedded data is refused where it would become encrypted',
    operations: toOperations(`
      ${source}
      zfs send -e tank/p@1 | zfs receive -s -u tank/x/p
      zfs send -e tank/p@1 | zfs receive -s -u ${withKey(3)} tank/r/p
      zfs send -e tank/p@1 | zfs receive -s -u -o encryption=off tank/x/clear
      zfs send tank/p@1 | zfs receive -s -u tank/x/p
      zfs send -e -i @1 tank/p@2 | zfs receive -s -u tank/x/p
      zfs send -i @1 tank/p@2 | zfs receive -s -u tank/x/p
      zfs send tank/p@1 | zfs receive -s -u ${withKey(3)} tank/r/p
      zfs send -e tank/p@1 | zfs receive -s -u tank/r/plain`),
  },
  {
    title: 'a copy whose key was changed to an inherited one opens no more after a raw increment',
    operations: toOperations(`
      ${source}
      zfs send -w tank/e/c@1 | zfs receive -s -u tank/x/c
      zfs change-key -i tank/x/c
      zfs load-key -L ${keyFile(1)} tank/x/c
      zfs change-key -i tank/x/c
      zfs unload-key tank/x
      zfs load-key -L ${keyFile(2)} tank/x
      write tank/x/c 0
      zfs rollback tank/x/c@1
      zfs send -w -i @1 tank/e/c@2 | zfs receive -s -u tank/x/c
      zfs unload-key tank/x
      zfs load-key -L ${keyFile(2)} tank/x
      write tank/x/c 0`),
  },
];
