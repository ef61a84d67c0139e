/** A line of the program that is broken on purpose, to see whether a test notices. */
export interface Mutation {
  readonly name: string;
  /** What the line is there for. */
  readonly protects: string;
  /** From the root of the project. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly text: string;
  readonly replacement: string;
  /** The test files that are expected to notice, of which each is tried before all others. */
  readonly tests: readonly [string, ...string[]];
}

const planning = 'test/plan/plan-transfer.test.ts';
const sync = 'test/sim/sync.test.ts';

/** Lines that somebody's data, or the truth of what we say, depends on. */
export const mutations: readonly Mutation[] = [
  {
    name: 'oldest-base',
    protects: 'the base of an increment is the newest point that both sides have',
    file: 'src/streamline/lineage.ts',
    text: 'for (let index = newest; index >= 0; index--) {',
    replacement: 'for (let index = 0; index <= newest; index++) {',
    tests: [planning],
  },
  {
    name: 'rounded-guids',
    protects: 'snapshots are matched by all 64 bits of their GUIDs',
    file: 'src/streamline/guid-index.ts',
    text: 'this.#snapshots[number - 1]?.guid === guid)',
    replacement: 'Number(this.#snapshots[number - 1]?.guid) === Number(guid))',
    tests: ['test/streamline/guid-index.test.ts'],
  },
  {
    name: 'in-step-by-name',
    protects: 'a receiver is up to date by the GUIDs of the newest versions, and not by their names',
    file: 'src/plan/probe.ts',
    text: 'newest.every(({ name, guid }) => found.get(`${place}@${name}`) === guid) &&',
    replacement: 'newest.every(({ name }) => found.has(`${place}@${name}`)) &&',
    tests: ['test/plan/probe.test.ts'],
  },
  {
    name: 'arrived-by-name',
    protects: 'what has arrived is verified by its GUID',
    file: 'src/transfer/verify-arrivals.ts',
    text: 'if (other === guid) return [];',
    replacement: 'if (other !== undefined) return [];',
    tests: ['test/transfer/run-plan.test.ts'],
  },
  {
    name: 'any-origin',
    protects: 'a clone names its origin, as the pool may have another copy of it',
    file: 'src/zfs/receive.ts',
    text: "...(origin === undefined ? [] : ['-o', `origin=${origin}`]),",
    replacement: '',
    tests: ['test/zfs/send.test.ts'],
  },
  {
    name: 'forced-receive',
    protects: 'a receive never rolls back or overwrites',
    file: 'src/zfs/receive.ts',
    text: "    '-s',\n",
    replacement: "    '-s',\n    '-F',\n",
    tests: ['test/zfs/send.test.ts'],
  },
  {
    name: 'foreign-partial',
    protects: 'only what was being received of the same streamline is dropped (recv -A)',
    file: 'src/plan/partial.ts',
    text: 'const isOurs = streamline !== undefined && versions.some(({ tag }) => tag?.streamline === streamline);',
    replacement: 'const isOurs = streamline !== undefined || versions.length === 0;',
    tests: [planning],
  },
  {
    name: 'resumed-toguid',
    protects: 'an increment is resumed only where the token has the GUID of the very next version',
    file: 'src/plan/plan-transfer.ts',
    text: 'content?.toGuid === next.guid && content.fromGuid === base.guid',
    replacement: 'content?.fromGuid === base.guid',
    tests: [planning],
  },
  {
    name: 'wider-rollback',
    protects: '--rollback fails where something has come since it was shown',
    file: 'src/zfs/destroy.ts',
    text: "return ['rollback', snapshot];",
    replacement: "return ['rollback', '-r', snapshot];",
    tests: [sync],
  },
  {
    name: 'wider-replacement',
    protects: '--replace fails where something has come since it was shown',
    file: 'src/zfs/destroy.ts',
    text: "return ['destroy', dataset];",
    replacement: "return ['destroy', '-r', dataset];",
    tests: [sync],
  },
  {
    name: 'unread-answer',
    protects: 'nothing is destroyed unless a person says yes, or --yes does',
    file: 'src/commands/confirm.ts',
    text: "if (answer === 'yes') return;",
    replacement: "if (answer !== 'no') return;",
    tests: ['test/commands/confirm.test.ts'],
  },
  {
    name: 'unasked-loss',
    protects: 'a push or pull that destroys something asks first',
    file: 'src/commands/carry-out.ts',
    text: 'await confirmLosses(losses, command.yes, command, hosts);',
    replacement: '',
    tests: [sync],
  },
  {
    name: 'unasked-abort',
    protects: 'abort asks first',
    file: 'src/commands/abort.ts',
    text: 'await confirmLosses(losses, this.yes, this, hosts);',
    replacement: '',
    tests: [sync],
  },
  {
    name: 'decrypted-send',
    protects: 'encrypted datasets travel raw',
    file: 'src/zfs/send.ts',
    text: "...(stream.raw ? ['-w'] : [])",
    replacement: '',
    tests: ['test/zfs/send.test.ts'],
  },
  {
    name: 'mountpoints-travel',
    protects: 'mountpoint, canmount and shares never travel',
    file: 'src/zfs/properties.ts',
    text: 'if (exposingProperties.has(name))',
    replacement: "if (name === '')",
    tests: ['test/commands/property-options.test.ts'],
  },
  {
    name: 'failure-as-success',
    protects: 'a run of which a part failed does not end with 0',
    file: 'src/commands/transfer.ts',
    text: 'return errors.length === 0 ? statusOfPlan(plan) : exitCodeOfAll(errors);',
    replacement: 'return errors.length >= 0 ? statusOfPlan(plan) : exitCodeOfAll(errors);',
    tests: [sync],
  },
  {
    name: 'hold-stays',
    protects: 'holds are released at the end',
    file: 'src/transfer/protect-sources.ts',
    text: 'await Promise.all([stop(), bookmarking, watching]);',
    replacement: 'over.abort();\n    await Promise.all([bookmarking, watching]);',
    tests: [sync],
  },
  {
    name: 'hold-unwritten',
    protects: 'nothing is held that is not written down',
    file: 'src/transfer/source-holds.ts',
    text: 'if (!isNoted) return;',
    replacement: '',
    tests: ['test/transfer/protect-sources.test.ts'],
  },
  {
    name: 'pid-of-another-boot',
    protects: 'holds of a run that died are released by the next one, also after a restart of the machine',
    file: 'src/transfer/hold-journal.ts',
    text: '!(record.bootId === bootId && isAlive(record.pid))',
    replacement: '!isAlive(record.pid)',
    tests: ['test/transfer/hold-journal.test.ts'],
  },
  {
    name: 'no-reconnect',
    protects: 'when a host was lost, it is connected to again before the next try',
    file: 'src/commands/transfer.ts',
    text: "if (result.faults.has('lost')) await this.#hosts.disconnect();",
    replacement: '',
    tests: [sync],
  },
  {
    name: 'endless-wait',
    protects: 'a stream in which nothing moves is given up',
    file: 'src/transfer/pipe.ts',
    text: '    stall.start();\n',
    replacement: '',
    tests: ['test/transfer/run-lane.test.ts'],
  },
  {
    name: 'symptom-as-cause',
    protects: 'the side that failed first is told as the cause',
    file: 'src/transfer/root-cause.ts',
    text: "if (hasEndedForWantOfReader(send) || receive.exit.kind === 'lost') return 'receive';",
    replacement: '',
    tests: ['test/transfer/root-cause.test.ts'],
  },
  {
    name: 'split-names',
    protects: 'a name with a space in it stays one name',
    file: 'src/shell.ts',
    text: "sed 's/ /\\\\\\\\ /g' | xargs",
    replacement: 'xargs',
    tests: ['test/shell.test.ts'],
  },
  {
    name: 'changed-host-key',
    protects: 'a host whose key has changed is refused',
    file: 'src/host/ssh/known-hosts.ts',
    text: "if (changed !== undefined) return { kind: 'changed', entry: changed };",
    replacement: '',
    tests: ['test/host/ssh/known-hosts.test.ts'],
  },
  {
    name: 'waiting-sudo',
    protects: 'sudo never waits for a password that nobody can type, and runs zfs only',
    file: 'src/host/endpoint.ts',
    text: "['sudo', '-n', 'zfs']",
    replacement: "['sudo', 'zfs']",
    tests: [sync],
  },
  {
    name: 'versions-as-words',
    protects: 'version 10 comes after version 9',
    file: 'src/streamline/version.ts',
    text: "b.kind === 'number' ? compareBigints(a.value, b.value) : compareMixed(a.value, b.value)",
    replacement:
      "b.kind === 'number' ? (a.text < b.text ? -1 : a.text > b.text ? 1 : 0) : compareMixed(a.value, b.value)",
    tests: ['test/streamline/version.test.ts'],
  },
  {
    name: 'pruned-newest',
    protects: 'the newest version of a streamline stays, whatever the rules say',
    file: 'src/plan/protection.ts',
    text: 'const isNewest = parts.some(({ name }) => this.#newestNames.has(name));',
    replacement: 'const isNewest = parts.length === 0;',
    tests: ['test/plan/plan-prune.test.ts'],
  },
  {
    name: 'half-a-command',
    protects: 'of calls that were cut off on their way to a host none is run',
    file: 'src/host/run-calls.ts',
    text: `  const script = [
    '{',`,
    replacement: `  const script = [
    '{ :',
    '}',`,
    tests: ['test/host/run-calls.test.ts'],
  },
  {
    name: 'pruned-without-bookmark',
    protects: "a version that a receiver goes on from stays when its bookmark can't be made",
    file: 'src/commands/prune-run.ts',
    text: 'if (failures.size > 0) {',
    replacement: 'if (failures.size < 0) {',
    tests: ['test/sim/prune.test.ts'],
  },
  {
    name: 'deleted-unchosen',
    protects: 'deletes that follow the sender are for the chosen streamlines only',
    file: 'src/plan/plan-deletes.ts',
    text: 'isChosenTag(patterns, tag)',
    replacement: 'isChosenTag([], tag)',
    tests: ['test/plan/plan-deletes.test.ts'],
  },
  {
    name: 'shared-by-name',
    protects: 'hosts share what has the same content, not what is called the same',
    file: 'src/plan/fan-out.ts',
    text: 'return JSON.stringify([way, sendArguments(streamOf(chain, [step])), guids]);',
    replacement: 'return JSON.stringify([way, sendArguments(streamOf(chain, [step])), guids.length]);',
    tests: ['test/plan/fan-out.test.ts'],
  },
];
