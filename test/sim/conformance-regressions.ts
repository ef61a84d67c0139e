import type { Operation } from './conformance.js';

/** A sequence that told how ZFS really does it, or showed the simulator to be wrong. */
export interface Regression {
  readonly title: string;
  readonly operations: readonly Operation[];
}

/** What most of them begin with: three snapshots with something new in each, and a place to receive. */
const source = `
  zfs create tank/a
  write tank/a 0
  zfs snapshot tank/a@1
  write tank/a 1
  zfs snapshot tank/a@2
  write tank/a 2
  zfs snapshot tank/a@3
  zfs create tank/r`;

/** Shell text that goes on with the partial receive of a dataset. */
const sendRest = (dataset: string): string =>
  `zfs send -t "$(zfs get -H -o value receive_resume_token ${dataset})" </dev/null`;

/** Shell text that reads the token of a dataset's partial receive, and goes on with it when something was done to it. */
const sendRestAfter = (done: string, dataset: string, receive = 'receive -s -u'): string =>
  `token="$(zfs get -H -o value receive_resume_token ${dataset})"; ${done}; zfs send -t "$token" </dev/null | zfs ${receive} ${dataset}`;

/**
 * Shell text that goes on with the partial receive of a dataset, which is interrupted once more, in the second file: a real host
 * has only then noted what it has of the first.
 */
const sendSomeOfRest = (dataset: string): string =>
  `${sendRest(dataset)} | head -c 600000 | zfs receive -s -u ${dataset}`;

/** All of them. */
export const regressions: readonly Regression[] = [
  {
    title: 'making, renaming and destroying is refused in the same cases',
    operations: toOperations(`
      ${source}
      zfs snapshot tank/a@1
      zfs snapshot tank/no@1
      zfs create tank/a
      zfs create tank/x/y
      zfs clone tank/a@1 tank/c
      zfs clone tank/a@9 tank/d
      zfs clone tank/a@1 tank/x/d
      zfs destroy tank/a
      zfs destroy tank/a@1,2
      zfs destroy tank/a@8,9
      zfs rollback tank/a@1
      zfs hold t tank/a@2
      zfs destroy tank/a@2
      zfs rollback -r tank/a@1
      zfs release t tank/a@2
      zfs rename tank/c tank/no/c
      zfs rename tank/c tank/c/d
      zfs rename tank/a@2 tank/a@two`),
  },
  {
    title: 'a promotion takes snapshots and bookmarks along, and refuses names that are taken',
    operations: toOperations(`
      ${source}
      zfs bookmark tank/a@1 tank/a#1
      zfs bookmark tank/a@3 tank/a#3
      zfs clone tank/a@2 tank/c
      zfs clone tank/a@1 tank/d
      zfs snapshot tank/c@1
      zfs promote tank/c
      zfs rename tank/c@1 tank/c@c
      zfs promote tank/c
      zfs promote tank/d
      zfs promote tank/a
      zfs promote tank/a`),
  },
  {
    title: 'an increment needs its base and nothing written since; snapshots without changes do not matter',
    operations: toOperations(`
      ${source}
      zfs send tank/a@1 | zfs receive -s -u tank/r/a
      zfs send -i @2 tank/a@3 | zfs receive -s -u tank/r/a
      zfs send -i @1 tank/a@2 | zfs receive -s -u tank/r/none
      zfs snapshot tank/r/a@same
      zfs send -i @1 tank/a@2 | zfs receive -s -u tank/r/a
      zfs send -i @1 tank/a@2 | zfs receive -s -u tank/r/a
      zfs send -I @1 tank/a@3 | zfs receive -s -u tank/r/a
      zfs send -I @1 tank/a@3 | head -c 400000 | zfs receive -s -u tank/r/a
      write tank/r/a 0
      zfs snapshot tank/a@4
      zfs send -i @3 tank/a@4 | zfs receive -s -u tank/r/a
      zfs send -i @3 tank/a@4 | zfs receive -s -u -F tank/r/a`),
  },
  {
    title: 'a clone arrives as one where its origin is, and nowhere else',
    operations: toOperations(`
      ${source}
      zfs clone tank/a@1 tank/c
      write tank/c 0
      zfs snapshot tank/c@c
      zfs send tank/a@1 | zfs receive -s -u tank/r/a
      zfs send -i @1 tank/a@2 | zfs receive -s -u tank/r/a
      zfs send -i tank/a@1 tank/c@c | zfs receive -s -u -o origin=tank/r/a@2 tank/r/c
      zfs send -i tank/a@1 tank/c@c | zfs receive -s -u -o origin=tank/r/a@9 tank/r/c
      zfs send -i tank/a@1 tank/c@c | zfs receive -s -u tank/r/a
      zfs send -i tank/a@1 tank/c@c | zfs receive -s -u -o origin=tank/r/a@1 tank/r/c
      zfs send -i tank/a@2 tank/c@c | zfs receive -s -u tank/r/d`),
  },
  {
    title: 'the base of an increment has to be in the very dataset: what was promoted into a clone is not',
    operations: toOperations(`
      ${source}
      zfs send tank/a@1 | zfs receive -s -u tank/r/a
      zfs send -i @1 tank/a@2 | zfs receive -s -u tank/r/a
      zfs clone -o canmount=off tank/r/a@2 tank/r/b
      zfs send -i @2 tank/a@3 | zfs receive -s -u tank/r/b
      zfs promote tank/r/b
      zfs send -i @2 tank/a@3 | zfs receive -s -u tank/r/a
      zfs send -i @2 tank/a@3 | zfs receive -s -u tank/r/b
      zfs rename tank/r/a tank/r/between
      zfs rename tank/r/b tank/r/a
      zfs rename tank/r/between tank/r/b
      zfs promote tank/r/b
      zfs destroy tank/r/a@3
      zfs send -i @2 tank/a@3 | zfs receive -s -u tank/r/a
      zfs send -i @2 tank/a@3 | zfs receive -s -u tank/r/b`),
  },
  {
    title: 'an interrupted full receive is kept, in the way of others, and gone on with',
    operations: toOperations(`
      ${source}
      zfs send tank/a@1 | head -c 10 | zfs receive -s -u tank/r/f
      zfs send tank/a@1 | head -c 400 | zfs receive -s -u tank/r/f
      zfs send tank/a@1 | head -c 150000 | zfs receive -u tank/r/f
      zfs send tank/a@1 | head -c 150000 | zfs receive -s -u tank/r/f
      zfs snapshot tank/r/f@x
      zfs send tank/a@1 | zfs receive -s -u tank/r/f
      zfs send -i @1 tank/a@2 | zfs receive -s -u tank/r/f
      ${sendRest('tank/r/f')} | zfs receive -s -u tank/r/g
      ${sendRest('tank/r/f')} | head -c 100000 | zfs receive -s -u tank/r/f
      ${sendRest('tank/r/f')} | zfs receive -s -u tank/r/f
      zfs receive -A tank/r/f
      zfs send tank/a@2 | head -c 150000 | zfs receive -s -u tank/r/g
      zfs receive -A tank/r/g
      zfs send tank/a@2 | head -c 150000 | zfs receive -s -u tank/r/g
      zfs destroy tank/r/g`),
  },
  {
    title:
      'an interrupted increment holds on to its base, and can be gone on with as long as that is the newest',
    operations: toOperations(`
      ${source}
      zfs send tank/a@1 | zfs receive -s -u tank/r/f
      zfs send -i @1 tank/a@2 | head -c 150000 | zfs receive -s -u tank/r/f
      zfs destroy tank/r/f@1
      zfs rename tank/r/f tank/r/g
      zfs snapshot tank/r/g@x
      ${sendRest('tank/r/g')} | zfs receive -s -u tank/r/g
      zfs send -i @2 tank/a@3 | zfs receive -s -u tank/r/g
      zfs rollback -r tank/r/g@1
      ${sendRest('tank/r/g')} | zfs receive -s -u tank/r/g
      zfs send -i @2 tank/a@3 | head -c 150000 | zfs receive -s -u tank/r/g
      zfs destroy tank/a@3
      ${sendRest('tank/r/g')} | zfs receive -s -u tank/r/g
      zfs receive -A tank/r/g
      zfs destroy -r tank/r`),
  },
  ...['', '-e '].map((embed) => ({
    title: `what was to be gone on with has moved, was finished or dropped ${embed}`,
    operations: toOperations(`
      ${source}
      write tank/a 1
      zfs snapshot tank/a@4
      write tank/a 0
      zfs snapshot tank/a@5
      zfs send ${embed}tank/a@2 | head -c 150000 | zfs receive -s -u tank/r/f
      ${sendRestAfter(sendSomeOfRest('tank/r/f'), 'tank/r/f')}
      ${sendRestAfter(`${sendRest('tank/r/f')} | zfs receive -s -u tank/r/f`, 'tank/r/f')}
      zfs send ${embed}-i @2 tank/a@4 | head -c 150000 | zfs receive -s -u tank/r/f
      ${sendRestAfter(sendSomeOfRest('tank/r/f'), 'tank/r/f')}
      ${sendRestAfter(`${sendRest('tank/r/f')} | zfs receive -s -u tank/r/f`, 'tank/r/f')}
      zfs send ${embed}-i @4 tank/a@5 | head -c 150000 | zfs receive -s -u tank/r/f
      ${sendRestAfter('zfs receive -A tank/r/f', 'tank/r/f')}
      zfs send ${embed}tank/a@2 | head -c 150000 | zfs receive -s -u tank/r/g
      ${sendRestAfter('zfs receive -A tank/r/g', 'tank/r/g')}
      zfs send ${embed}tank/a@2 | head -c 150000 | zfs receive -s -u tank/r/h
      ${sendRestAfter(sendSomeOfRest('tank/r/h'), 'tank/r/h', 'receive -u')}
      zfs send ${embed}tank/a@2 | head -c 150000 | zfs receive -s -u tank/r/h
      ${sendRest('tank/r/h')} | head -c 600000 | zfs receive -u tank/r/h
      zfs send ${embed}tank/a@1 | zfs receive -u tank/r/i
      zfs send ${embed}-i @1 tank/a@3 | head -c 150000 | zfs receive -s -u tank/r/i
      ${sendRestAfter(sendSomeOfRest('tank/r/i'), 'tank/r/i', 'receive -u')}`),
  })),
  {
    title: 'a rollback and a clone reset the log of what was mounted: that is written, but does not modify',
    operations: toOperations(`
      ${source}
      zfs send tank/a@1 | zfs receive -s -u tank/r/a
      zfs rollback tank/r/a@1
      zfs clone tank/r/a@1 tank/c
      zfs rollback tank/a@3
      zfs send -i @1 tank/a@2 | zfs receive -s -u tank/r/a
      write tank/r/a 0
      zfs snapshot tank/r/a@own
      zfs rollback tank/r/a@own
      zfs rollback -r tank/r/a@2
      zfs send -i @2 tank/a@3 | zfs receive -s -u tank/r/a
      zfs rollback -r tank/a@2
      zfs clone tank/r/a@3 tank/r/b
      zfs send -i tank/r/a@2 tank/r/a@3 | zfs receive -s -u tank/a`),
  },
  {
    title: 'where a snapshot of the same content is rolled back to, and destroyed, nothing is modified',
    operations: toOperations(`
      ${source}
      zfs send tank/a@1 | zfs receive -s -u tank/r/a
      zfs snapshot tank/r/a@own
      zfs rollback tank/r/a@own
      zfs destroy tank/r/a@own
      zfs send -i @1 tank/a@2 | zfs receive -s -u tank/r/a
      zfs snapshot tank/r/a@own
      write tank/r/a 0
      zfs rollback tank/r/a@own
      zfs destroy tank/r/a@own
      zfs send -i @2 tank/a@3 | zfs receive -s -u tank/r/a`),
  },
  {
    title: 'where an increment without changes has come and was destroyed, nothing is modified',
    operations: toOperations(`
      ${source}
      zfs snapshot tank/a@4
      write tank/a 0
      zfs snapshot tank/a@5
      zfs send tank/a@3 | zfs receive -s -u tank/r/a
      zfs send -i @3 tank/a@4 | zfs receive -s -u tank/r/a
      zfs destroy tank/r/a@4
      zfs send -i @3 tank/a@4 | zfs receive -s -u tank/r/a
      zfs destroy tank/r/a@4
      zfs send -i @3 tank/a@5 | zfs receive -s -u tank/r/a`),
  },
  {
    title: 'what is there already is passed over; in 2.1, an empty increment with the next one',
    operations: toOperations(`
      ${source}
      zfs snapshot tank/a@4
      write tank/a 0
      zfs snapshot tank/a@5
      zfs snapshot tank/a@6
      zfs send tank/a@1 | zfs receive -s -u tank/r/a
      zfs send -I @1 tank/a@4 | zfs receive -s -u tank/r/a
      zfs send -i @2 tank/a@3 | zfs receive -s -u tank/r/a
      zfs send -i @2 tank/a@3 | head -c 150000 | zfs receive -s -u tank/r/a
      zfs send -i @3 tank/a@4 | zfs receive -s -u tank/r/a
      zfs send -I @2 tank/a@4 | zfs receive -s -u tank/r/a
      zfs send -I @3 tank/a@6 | zfs receive -s -u tank/r/a
      zfs send -I @4 tank/a@6 | zfs receive -s -u tank/r/a
      zfs send -I @3 tank/a@6 | zfs receive -s -u -F tank/r/a`),
  },
  {
    title: 'a stream that is cut before or in its first record',
    operations: toOperations(`
      ${source}
      zfs send tank/a@1 | head -c 312 | zfs receive -s -u tank/r/a
      zfs send tank/a@1 | head -c 400 | zfs receive -u tank/r/a
      zfs send tank/a@1 | zfs receive -s -u tank/r/a
      zfs send -i @1 tank/a@2 | head -c 312 | zfs receive -s -u tank/r/a
      zfs receive -A tank/r/a
      zfs send -i @1 tank/a@2 | head -c 400 | zfs receive -u tank/r/a
      zfs send -i @2 tank/a@3 | head -c 400 | zfs receive -s -u tank/r/a
      zfs send -i @1 tank/a@2 | zfs receive -s -u tank/r/a
      zfs send -i @1 tank/a@2 | head -c 400 | zfs receive -s -u tank/r/a
      zfs send -i @1 tank/a@2 | head -c 700 | zfs receive -s -u tank/r/a
      zfs send -i @2 tank/a@3 | head -c 400 | zfs receive -s -u tank/r/a
      ${sendRest('tank/r/a')} | head -c 400 | zfs receive -s -u tank/r/a
      ${sendRest('tank/r/a')} | zfs receive -s -u tank/r/a
      zfs clone tank/a@2 tank/c
      zfs snapshot tank/c@c
      zfs send -i tank/a@2 tank/c@c | head -c 400 | zfs receive -s -u tank/r/c
      zfs send -i tank/a@2 tank/c@c | zfs receive -s -u tank/r/c`),
  },
  {
    title: 'what zfs send refuses',
    operations: toOperations(`
      ${source}
      zfs bookmark tank/a@1 tank/a#b
      zfs send tank/none@1
      zfs send -i @3 tank/a@1
      zfs send -i @9 tank/a@1
      zfs send -I tank/r@1 tank/a@2
      zfs send -i @2 tank/a@2
      zfs send -I @2 tank/a@2
      zfs send -I @3 tank/a@2
      zfs send -I @9 tank/a@2
      zfs send -i tank/a#none tank/a@2
      zfs send tank/a@1 | zfs receive -s -u tank/r/a
      zfs send -i tank/a#b tank/a@3 | zfs receive -s -u tank/r/a`),
  },
];

/** The operations that stand on the lines of a text: `write DATASET FILE`, or shell text. */
export function toOperations(text: string): Operation[] {
  const lines = text.split('\n').map((line) => line.trim());
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const [, dataset, file] = /^write (\S+) ([0-9]+)$/.exec(line) ?? [];
      if (dataset !== undefined) return { kind: 'write', dataset, file: Number(file) };
      const isPipe = line.includes(' | ') || line.includes('</dev/null');
      return { kind: 'shell', script: isPipe ? line : `${line} </dev/null` };
    });
}
